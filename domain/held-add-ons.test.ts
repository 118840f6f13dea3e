import { describe, expect, test, vi } from 'vitest';
import {
  aCatalog,
  anAccount,
  anAddOnSubscription,
  anInvoice,
  anUnpaidSubscription,
  aPayingAccount,
  aSnapshot,
  aSubscription,
  day,
  TEAM_SIZE,
} from '#test/factories/billing.ts';
import { anyCatalog, anyHistory, live } from '#test/factories/billing-history.ts';
import fc from '#test/fast-check.ts';
import type { AccountState } from './account-state.ts';
import { decide } from './decide.ts';
import type { InvoiceSnapshot, SubscriptionSnapshot } from './snapshot.ts';
import type { Instant } from './time.ts';
import { upcomingOf, viewOf } from './view.ts';

vi.setConfig({ testTimeout: 60_000 });

const look = (state: AccountState, at: Instant, subscriptions: SubscriptionSnapshot[], catalog = aCatalog()) =>
  decide(state, aSnapshot(at, subscriptions), at, catalog);
const invoice = (changes: Partial<InvoiceSnapshot> = {}) =>
  anInvoice({ id: 'in_micro', subscriptionId: 'sub_micro', amountRemainingCents: 500, ...changes });
const team = aSubscription();
const micro = anAddOnSubscription();
const unpaidMicro = anAddOnSubscription({ status: 'past_due', invoices: [invoice()] });
const withMicro = () => look(aPayingAccount(), day(-1), [team, micro]).state;
const memory = (state: AccountState) => state.workspaces[0]?.desired.size.memoryMb;
const kinds = (decision: ReturnType<typeof decide>) => decision.happened.map((each) => each.kind);

describe('an add-on', () => {
  test('gives from its start on, and is told of once', () => {
    const first = look(aPayingAccount(), day(-1), [team, micro]);
    expect(first.state.addOns).toMatchObject([{ addOnId: 'micro', name: 'Micro', quantity: 1, status: 'active' }]);
    expect(first.state.entitlements.pool?.memoryMb).toEqual({
      value: 1536,
      because: '1.5 GB = team 512 MB + micro 1 GB',
    });
    expect(memory(first.state)).toBe(1536);
    expect(first.happened.map((each) => each.text)).toEqual(['Micro was added.']);
    expect(kinds(look(first.state, day(0), [team, micro]))).toEqual([]);
  });

  test('is no plan: beside none, the account is on the free plan, with more', () => {
    const { state } = look(anAccount(), day(0), [micro]);
    expect(state).toMatchObject({ standing: 'free', plan: { id: 'free' }, subscription: null, debt: null });
    expect(state.entitlements).toMatchObject({
      pool: { memoryMb: { because: '1 GB = micro 1 GB, in place of free 256 MB' } },
      limits: { executions: { value: -1, because: 'unlimited: micro unlocks executions' } },
    });
  });

  test('that is newer than the plan, or older, governs nothing', () => {
    for (const createdAt of [day(-90), day(-1)]) {
      const { state } = look(aPayingAccount(), day(0), [team, { ...micro, createdAt }]);
      expect(state).toMatchObject({ standing: 'active', subscription: { id: 'sub_1' }, plan: { id: 'team' } });
    }
  });

  test('counts twice when bought twice, by quantity or by subscription', () => {
    const pool = (subscriptions: SubscriptionSnapshot[]) =>
      look(aPayingAccount(), day(0), [team, ...subscriptions]).state.entitlements.pool?.memoryMb.because;
    expect(pool([{ ...micro, quantity: 2 }])).toBe('2.5 GB = team 512 MB + 2 × micro 1 GB');
    expect(pool([micro, { ...micro, id: 'sub_again' }])).toBe('2.5 GB = team 512 MB + 2 × micro 1 GB');
  });

  test('gives more from the payment on: a quantity that was declined changes nothing and opens no grace', () => {
    const declined = invoice({ billingReason: 'subscription_update' });
    const more = { ...micro, quantity: 3, status: 'past_due', invoices: [declined] };
    const { state } = look(withMicro(), day(1), [team, more]);
    expect(state.addOns).toMatchObject([{ quantity: 1, status: 'active', grace: null }]);
    const paid = look(state, day(2), [team, { ...micro, quantity: 3 }]);
    expect(paid.state.addOns).toMatchObject([{ quantity: 3, status: 'active' }]);
    expect(paid.happened.map((each) => each.text)).toEqual(['You now have 3 × Micro.']);
  });

  test('whose first payment is incomplete, or that is over, gives nothing', () => {
    for (const status of ['incomplete', 'incomplete_expired', 'canceled']) {
      expect(look(aPayingAccount(), day(0), [team, { ...micro, status }]).state.addOns).toEqual([]);
    }
    const ended = look(withMicro(), day(1), [team, { ...micro, status: 'canceled' }]);
    expect(memory(ended.state)).toBe(512);
    expect(ended.happened).toMatchObject([{ id: 'add-on-ended/sub_micro', text: 'Micro ended.' }]);
  });

  test('ends at its own date, which is shown', () => {
    const ending = { ...micro, cancelAt: day(12) };
    const { state } = look(withMicro(), day(0), [team, ending]);
    expect(state.addOns).toMatchObject([{ endsAt: '2026-03-13T00:00:00.000Z' }]);
    expect(upcomingOf(state, day(0)).map((each) => `${each.at} ${each.kind}`)).toEqual([
      '2026-03-13T00:00:00.000Z add-on-ends',
      '2026-03-31T00:00:00.000Z renewal',
    ]);
    expect(viewOf(state, day(0)).addOns).toEqual([
      {
        addOnId: 'micro',
        name: 'Micro',
        quantity: 1,
        status: 'active',
        currentPeriodEnd: '2026-03-31T00:00:00.000Z',
        endsAt: '2026-03-13T00:00:00.000Z',
        graceEndsAt: null,
      },
    ]);
  });

  test('that is paused gives nothing; a paused collection is as the catalog says', () => {
    expect(look(withMicro(), day(0), [team, { ...micro, status: 'paused' }]).state.addOns[0]?.status).toBe('paused');
    const paused = { ...micro, collectionPaused: true };
    expect(look(withMicro(), day(0), [team, paused]).state.addOns[0]?.status).toBe('active');
    const holding = aCatalog({ onCollectionPaused: 'hold' });
    expect(look(withMicro(), day(0), [team, paused], holding).state.addOns[0]?.status).toBe('paused');
  });
});

