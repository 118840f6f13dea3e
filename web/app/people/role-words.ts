import type { Role, Scope } from '../api/people-answers.ts';

/** Each role, the highest first, with what it means in an organisation. */
export const ROLES: readonly { value: Role; text: string; one: string; means: string }[] = [
  { value: 'owner', text: 'Owner', one: 'an owner', means: 'may do everything, also close the account' },
  { value: 'admin', text: 'Admin', one: 'an admin', means: 'runs workspaces, members and keys' },
  { value: 'billing', text: 'Billing', one: 'a billing member', means: 'pays, and sees invoices' },
  { value: 'member', text: 'Member', one: 'a member', means: 'starts and stops workspaces' },
];

export function roleWord(role: Role): string {
  return ROLES.find(({ value }) => value === role)?.text ?? role;
}

/** The role within a sentence: `an admin`. */
export function asRole(role: Role): string {
  return ROLES.find(({ value }) => value === role)?.one ?? role;
}

/** What somebody of the role does: `runs workspaces, members and keys`. */
export function roleMeans(role: Role): string {
  return ROLES.find(({ value }) => value === role)?.means ?? '';
}

/** What a key may be made for. */
export const SCOPES: readonly { value: Scope; text: string; means: string }[] = [
  { value: 'read', text: 'Read', means: 'See the account, its workspaces and its members.' },
  {
    value: 'workspaces',
    text: 'Workspaces',
    means: 'Create, start, stop and delete workspaces, and send them messages.',
  },
  { value: 'billing', text: 'Billing', means: 'See invoices; buy, change and cancel plans.' },
  { value: 'usage:write', text: 'Report usage', means: 'Write down what is used.' },
];
