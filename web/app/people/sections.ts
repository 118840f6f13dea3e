import type { AccountSummary, Role, Scope } from '../api/people-answers.ts';

/** The pages of an account. */
export interface Section {
  /** Below `/accounts/:accountId`; empty for the first. */
  path: '' | 'billing' | 'members' | 'keys' | 'audit' | 'settings';
  text: string;
}

interface Rule extends Section {
  roles: readonly Role[];
  organisationOnly: boolean;
}

/** Shown to whom the API would let in. It decides; this only keeps doors that are shut out of the menu. */
const RULES: readonly Rule[] = [
  { path: '', text: 'Overview', roles: ['owner', 'admin', 'billing', 'member'], organisationOnly: false },
  { path: 'billing', text: 'Billing', roles: ['owner', 'admin', 'billing'], organisationOnly: false },
  { path: 'members', text: 'Members', roles: ['owner', 'admin', 'billing', 'member'], organisationOnly: true },
  { path: 'keys', text: 'API keys', roles: ['owner', 'admin'], organisationOnly: false },
  { path: 'audit', text: 'Audit log', roles: ['owner', 'admin'], organisationOnly: false },
  { path: 'settings', text: 'Settings', roles: ['owner'], organisationOnly: false },
];

export function sectionsFor({ role, audience }: Pick<AccountSummary, 'role' | 'audience'>): Section[] {
  return RULES.filter(
    (each) => each.roles.includes(role) && (!each.organisationOnly || audience === 'organisation'),
  ).map(({ path, text }) => ({ path, text }));
}

/** Whether somebody of this role may change who belongs to an organisation. */
export function managesMembers(role: Role): boolean {
  return role === 'owner' || role === 'admin';
}

/** Whether somebody of this role may create and delete workspaces. */
export function managesWorkspaces(role: Role): boolean {
  return role === 'owner' || role === 'admin';
}

/** Whether somebody of this role may buy, change and pay. */
export function managesBilling(role: Role): boolean {
  return role === 'owner' || role === 'billing';
}

/** Whether somebody of this role may start and stop workspaces. */
export function runsWorkspaces(role: Role): boolean {
  return role !== 'billing';
}

/** Whether somebody of this role may close the account, export it and hand it over. */
export function ownsAccount(role: Role): boolean {
  return role === 'owner';
}

/**
 * Whether somebody of `role` may make a member who is `from` into `to`.
 *
 * @param from `null`: not a member yet
 * @param to `null`: no member any more
 */
export function mayMakeInto(role: Role, from: Role | null, to: Role | null): boolean {
  return role === 'owner' || (managesMembers(role) && from !== 'owner' && to !== 'owner');
}

/** Whether somebody of `role` may make a key with this scope: nobody gives a key more than they may do. */
export function mayGiveScope(role: Role, scope: Scope): boolean {
  return role === 'owner' || (role === 'admin' && scope !== 'billing');
}
