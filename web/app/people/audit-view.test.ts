import { expect, test } from 'vitest';
import type { AuditEntry } from '../api/people-answers.ts';
import { presentAuditEntry } from './audit-view.ts';

const NOW = '2026-03-05T12:00:00.000Z';
const NAMES = new Map([
  ['u-2', 'Grace'],
  ['ws-1', 'main'],
]);

function said(changes: Partial<AuditEntry>) {
  const entry: AuditEntry = {
    id: '1',
    at: NOW,
    actor: { kind: 'person', id: 'u-1', name: 'Ada' },
    action: 'workspace.start',
    target: 'ws-1',
    ip: '203.0.113.9',
    reason: null,
    outcome: 'done',
    requestId: 'r-1',
    details: {},
    ...changes,
  };
  const { who, what, outcome } = presentAuditEntry(entry, NAMES, NOW, {
    locale: 'en-GB',
    timeZone: 'UTC',
    timeZoneKnown: true,
  });
  return [`${who} ${what}`, outcome?.label];
}

test('an entry says who did what to whom', () => {
  expect(said({})).toEqual(['Ada started the workspace main', undefined]);
  expect(said({ action: 'member.change-role', target: 'u-2', details: { from: 'member', to: 'admin' } })[0]).toBe(
    'Ada made Grace an admin, who was a member',
  );
  expect(said({ action: 'invitation.create', details: { email: 'g@x.test', role: 'billing' } })[0]).toBe(
    'Ada invited g@x.test as a billing member',
  );
});

test('what a key did is told apart from what a person did', () => {
  expect(said({ actor: { kind: 'key', id: 'k-1', name: 'CI' } })[0]).toBe('The key “CI” started the workspace main');
});

test('what was refused or is not sure is not told as done', () => {
  expect(said({ outcome: 'refused' })[1]).toBe('Refused');
  expect(said({ outcome: 'pending' })[1]).toBe('Not confirmed');
});

test('an action of a later version is still told', () => {
  expect(said({ action: 'plan.change', target: 'x' })[0]).toBe('Ada did plan.change to x');
});
