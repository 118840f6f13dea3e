import { ApplicationFailure } from '@temporalio/workflow';
import { describe, expect, test } from 'vitest';
import {
  isBillingHint,
  isHostReport,
  requireCustomer,
  requireGrant,
  requireHold,
  requireNewWorkspace,
  requireRename,
} from './check-messages.ts';

const report = { reportId: 'r1', workspaceId: 'w1', generation: 1 };

test.each([
  ['null', null],
  ['a text', 'x'],
  ['an empty object', {}],
  ['a number as id', { eventId: 4711, type: 'invoice.paid' }],
  ['an id with a NUL', { eventId: 'evt\u0000', type: 'invoice.paid' }],
  ['a type of 2 MB', { eventId: 'evt_1', type: 'x'.repeat(2_000_000) }],
])('a hint that is %s is not taken', (_, entry) => {
  expect(isBillingHint(entry)).toBe(false);
});

test.each([
  ['null', null],
  ['without what it saw', report],
  ['with null for what it saw', { ...report, saw: null }],
  ['of a kind that nobody knows', { ...report, saw: { kind: 'exploded' } }],
  ['with a count beyond all numbers', { ...report, saw: { kind: 'out-of-memory', kills: 1e308 } }],
  ['with a negative size', { ...report, saw: { kind: 'storage', usedMb: -1, limitMb: 10, state: 'ok' } }],
  ['with a generation that is a text', { ...report, generation: '1', saw: { kind: 'stable' } }],
])('a host report that is %s is not taken', (_, entry) => {
  expect(isHostReport(entry)).toBe(false);
});

test('what the API and hosts send is taken', () => {
  expect(isBillingHint({ eventId: 'evt_1', type: 'invoice.paid' })).toBe(true);
  const crash = { kind: 'crash-looping', crashes: 5, exitCode: null, outOfMemory: false };
  for (const saw of [crash, { kind: 'stable' }, { kind: 'storage', usedMb: 1.5, limitMb: 2, state: 'near' }])
    expect(isHostReport({ ...report, saw })).toBe(true);
});

describe('commands are refused with what is wrong', () => {
  const id = { commandId: 'c1', workspaceId: 'w1' };
  test.each<[string, () => void, string]>([
    [
      'a hold with a reason of 1.9 MB',
      () => requireHold({ commandId: 'c', hold: 'admin', reason: 'x'.repeat(1_900_000) }),
      '`reason`',
    ],
    ['a name with a NUL', () => requireRename({ ...id, name: 'a\u0000b' }), '`name` has control characters'],
    ['a name with half an emoji', () => requireRename({ ...id, name: 'a\ud83d' }), '`name` has half a character'],
    ['a name with a bidi override', () => requireRename({ ...id, name: 'a\u202eb' }), '`name`'],
    [
      'a workspace id with a slash',
      () => requireNewWorkspace({ ...id, workspaceId: 'a/b', name: 'x', hostId: 'h' }),
      '`workspaceId`',
    ],
    ['a host with a line break', () => requireNewWorkspace({ ...id, name: 'x', hostId: 'h\n' }), '`hostId`'],
    [
      'a size beyond all machines',
      () =>
        requireNewWorkspace({
          ...id,
          name: 'x',
          hostId: 'h',
          size: { memoryMb: 2 ** 52, cpuPercent: 1, storageMb: 1 },
        }),
      '`size.memoryMb`',
    ],
    [
      'a customer that is none',
      () => requireCustomer({ commandId: 'c', stripeCustomerId: 'sub_1' }),
      '`stripeCustomerId`',
    ],
    [
      'a grant of a text',
      () =>
        requireGrant({
          commandId: 'c',
          override: { id: 'g', reason: 'r', pool: { memoryMb: 'x' as never }, until: null } as never,
        }),
      '`memoryMb`',
    ],
  ])('%s', (_, check, reason) => {
    expect(check).toThrow(ApplicationFailure);
    expect(check).toThrow(reason);
  });
});
