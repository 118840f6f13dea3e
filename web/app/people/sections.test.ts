import { expect, test } from 'vitest';
import {
  type Action,
  decideAccess,
  mayChangeRole,
  ROLES as ROLES_OF_ACCESS,
  SCOPES as SCOPES_OF_ACCESS,
  scopesFor,
} from '#domain/access.ts';
import { ROLES, SCOPES } from './role-words.ts';
import {
  managesBilling,
  managesMembers,
  managesWorkspaces,
  mayGiveScope,
  mayMakeInto,
  ownsAccount,
  runsWorkspaces,
  sectionsFor,
} from './sections.ts';

const GUARDS: Record<string, Action> = {
  '': 'account:read',
  billing: 'billing:read',
  members: 'members:read',
  keys: 'keys:manage',
  audit: 'audit:read',
  settings: 'account:export',
};

const mayDo = (action: Action, role: (typeof ROLES_OF_ACCESS)[number], audience: 'personal' | 'organisation') =>
  decideAccess({ action, caller: { kind: 'person' }, role, account: { audience, isHeld: false } }).allowed;

test('the menu has just the pages that the table of access lets each role open', () => {
  for (const role of ROLES_OF_ACCESS) {
    for (const audience of ['personal', 'organisation'] as const) {
      const shown = sectionsFor({ role, audience }).map(({ path }) => path);
      const open = Object.keys(GUARDS).filter((path) => mayDo(GUARDS[path] ?? 'account:read', role, audience));
      expect(shown, `${role} of ${audience}`).toEqual(open);
    }
  }
});

test('buttons are there for whom the table of access lets press them', () => {
  for (const role of ROLES_OF_ACCESS) {
    const allowed = (action: Action) => mayDo(action, role, 'organisation');
    expect(managesMembers(role)).toBe(allowed('members:manage'));
    expect(managesBilling(role)).toBe(allowed('billing:manage'));
    for (const action of ['workspace:create', 'workspace:rename', 'workspace:resize', 'workspace:delete'] as const) {
      expect([action, managesWorkspaces(role)]).toEqual([action, allowed(action)]);
    }
    expect([runsWorkspaces(role), runsWorkspaces(role)]).toEqual([allowed('workspace:run'), allowed('workspace:stop')]);
    expect([ownsAccount(role), ownsAccount(role), ownsAccount(role)]).toEqual([
      allowed('account:close'),
      allowed('account:export'),
      allowed('account:transfer'),
    ]);
  }
});

test('no role is offered that the API would refuse to give or to take', () => {
  for (const role of ['owner', 'admin'] as const) {
    for (const from of [...ROLES_OF_ACCESS, null]) {
      for (const to of [...ROLES_OF_ACCESS, null]) {
        expect(mayMakeInto(role, from, to), `${role}: ${from} to ${to}`).toBe(mayChangeRole(role, from, to));
      }
    }
  }
  expect(mayMakeInto('member', 'member', 'billing')).toBe(false);
});

test('no scope is offered that the API would refuse', () => {
  for (const role of ['owner', 'admin'] as const) {
    expect(SCOPES_OF_ACCESS.filter((scope) => mayGiveScope(role, scope))).toEqual(scopesFor(role));
  }
});

test('every role and every scope has its words', () => {
  expect(ROLES.map(({ value }) => value)).toEqual([...ROLES_OF_ACCESS]);
  expect(SCOPES.map(({ value }) => value)).toEqual([...SCOPES_OF_ACCESS]);
});
