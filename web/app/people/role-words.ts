import type { Role, Scope } from '../api/people-answers.ts';

/** Each role, the highest first, with what it means in an organisation. */
export const ROLES: readonly { value: Role; text: string; means: string }[] = [
  { value: 'owner', text: 'Owner', means: 'may do everything, also close the account' },
  { value: 'admin', text: 'Admin', means: 'runs workspaces, members and keys' },
  { value: 'billing', text: 'Billing', means: 'pays, and sees invoices' },
  { value: 'member', text: 'Member', means: 'starts and stops workspaces' },
];

export function roleWord(role: Role): string {
  return ROLES.find(({ value }) => value === role)?.text ?? role;
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