describe('an unpaid add-on', () => {
  const inGrace = () => look(withMicro(), day(0), [team, unpaidMicro]).state;

  test('gives on through a grace of its own; the plan does not notice', () => {
    const { state, effects, deadlines, happened } = look(withMicro(), day(0), [team, unpaidMicro]);
    expect(state).toMatchObject({ standing: 'active', dunning: null, debt: null, holds: [] });
    expect(state.addOns).toMatchObject([{ status: 'grace', grace: { endsAt: '2026-03-08T00:00:00.000Z' } }]);
    expect(memory(state)).toBe(1536);
    expect([effects, deadlines]).toEqual([[], ['2026-03-08T00:00:00.000Z']]);
    expect(happened).toMatchObject([{ id: 'add-on-payment-failed/in_micro', at: '2026-03-01T00:00:00.000Z' }]);
    expect(upcomingOf(state, day(1))[0]).toMatchObject({ at: '2026-03-08T00:00:00.000Z', kind: 'add-on-suspends' });
  });

  test('loses on day 7 what it gave and nothing else, and gives it again on payment', () => {
    const lost = look(inGrace(), day(7), [team, unpaidMicro]);
    expect(lost.state).toMatchObject({ standing: 'active', holds: [], addOns: [{ status: 'unpaid' }] });
    expect(lost.state.workspaces[0]?.desired).toMatchObject({ state: 'running', size: TEAM_SIZE });
    expect([kinds(lost), lost.deadlines]).toEqual([['add-on-suspended'], []]);
    const paid = look(lost.state, day(9), [team, micro]);
    expect(paid.state.addOns).toMatchObject([{ status: 'active', grace: null }]);
    expect([kinds(paid), memory(paid.state)]).toEqual([['add-on-restored'], 1536]);
  });

  test('is not lost on a read from before the deadline, and no attempt moves it', () => {
    const old = aSnapshot('2026-03-07T23:59:59.999Z', [team, unpaidMicro]);
    expect(decide(inGrace(), old, day(8), aCatalog()).state.addOns[0]?.status).toBe('grace');
    const later = { ...unpaidMicro, invoices: [invoice({ id: 'in_2', createdAt: day(3), finalizedAt: day(3) })] };
    expect(look(inGrace(), day(4), [team, later]).state.addOns[0]?.grace?.endsAt).toBe('2026-03-08T00:00:00.000Z');
  });

  test('is given notice when its failure is learnt of late', () => {
    const { state } = look(withMicro(), day(20), [team, unpaidMicro]);
    expect(state.addOns).toMatchObject([{ status: 'grace', grace: { endsAt: '2026-03-22T00:00:00.000Z' } }]);
  });

  test('that recovered with an old invoice open has a full grace at its next failure', () => {
    const recovered = look(inGrace(), day(3), [team, { ...micro, invoices: [invoice()] }]).state;
    const second = invoice({ id: 'in_2', createdAt: day(30), finalizedAt: day(30) });
    const again = { ...unpaidMicro, invoices: [invoice(), second] };
    expect(look(recovered, day(30), [team, again]).state.addOns[0]?.grace).toMatchObject({
      id: 'in_2',
      endsAt: '2026-04-07T00:00:00.000Z',
    });
  });

  test('of two, each has its own grace', () => {
    const other = { ...unpaidMicro, id: 'sub_other', invoices: [invoice({ id: 'in_other', finalizedAt: day(2) })] };
    const both = look(inGrace(), day(2), [team, unpaidMicro, other]).state;
    const { state } = look(both, day(7), [team, unpaidMicro, other]);
    expect(state.addOns.map((each) => [each.subscriptionId, each.status])).toEqual([
      ['sub_micro', 'unpaid'],
      ['sub_other', 'grace'],
    ]);
    expect(memory(state)).toBe(1536);
  });

  test('with a status that is not known yet keeps its deadline while the invoice is open', () => {
    const odd = { ...unpaidMicro, status: 'some_day' };
    const { state } = look(inGrace(), day(2), [team, odd]);
    expect(state.addOns).toMatchObject([{ status: 'grace', grace: { endsAt: '2026-03-08T00:00:00.000Z' } }]);
    expect(look(state, day(7), [team, odd])).toMatchObject({
      state: { addOns: [{ status: 'unpaid' }] },
      deadlines: [],
    });
  });

  test('does not end the dunning of the plan, nor does a paid one', () => {
    const unpaid = anUnpaidSubscription();
    const state = look(withMicro(), day(0), [unpaid, micro]).state;
    expect(look(state, day(7), [unpaid, micro]).state).toMatchObject({
      standing: 'suspended',
      addOns: [{ status: 'active' }],
    });
  });
});

