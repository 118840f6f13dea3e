import type { Audience } from './catalog.ts';

/** What a person is in an account. A personal account has its owner alone. */
export const ROLES = ['owner', 'admin', 'billing', 'member'] as const;
export type Role = (typeof ROLES)[number];

/** What an API key may be made for. */
export const SCOPES = ['read', 'workspaces', 'billing', 'usage:write'] as const;
export type Scope = (typeof SCOPES)[number];

interface Rule {
  /** For people: what it lets somebody do. */
  does: string;
  /** Who may, beside the owner, who may do everything. */
  roles: readonly Role[];
  /** The scope that a key needs; `null`: no key may, a person has to. */
  scope: Scope | null;
  /** Refused while the account is suspended or on hold. Reading, paying, exporting and leaving go on. */
  needsGoodStanding: boolean;
  /** There is nothing of it in a personal account. */
  needsOrganisation: boolean;
}

/**
 * Who may do what: the one place that decides it. Every route names its action, `docs/security.md` shows this table, and
 * `test/integration/access-matrix.test.ts` walks every route against a table written by hand.
 */
export const ACTIONS = {
  'account:read': rule('see plan, standing, history and offers', ['admin', 'billing', 'member'], 'read'),
  'workspace:read': rule('see workspaces', ['admin', 'billing', 'member'], 'read'),
  'workspace:logs': rule('read what a workspace writes to its log', ['admin', 'member'], 'workspaces'),
  'workspace:run': runs('start, restart and recover a workspace, send it messages', ['admin', 'member'], 'workspaces'),
  'workspace:stop': rule('stop a workspace', ['admin', 'member'], 'workspaces'),
  'workspace:create': runs('create a workspace', ['admin'], 'workspaces'),
  'workspace:rename': rule('rename a workspace', ['admin'], 'workspaces'),
  'workspace:resize': runs('change the size of a workspace', ['admin'], 'workspaces'),
  'workspace:delete': rule('delete a workspace and its data, and take that back', ['admin'], 'workspaces'),
  'billing:read': rule('see invoices, payments and payment methods', ['admin', 'billing'], 'billing'),
  'billing:manage': rule('buy, change and cancel plans, pay', ['billing'], 'billing'),
  'usage:write': rule('report usage', ['admin'], 'usage:write'),
  'members:read': among('see who belongs to the organisation', ['admin', 'billing', 'member'], 'read'),
  'members:manage': among('invite, remove and change the role of others', ['admin'], null),
  'account:leave': among('leave the organisation', ['admin', 'billing', 'member'], null),
  'keys:manage': rule('create, see and revoke API keys', ['admin'], null),
  'audit:read': rule('see who did what', ['admin'], null),
  'account:export': rule('download all data', [], null),
  'account:transfer': among('hand the organisation over to another member', [], null),
  'account:close': rule('cancel at Stripe and delete everything', [], null),
} as const satisfies Record<string, Rule>;

export type Action = keyof typeof ACTIONS;

/** What somebody may do who is known, on no account yet. `scope` is as in `ACTIONS`. */
export const OWN_ACTIONS = {
  'self:read': { does: 'see who one is, and the accounts and invitations that one has', scope: 'read' },
  'organisation:create': { does: 'open an organisation, and own it', scope: null },
  'invitation:answer': { does: 'accept or decline an invitation that was sent to one', scope: null },
} as const satisfies Record<string, Pick<Rule, 'does' | 'scope'>>;

export type OwnAction = keyof typeof OWN_ACTIONS;

/** Who asks. */
export type Caller =
  | { kind: 'person' }
  /** A key acts for the person or the organisation that it belongs to, within its scopes. */
  | { kind: 'key'; scopes: readonly Scope[] };

/** The account that is asked about, as far as access goes. */
export interface AccessedAccount {
  audience: Audience;
  /** It is suspended, canceled or on hold. */
  isHeld: boolean;
}

export interface AccessQuestion {
  action: Action;
  caller: Caller;
  /** What the caller is in the account; `null`: nothing. */
  role: Role | null;
  /** `null` when there is no such account. */
  account: AccessedAccount | null;
}

/** `not-found`: nobody learns what exists. `suspended`: what is owed has to be paid first. */
export type Access = OwnAccess | { allowed: false; why: 'not-found' | 'role' | 'organisation-needed' | 'suspended' };

/** `person-needed`: no key may, whatever its scopes. */
export type OwnAccess =
  | { allowed: true }
  | { allowed: false; why: 'person-needed' }
  | { allowed: false; why: 'scope'; scope: Scope };

/** Whether a caller may do something to an account. Pure. */
export function decideAccess({ action, caller, role, account }: AccessQuestion): Access {
  if (!account || !role) return { allowed: false, why: 'not-found' };
  const { roles, scope, needsGoodStanding, needsOrganisation }: Rule = ACTIONS[action];
  const refused = decideScope(scope, caller);
  if (refused) return refused;
  if (role !== 'owner' && !roles.includes(role)) return { allowed: false, why: 'role' };
  if (needsOrganisation && account.audience === 'personal') return { allowed: false, why: 'organisation-needed' };
  if (needsGoodStanding && account.isHeld) return { allowed: false, why: 'suspended' };
  return { allowed: true };
}

/** Whether a caller may do something that is about no account. Pure. */
export function decideOwnAccess(action: OwnAction, caller: Caller): OwnAccess {
  return decideScope(OWN_ACTIONS[action].scope, caller) ?? { allowed: true };
}

function decideScope(scope: Scope | null, caller: Caller): Exclude<OwnAccess, { allowed: true }> | undefined {
  if (caller.kind === 'person') return undefined;
  if (scope === null) return { allowed: false, why: 'person-needed' };
  return caller.scopes.includes(scope) ? undefined : { allowed: false, why: 'scope', scope };
}

/**
 * The scopes that a key may get from somebody in this role: those of which the role may do everything. An organisation's
 * key may do all of its scopes, so that nobody gets more from a key than they have.
 */
export function scopesFor(role: Role): Scope[] {
  const rules: Rule[] = Object.values(ACTIONS);
  return SCOPES.filter((scope) =>
    rules.filter((each) => each.scope === scope).every(({ roles }) => role === 'owner' || roles.includes(role)),
  );
}

/**
 * Whether somebody who manages members may make one who is `from` into `to`. Owners are made and unmade by owners alone.
 *
 * @param from `null`: not a member yet
 * @param to `null`: no member any more
 */
export function mayChangeRole(role: Role, from: Role | null, to: Role | null): boolean {
  return role === 'owner' || (from !== 'owner' && to !== 'owner');
}

/** The roles that may do something, the highest first. */
export function rolesFor(action: Action): Role[] {
  const { roles }: Rule = ACTIONS[action];
  return ROLES.filter((role) => role === 'owner' || roles.includes(role));
}

function rule(does: string, roles: readonly Role[], scope: Scope | null): Rule {
  return { does, roles, scope, needsGoodStanding: false, needsOrganisation: false };
}

function runs(does: string, roles: readonly Role[], scope: Scope): Rule {
  return { ...rule(does, roles, scope), needsGoodStanding: true };
}

function among(does: string, roles: readonly Role[], scope: Scope | null): Rule {
  return { ...rule(does, roles, scope), needsOrganisation: true };
}
