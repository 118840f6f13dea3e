import { describe, expect, test } from 'vitest';
import {
  aCatalog,
  anAccount,
  anUnpaidSubscription,
  aPayingAccount,
  aSnapshot,
  aSubscription,
  day,
} from '#test/factories/billing.ts';
import { decide } from './decide.ts';
import { driftOf } from './drift.ts';

const catalog = aCatalog();
const kinds = (drift: ReturnType<typeof driftOf>) => drift.map(({ kind }) => kind);

describe('an account that has seen all of Stripe shows no drift', () => {
  test.each([
    ['free', anAccount(), []],
    ['paying', aPayingAccount(), [aSubscription()]],
    ['that owes', aPayingAccount(), [anUnpaidSubscription()]],
    ['whose subscription ended', aPayingAccount(), [aSubscription({ status: 'canceled', endedAt: day(1) })]],
  ])('%s', (_which, account, subscriptions) => {
    const at = day(2);
    const snapshot = aSnapshot(at, subscriptions);
    const { state } = decide(account, snapshot, at, catalog);
    expect(driftOf(state, snapshot, at, catalog)).toEqual([]);
    expect(driftOf(state, { ...snapshot, readAt: day(2, 1) }, day(2, 1), catalog)).toEqual([]);
  });
});

test('a subscription that nobody told of is a drift of plan, standing and subscription', () => {
  const drift = driftOf(anAccount(), aSnapshot(day(0), [aSubscription()]), day(0), catalog);
  expect(kinds(drift)).toEqual(['plan', 'standing', 'subscription']);
  expect(drift[0]).toEqual({ kind: 'plan', here: 'free', there: 'team' });
  expect(drift[2]?.here).toBe('none');
  expect(drift[2]?.there).toContain(aSubscription().id);
});

test('a renewal that nobody told of is a drift of the subscription alone', () => {
  const renewed = aSubscription({ currentPeriodStart: day(31), currentPeriodEnd: day(62) });
  expect(kinds(driftOf(aPayingAccount(), aSnapshot(day(31), [renewed]), day(31), catalog))).toEqual(['subscription']);
});

test('a failed payment that nobody told of is a drift of standing and debt', () => {
  const drift = driftOf(aPayingAccount(), aSnapshot(day(0), [anUnpaidSubscription()]), day(0), catalog);
  expect(kinds(drift)).toEqual(expect.arrayContaining(['standing', 'debt']));
});

test('an add-on that nobody told of is a drift of the add-ons', () => {
  const addOn = aSubscription({ id: 'sub_micro', role: 'add-on', planId: null, addOnId: 'micro', quantity: 2 });
  const drift = driftOf(aPayingAccount(), aSnapshot(day(0), [aSubscription(), addOn]), day(0), catalog);
  expect(drift).toMatchObject([{ kind: 'add-ons', here: 'none', there: expect.stringContaining('2 × micro') }]);
});

test('an account whose own time is ahead is compared in its own', () => {
  const ahead = decide(aPayingAccount(), aSnapshot(day(5), [aSubscription()]), day(5), catalog).state;
  const ended = aSubscription({ status: 'canceled', endedAt: day(1) });
  expect(kinds(driftOf(ahead, aSnapshot(day(1), [ended]), day(1), catalog))).toContain('subscription');
});
