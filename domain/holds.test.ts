import { describe, expect, test } from 'vitest';
import type { Hold, Standing } from './account-state.ts';
import { holdForStanding, withHold, withoutHold } from './holds.ts';

const FIRST = '2026-03-01T00:00:00.000Z';
const LATER = '2026-03-08T00:00:00.000Z';
const admin: Hold = { name: 'admin', since: FIRST, reason: 'Abuse.' };
const quota: Hold = { name: 'quota', since: FIRST, reason: 'Too many executions.' };

describe('the hold named billing', () => {
  test.each<[Standing, boolean]>([
    ['free', false],
    ['incomplete', false],
    ['trialing', false],
    ['active', false],
    ['grace', false],
    ['paused', true],
    ['suspended', true],
    ['canceled', true],
  ])('of an account that is %s: %s', (standing, held) => {
    const names = (holds: Hold[]) => holds.map((hold) => hold.name);
    expect(names(holdForStanding([admin], standing, LATER))).toEqual(held ? ['admin', 'billing'] : ['admin']);
    const billing: Hold = { name: 'billing', since: FIRST, reason: 'Before.' };
    expect(names(holdForStanding([billing, quota], standing, LATER))).toEqual(held ? ['billing', 'quota'] : ['quota']);
  });

  test('keeps its date when a suspension becomes a cancel, and says the new reason', () => {
    const suspended = holdForStanding([], 'suspended', FIRST);
    const [hold] = holdForStanding(suspended, 'canceled', LATER);
    expect(hold).toMatchObject({ since: '2026-03-01T00:00:00.000Z' });
    expect(hold?.reason).toContain('subscription has ended');
  });
});

test('a hold that is placed again keeps its date and takes the new reason', () => {
  expect(withHold([admin, quota], { name: 'admin', since: LATER, reason: 'Fraud.' })).toEqual([
    { name: 'admin', since: '2026-03-01T00:00:00.000Z', reason: 'Fraud.' },
    quota,
  ]);
});

test('lifting one hold leaves the others', () => {
  expect(withoutHold([admin, quota], 'admin')).toEqual([quota]);
  expect(withoutHold([quota], 'admin')).toEqual([quota]);
});
