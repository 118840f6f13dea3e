import { expect, test, vi } from 'vitest';
import {
  aCatalog,
  anAddOn,
  anAddOnSubscription,
  anUnpaidSubscription,
  aPayingAccount,
  aSnapshot,
  aSubscription,
  day,
  withEffectsDone,
} from '#test/factories/billing.ts';
import { anyCatalog, anyHistory, live } from '#test/factories/billing-history.ts';
import fc from '#test/fast-check.ts';
import type { AccountState } from './account-state.ts';
import { decide } from './decide.ts';
import type { SubscriptionSnapshot } from './snapshot.ts';
import type { Instant } from './time.ts';

vi.setConfig({ testTimeout: 60_000 });

/** Micro does something on Team, and nothing on Free. */
const catalog = aCatalog({ addOns: [anAddOn({ rules: [{ on: ['team'], resources: 'stack', unlocks: [] }] })] });
const look = (state: AccountState, at: Instant, subscriptions: SubscriptionSnapshot[]) =>
  decide(state, aSnapshot(at, subscriptions), at, catalog);
const team = aSubscription();
const micro = anAddOnSubscription();
const ended = aSubscription({ status: 'canceled', endedAt: day(1), cancelReason: 'cancellation_requested' });
const withMicro = () => look(aPayingAccount(catalog), day(-1), [team, micro]).state;
const ends = (decision: ReturnType<typeof decide>) => decision.effects.filter((each) => each.kind === 'end-add-on');

test('an add-on is not renewed once the plan that it was bought for has ended, and its owner is told', () => {
  const decision = look(withMicro(), day(1), [ended, micro]);
  expect(ends(decision)).toMatchObject([{ subscriptionId: 'sub_micro', readyWhen: 'now' }]);
  expect(decision.happened.find(({ kind }) => kind === 'add-on-idle')?.text).toBe(
    'Micro does nothing without the plan that it was bought for: it is not renewed.',
  );
  expect(ends(look(decision.state, day(2), [ended, micro]))).toEqual([]);
});

test('an add-on is not renewed when dunning cancels the plan, whether it is paid or not', () => {
  const unpaid = anUnpaidSubscription();
  const suspended = look(look(withMicro(), day(0), [unpaid, micro]).state, day(7), [unpaid, micro]).state;
  const asked = withEffectsDone(look(suspended, day(30), [unpaid, micro]).state);
  const over = {
    ...unpaid,
    status: 'canceled',
    endedAt: day(30),
    cancelReason: 'cancellation_requested',
    invoices: [],
  };
  const canceled = look(asked, day(30, 1), [over, micro]);
  expect(canceled.state.standing).toBe('canceled');
  expect(ends(canceled)).toMatchObject([{ subscriptionId: 'sub_micro' }]);
});

test('an add-on that does something on the free plan too goes on', () => {
  const both = aCatalog();
  const paying = decide(aPayingAccount(both), aSnapshot(day(-1), [team, micro]), day(-1), both).state;
  expect(ends(decide(paying, aSnapshot(day(1), [ended, micro]), day(1), both))).toEqual([]);
});

test('an add-on that ends anyway is left to its date', () => {
  const leaving = { ...micro, cancelAt: day(20) };
  const state = look(withMicro(), day(0), [team, leaving]).state;
  expect(ends(look(state, day(1), [ended, leaving]))).toEqual([]);
});

test('what is bought for a plan on which it does nothing is left to its owner', () => {
  const free = look(aPayingAccount(catalog), day(1), [ended]).state;
  expect(ends(look(free, day(2), [ended, micro]))).toEqual([]);
});

test('an end that was not carried out yet is dropped when the plan is back', () => {
  const { state } = look(withMicro(), day(1), [ended, micro]);
  expect(state.outbox.map((each) => each.kind)).toContain('end-add-on');
  const back = look(state, day(2), [aSubscription({ id: 'sub_2', createdAt: day(2) }), ended, micro]);
  expect(back.state.outbox.map((each) => each.kind)).not.toContain('end-add-on');
});

test('in any life, whoever was subscribed once counts as such for ever', () => {
  fc.assert(
    fc.property(anyHistory, anyCatalog, (history, any) => {
      let before = false;
      for (const { decision } of live(history, any)) {
        const { subscribedBefore, subscription } = decision.state;
        expect(subscribedBefore || !before).toBe(true);
        if (subscription && subscription.status !== 'incomplete') expect(subscribedBefore).toBe(true);
        before = subscribedBefore;
      }
    }),
    { numRuns: 200 },
  );
});
