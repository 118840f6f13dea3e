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
import { type DriftKind, driftOf } from './drift.ts';
import type { BillingSnapshot } from './snapshot.ts';

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

const later = day(2);

test.each<[string, DriftKind, Partial<BillingSnapshot>]>([
  ['collection that was paused', 'subscription', { subscriptions: [aSubscription({ collectionPaused: true })] }],
  ['a trial that was made longer', 'subscription', { subscriptions: [aSubscription({ trialEnd: day(9) })] }],
  [
    'a change that was scheduled',
    'planned-change',
    { subscriptions: [aSubscription({ plannedChange: { planId: 'studio', at: day(30) } })] },
  ],
  ['another card', 'card', { card: { id: 'pm_2', expiresAt: null } }],
  ['a dispute', 'disputes', { disputes: [{ id: 'dp_1', status: 'needs_response', createdAt: day(1) }] }],
  [
    'an invoice to be sent',
    'invoices',
    { finalizedInvoices: [{ id: 'in_2', finalizedAt: day(1), amountCents: 500, currency: 'usd' }] },
  ],
])('%s that nobody told of is a drift of it, and none once it was looked at', (_what, kind, changes) => {
  const snapshot = aSnapshot(later, [aSubscription()], changes);
  expect(kinds(driftOf(aPayingAccount(), snapshot, later, catalog))).toEqual([kind]);
  const { state } = decide(aPayingAccount(), snapshot, later, catalog);
  expect(driftOf(state, snapshot, later, catalog)).toEqual([]);
});

test('a second plan that was paid is a drift of the duplicates', () => {
  const second = aSubscription({
    id: 'sub_2',
    createdAt: day(1),
    currentPeriodStart: day(1),
    currentPeriodEnd: day(31),
  });
  const drift = driftOf(aPayingAccount(), aSnapshot(later, [second, aSubscription()]), later, catalog);
  expect(kinds(drift)).toContain('duplicates');
});

test('a dispute that is over and an old invoice may leave what Stripe shows', () => {
  const snapshot = aSnapshot(later, [aSubscription()], {
    disputes: [{ id: 'dp_1', status: 'won', createdAt: day(1) }],
    finalizedInvoices: [{ id: 'in_2', finalizedAt: day(1), amountCents: 500, currency: 'usd' }],
  });
  const { state } = decide(aPayingAccount(), snapshot, later, catalog);
  expect(driftOf(state, aSnapshot(day(2, 1), [aSubscription()]), day(2, 1), catalog)).toEqual([]);
});

test('an account whose own time is ahead is compared in its own', () => {
  const ahead = decide(aPayingAccount(), aSnapshot(day(5), [aSubscription()]), day(5), catalog).state;
  const ended = aSubscription({ status: 'canceled', endedAt: day(1) });
  expect(kinds(driftOf(ahead, aSnapshot(day(1), [ended]), day(1), catalog))).toContain('subscription');
});