describe('a subscription of which nobody knows what it is for', () => {
  const unknown = aSubscription({ id: 'sub_x', role: 'unknown', planId: null, createdAt: day(-1) });

  test('changes nothing and is told of once', () => {
    const first = look(aPayingAccount(), day(0), [unknown, team]);
    expect(first.state).toMatchObject({ subscription: { id: 'sub_1' }, ignoredSubscriptions: ['sub_x'] });
    expect(first.happened).toMatchObject([{ id: 'subscription-ignored/sub_x', kind: 'subscription-ignored' }]);
    expect(kinds(look(first.state, day(1), [unknown, team]))).toEqual([]);
    expect(look(anAccount(), day(0), [unknown]).state).toMatchObject({ standing: 'free', plan: { id: 'free' } });
  });

  test("that was the plan's until its price was changed by hand stays it", () => {
    const byHand = { ...team, role: 'unknown' as const, planId: null };
    const { state, happened } = look(aPayingAccount(), day(0), [byHand]);
    expect(state).toMatchObject({ standing: 'active', plan: { id: 'team' }, subscription: { planId: 'team' } });
    expect(happened).toEqual([]);
  });
});

describe('what support gave', () => {
  const given = { id: 'g1', reason: 'An outage.', pool: { memoryMb: 512 }, until: day(3) };

  test('counts until it ends, and the account wakes up for that', () => {
    const state = { ...aPayingAccount(), overrides: [given] };
    const first = look(state, day(0), [team]);
    expect([memory(first.state), first.deadlines]).toEqual([1024, ['2026-03-04T00:00:00.000Z']]);
    expect(upcomingOf(first.state, day(0))[0]).toMatchObject({ at: '2026-03-04T00:00:00.000Z', kind: 'grant-ends' });
    const after = look(first.state, day(3), [team]);
    expect(after.state.overrides).toEqual([]);
    expect([memory(after.state), after.deadlines, kinds(after)]).toEqual([512, [], ['grant-ended']]);
  });
});

test('a plan that the catalog no longer has leaves a canceled account what it had', () => {
  const ended = aSubscription({ status: 'canceled', cancelReason: 'cancellation_requested' });
  const catalog = aCatalog({ onCancel: 'stop-services' });
  const without = { ...catalog, plans: catalog.plans.filter((each) => each.id !== 'team') };
  const { state } = look(aPayingAccount(catalog), day(5), [ended], without);
  expect(state).toMatchObject({ standing: 'canceled', plan: { id: 'team' } });
  expect(state.entitlements.pool?.memoryMb.value).toBe(512);
});

test('in any life, add-ons change nothing of standing, plan, debt, dunning, mails or holds', () => {
  const status = fc.constantFrom('active', 'past_due', 'unpaid', 'paused', 'incomplete', 'canceled', 'some_day');
  fc.assert(
    fc.property(anyHistory, anyCatalog, status, (history, catalog, as) => {
      const invoices = as === 'past_due' || as === 'unpaid' ? [invoice()] : [];
      const addOn = anAddOnSubscription({ status: as, invoices, createdAt: day(1) });
      for (const { before, snapshot, now, decision } of live(history, catalog)) {
        const subscriptions = [addOn, ...snapshot.subscriptions];
        const other = decide(before, { ...snapshot, subscriptions }, now, catalog).state;
        const { addOns: _a, entitlements: _e, workspaces, ...rest } = other;
        const { addOns: _b, entitlements: _f, workspaces: without, ...expected } = decision.state;
        expect(rest).toEqual(expected);
        expect(workspaces.map((each) => each.desired.state)).toEqual(without.map((each) => each.desired.state));
      }
    }),
    { numRuns: 150 },
  );
});
