import type { Tone } from '../account/tone.ts';
import type { AuditEntry, Role } from '../api/people-answers.ts';
import { type Moment, momentOf } from '../format/moment.ts';
import type { Viewer } from '../format/viewer.ts';
import { asRole } from './role-words.ts';

/** An entry of the audit log, ready to be shown. */
export interface AuditLine {
  id: string;
  at: Moment;
  /** Who: a name, with what it is unless it is a person. */
  who: string;
  /** What they did, as a sentence goes on after who did it. */
  what: string;
  /** Said only where it did not simply happen. */
  outcome: { label: string; tone: Tone } | null;
  /** Why, as given by who did it. */
  reason: string | null;
  /** From where. */
  ip: string | null;
  requestId: string;
}

/**
 * @param names of members and workspaces by their ids, as far as they are known
 * @param now ISO
 */
export function presentAuditEntry(
  entry: AuditEntry,
  names: ReadonlyMap<string, string>,
  now: string,
  viewer: Viewer,
): AuditLine {
  const { id, at, actor, outcome, reason, ip, requestId } = entry;
  const name = actor.name || 'Somebody';
  return {
    id,
    at: momentOf(at, now, viewer),
    who: actor.kind === 'key' ? `The key “${name}”` : name,
    what: whatOf(entry, names),
    outcome: OUTCOMES[outcome],
    reason,
    ip,
    requestId,
  };
}

const OUTCOMES: Record<AuditEntry['outcome'], AuditLine['outcome']> = {
  done: null,
  pending: { label: 'Not confirmed', tone: 'warn' },
  refused: { label: 'Refused', tone: 'neutral' },
  failed: { label: 'Failed', tone: 'bad' },
};

function whatOf({ action, target, details }: AuditEntry, names: ReadonlyMap<string, string>): string {
  const text = (key: string) => (typeof details[key] === 'string' ? (details[key] as string) : null);
  const role = (key: string) => (text(key) ? asRole(text(key) as Role) : 'something else');
  const named = names.get(target) ?? text('name') ?? target;
  const someone = names.get(target) ?? 'somebody';
  switch (action) {
    case 'account.close':
      return 'asked to close the account';
    case 'account.export':
      return 'downloaded all data';
    case 'account.keep':
      return 'took the account back';
    case 'invitation.accept':
      return 'accepted an invitation';
    case 'invitation.cancel':
      return 'took an invitation back';
    case 'invitation.create':
      return `invited ${text('email') ?? 'somebody'} as ${role('role')}`;
    case 'invitation.decline':
      return 'declined an invitation';
    case 'key.create':
      return `made the key “${text('name') ?? target}”`;
    case 'key.revoke':
      return `revoked the key ${named}`;
    case 'member.change-role':
      return `made ${someone} ${role('to')}, who was ${role('from')}`;
    case 'member.leave':
      return 'left the organisation';
    case 'member.remove':
      return `removed ${someone}`;
    case 'organisation.create':
      return 'opened the organisation';
    case 'organisation.transfer':
      return `handed the organisation over to ${someone}`;
    case 'name.change':
      return 'changed their name';
    case 'password.change':
      return 'changed the password';
    case 'password.reset':
      return 'set a new password by mail';
    case 'second-factor.disable':
      return 'switched the second step off';
    case 'second-factor.enable':
      return 'switched the second step on';
    case 'second-factor.new-backup-codes':
      return 'made new backup codes';
    case 'session.revoke':
      return 'ended a session';
    case 'sign-in':
      return 'signed in';
    case 'sign-out':
      return 'signed out';
    case 'sign-up':
      return 'signed up';
    case 'workspace.create':
      return `created the workspace ${named}`;
    case 'workspace.delete':
      return `deleted the workspace ${named}`;
    case 'workspace.move':
      return `chose when the workspace ${named} moves`;
    case 'workspace.recover':
      return `tried the workspace ${named} again`;
    case 'workspace.rename':
      return `renamed the workspace ${named}`;
    case 'workspace.resize':
      return `changed the size of the workspace ${named}`;
    case 'workspace.restart':
      return `restarted the workspace ${named}`;
    case 'workspace.restore':
      return `took the deletion of the workspace ${named} back`;
    case 'workspace.start':
      return `started the workspace ${named}`;
    case 'workspace.stop':
      return `stopped the workspace ${named}`;
    default:
      return `did ${action} to ${named}`;
  }
}
