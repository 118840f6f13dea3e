import { expect, test } from 'vitest';
import fc from '#test/fast-check.ts';
import {
  ACTIONS,
  type Action,
  type Caller,
  decideAccess,
  decideOwnAccess,
  mayChangeRole,
  ROLES,
  rolesFor,
  SCOPES,
  scopesFor,
} from './access.ts';

const person: Caller = { kind: 'person' };
const good = { audience: 'organisation', isHeld: false } as const;
const held = { audience: 'organisation', isHeld: true } as const;
const actions = Object.keys(ACTIONS) as Action[];
const anyAction = fc.constantFrom(...actions);
const anyRole = fc.constantFrom(...ROLES, null);
const anyCaller = fc.oneof(
  fc.constant(person),
  fc.record({ kind: fc.constant('key' as const), scopes: fc.subarray([...SCOPES]) }),
);
const anyAccount = fc.constantFrom(good, held, null);

test.each([
  ['account:read', 'owner, admin, billing, member'],
  ['workspace:read', 'owner, admin, billing, member'],
  ['workspace:run', 'owner, admin, member'],
  ['workspace:stop', 'owner, admin, member'],
  ['workspace:create', 'owner, admin'],
  ['workspace:rename', 'owner, admin'],
  ['workspace:resize', 'owner, admin'],
  ['workspace:delete', 'owner, admin'],
  ['billing:read', 'owner, admin, billing'],
  ['billing:manage', 'owner, billing'],
  ['usage:write', 'owner, admin'],
  ['members:read', 'owner, admin, billing, member'],
  ['members:manage', 'owner, admin'],
  ['account:leave', 'owner, admin, billing, member'],
  ['keys:manage', 'owner, admin'],
  ['audit:read', 'owner, admin'],
  ['account:export', 'owner'],
  ['account:transfer', 'owner'],
  ['account:close', 'owner'],
] as const)('%s is for %s', (action, roles) => {
  expect(rolesFor(action).join(', ')).toBe(roles);
});

test('the table above names every action', () => {
  expect(actions).toHaveLength(20);
});

test('whoever is nothing in an account learns nothing of it, not even that it exists', () => {
  fc.assert(
    fc.property(anyAction, anyCaller, anyAccount, (action, caller, account) => {
      expect(decideAccess({ action, caller, role: null, account })).toEqual({ allowed: false, why: 'not-found' });
      expect(decideAccess({ action, caller, role: 'owner', account: null })).toEqual({
        allowed: false,
        why: 'not-found',
      });
    }),
  );
});

test('a key never may what the person behind it may not, nor anything outside its scopes', () => {
  fc.assert(
    fc.property(anyAction, fc.subarray([...SCOPES]), anyRole, anyAccount, (action, scopes, role, account) => {
      const asKey = decideAccess({ action, caller: { kind: 'key', scopes }, role, account });
      if (!asKey.allowed) return;
      expect(decideAccess({ action, caller: person, role, account }).allowed).toBe(true);
      expect(scopes).toContain(ACTIONS[action].scope);
    }),
  );
});

test('a suspended account can be read, paid for, exported and left; nothing is started or created in it', () => {
  const refused = actions.filter(
    (action) => !decideAccess({ action, caller: person, role: 'owner', account: held }).allowed,
  );
  expect(refused).toEqual(['workspace:run', 'workspace:create', 'workspace:resize']);
});

test('a personal account has no members to see, invite, leave or hand over to', () => {
  const account = { audience: 'personal', isHeld: false } as const;
  const refused = actions.filter((action) => !decideAccess({ action, caller: person, role: 'owner', account }).allowed);
  expect(refused).toEqual(['members:read', 'members:manage', 'account:leave', 'account:transfer']);
});

test('a key without the scope is told which one it needs', () => {
  const question = { action: 'workspace:run', caller: { kind: 'key', scopes: ['read'] }, role: 'owner' } as const;
  expect(decideAccess({ ...question, account: good })).toEqual({ allowed: false, why: 'scope', scope: 'workspaces' });
  expect(decideAccess({ ...question, action: 'account:close', account: good })).toEqual({
    allowed: false,
    why: 'person-needed',
  });
});

test('nobody gets more from a key than they have: an admin can not make one that buys', () => {
  expect(ROLES.map((role) => [role, scopesFor(role).join(', ')])).toEqual([
    ['owner', 'read, workspaces, billing, usage:write'],
    ['admin', 'read, workspaces, usage:write'],
    ['billing', 'read, billing'],
    ['member', 'read'],
  ]);
});

test('only an owner makes an owner, or takes that away', () => {
  expect(mayChangeRole('owner', 'owner', null)).toBe(true);
  expect(mayChangeRole('admin', 'member', 'admin')).toBe(true);
  expect(mayChangeRole('admin', null, 'billing')).toBe(true);
  expect(mayChangeRole('admin', 'member', 'owner')).toBe(false);
  expect(mayChangeRole('admin', null, 'owner')).toBe(false);
  expect(mayChangeRole('admin', 'owner', null)).toBe(false);
  expect(mayChangeRole('admin', 'owner', 'member')).toBe(false);
});

test('a key opens no organisation and answers no invitation; with `read` it may ask who it is', () => {
  const key = (...scopes: (typeof SCOPES)[number][]): Caller => ({ kind: 'key', scopes });
  expect(decideOwnAccess('organisation:create', key(...SCOPES))).toEqual({ allowed: false, why: 'person-needed' });
  expect(decideOwnAccess('invitation:answer', key(...SCOPES))).toEqual({ allowed: false, why: 'person-needed' });
  expect(decideOwnAccess('self:read', key('billing'))).toEqual({ allowed: false, why: 'scope', scope: 'read' });
  expect(decideOwnAccess('self:read', key('read'))).toEqual({ allowed: true });
  expect(decideOwnAccess('organisation:create', person)).toEqual({ allowed: true });
});
