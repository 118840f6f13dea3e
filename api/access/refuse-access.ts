import { type Access, type Action, ROLES, rolesFor, type Scope, scopesFor } from '#domain/access.ts';
import type { ReadAccount } from '../accounts/read-account.ts';
import { accountNotFound, suspended, workspaceNotFound } from '../accounts/refusals.ts';
import { Problem } from '../problem.ts';

type Refused = Exclude<Access, { allowed: true }>;

export interface RefusedQuestion {
  action: Action;
  accountId: string;
  /** What was asked for by its id. */
  what: 'account' | 'workspace';
}

/** What whoever asked is told of a refusal by `domain/access`. */
export async function refuseAccess(
  readAccount: ReadAccount,
  access: Refused,
  { action, accountId, what }: RefusedQuestion,
): Promise<Problem> {
  switch (access.why) {
    case 'not-found':
      return what === 'account' ? accountNotFound() : workspaceNotFound();
    case 'role': {
      const needs = rolesFor(action);
      return new Problem(
        403,
        'role-missing',
        'Your role does not allow it',
        `It needs the role ${oneOf(needs)}. Ask an owner of the organisation to do it, or to change your role.`,
        { data: { needs } },
      );
    }
    case 'organisation-needed':
      return new Problem(
        409,
        'organisation-needed',
        'This account is personal',
        'Only accounts of organisations have members. Create an organisation with POST /api/v1/organisations.',
      );
    case 'suspended':
      return suspended(readAccount, accountId);
    default:
      return refuseKey(access);
  }
}

/** What is told of a key that may not do it. */
export function refuseKey(access: Extract<Refused, { why: 'scope' | 'person-needed' }>): Problem {
  if (access.why === 'scope') {
    const { scope } = access;
    return new Problem(
      403,
      'scope-missing',
      'The key does not allow it',
      `It needs the scope ${scope}. Make a key that has it; the scopes of a key never change.`,
      { data: { scope } },
    );
  }
  return new Problem(403, 'person-needed', 'No key may do this', 'A person has to: sign in and do it there.');
}

function oneOf(words: string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** Told to somebody who manages members, but is no owner. */
export function ownersOnly(): Problem {
  return new Problem(
    403,
    'role-missing',
    'Your role does not allow it',
    'Owners are made and unmade by owners alone. Ask one of them.',
    { data: { needs: ['owner'] } },
  );
}

/** Told to somebody who wants a key that may more than they do. */
export function ownersOnlyScope(scope: Scope): Problem {
  return new Problem(
    403,
    'role-missing',
    'Your role does not allow it',
    `A key with the scope ${scope} could do more than you may. Leave the scope out, or ask an owner to make the key.`,
    { data: { needs: ROLES.filter((role) => scopesFor(role).includes(scope)), scope } },
  );
}
