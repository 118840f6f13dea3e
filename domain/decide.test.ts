import { describe, expect, test } from 'vitest';
import {
  aCatalog,
  anAccount,
  anInvoice,
  anUnpaidSubscription,
  aPayingAccount,
  aSnapshot,
  aSubscription,
  day,
  FREE_SIZE,
  STUDIO_SIZE,
  TEAM_SIZE,
  withEffectsDone,
} from '#test/factories/billing.ts';
import type { AccountState, Standing } from './account-state.ts';
import type { Catalog } from './catalog.ts';
import { type Decision, decide } from './decide.ts';
import type { Effect } from './effect.ts';
import type { BillingSnapshot, SubscriptionSnapshot } from './snapshot.ts';
import type { Instant } from './time.ts';

/** Decides on a read that began right now. */
function look(
  state: AccountState,
  at: Instant,
  subscriptions: SubscriptionSnapshot[],
  catalog: Catalog = aCatalog(),
  changes: Partial<BillingSnapshot> = {},
): Decision {
  return decide(state, aSnapshot(at, subscriptions, changes), at, catalog);
}

/** Looks at each instant in turn with the same subscriptions, every effect carried out in between. */
function lookAtEach(
  state: AccountState,
  instants: Instant[],
  subscriptions: SubscriptionSnapshot[],
  catalog: Catalog = aCatalog(),
): AccountState {
  return instants.reduce((now, at) => withEffectsDone(look(now, at, subscriptions, catalog).state), state);
}

const ids = (effects: Effect[]) => effects.map((effect) => effect.id);
const kinds = (decision: Decision) => decision.happened.map((each) => each.kind);
const desired = (state: AccountState) => state.workspaces[0]?.desired;

const unpaid = anUnpaidSubscription();
const endedUnpaid = anUnpaidSubscription({
  status: 'canceled',
  endedAt: day(30),
  cancelReason: 'cancellation_requested',
  invoices: [anInvoice({ status: 'void', amountRemainingCents: 0, nextAttemptAt: null })],
});

const inGrace = (catalog = aCatalog()) => lookAtEach(aPayingAccount(catalog), [day(0)], [unpaid], catalog);
const suspended = (catalog = aCatalog()) => lookAtEach(inGrace(catalog), [day(3), day(6), day(7)], [unpaid], catalog);
const canceled = (catalog = aCatalog()) =>
  lookAtEach(lookAtEach(suspended(catalog), [day(30)], [unpaid], catalog), [day(30)], [endedUnpaid], catalog);
const warned = (catalog = aCatalog()) => lookAtEach(canceled(catalog), [day(31), day(53)], [endedUnpaid], catalog);

describe('the table of standings', () => {
  const open = [anInvoice()];
  const stages: Record<string, () => AccountState> = {
    new: () => anAccount(),
    paying: aPayingAccount,
    grace: inGrace,
    suspended,
    canceled,
  };
  const table: [status: string, stage: string, at: Instant, standing: Standing][] = [
    ['incomplete', 'new', day(0), 'incomplete'],
    ['incomplete_expired', 'new', day(0), 'free'],
    ['trialing', 'new', day(0), 'trialing'],
    ['active', 'new', day(0), 'active'],
    ['past_due', 'new', day(0), 'grace'],
    ['unpaid', 'new', day(0), 'grace'],
    ['paused', 'new', day(0), 'paused'],
    ['canceled', 'new', day(0), 'free'],
    ['some_day', 'new', day(0), 'free'],
    ['trialing', 'paying', day(0), 'trialing'],
    ['active', 'paying', day(0), 'active'],
    ['past_due', 'paying', day(0), 'grace'],
    ['unpaid', 'paying', day(0), 'grace'],
    ['paused', 'paying', day(0), 'paused'],
    ['canceled', 'paying', day(0), 'free'],
    ['some_day', 'paying', day(0), 'active'],
    ['active', 'grace', day(5), 'active'],
    ['past_due', 'grace', day(5), 'grace'],
    ['unpaid', 'grace', day(5), 'grace'],
    ['canceled', 'grace', day(5), 'free'],
    ['some_day', 'grace', day(5), 'grace'],
    ['past_due', 'grace', day(7), 'suspended'],
    ['unpaid', 'grace', day(7), 'suspended'],
    ['some_day', 'grace', day(7), 'suspended'],
    ['active', 'grace', day(7), 'active'],
    ['active', 'suspended', day(8), 'active'],
    ['past_due', 'suspended', day(8), 'suspended'],
    ['unpaid', 'suspended', day(29), 'suspended'],
    ['past_due', 'suspended', day(31), 'suspended'],
    ['canceled', 'suspended', day(8), 'free'],
    ['canceled', 'suspended', day(30), 'canceled'],
    ['some_day', 'suspended', day(8), 'suspended'],
    ['canceled', 'canceled', day(31), 'canceled'],
    ['canceled', 'canceled', day(60), 'canceled'],
  ];
  test.each(table)('%s seen by an account that is %s on %s is %s', (status, stage, at, standing) => {
    const invoices = status === 'active' || status === 'trialing' ? [] : open;
    const { state } = look(stages[stage]?.() ?? anAccount(), at, [aSubscription({ status, invoices })]);
    expect(state.standing).toBe(standing);
    expect(state.holds.map((hold) => hold.name)).toEqual(
      standing === 'suspended' || standing === 'canceled' || standing === 'paused' ? ['billing'] : [],
    );
  });

  test('the instant since when an account stands as it does moves only with the standing', () => {
    const { state } = look(inGrace(), day(5), [unpaid]);
    expect(state.standingSince).toBe('2026-03-01T00:00:00.000Z');
    expect(look(state, day(7), [unpaid]).state.standingSince).toBe('2026-03-08T00:00:00.000Z');
  });
});

describe('the opening of grace', () => {
  test('grace is anchored at the finalisation of the oldest open invoice, not at its attempts', () => {
    const older = anInvoice({ id: 'in_old', attemptCount: 4, createdAt: day(-1), finalizedAt: day(0) });
    const newer = anInvoice({ id: 'in_new', createdAt: day(2), finalizedAt: day(2) });
    const { state } = look(aPayingAccount(), day(2), [anUnpaidSubscription({ invoices: [older, newer] })]);
    expect(state.dunning).toMatchObject({
      id: 'in_old',
      startedAt: '2026-03-01T00:00:00.000Z',
      suspendAt: '2026-03-08T00:00:00.000Z',
      cancelAt: '2026-03-31T00:00:00.000Z',
      deleteAt: '2026-04-30T00:00:00.000Z',
    });
  });

  test('an upgrade that was declined before does not start the clock of a renewal that fails later', () => {
    const upgrade = anInvoice({
      id: 'in_up',
      billingReason: 'subscription_update',
      createdAt: day(-10),
      finalizedAt: day(-10),
    });
    const { state } = look(aPayingAccount(), day(0), [anUnpaidSubscription({ invoices: [upgrade, anInvoice()] })]);
    expect(state.dunning).toMatchObject({ id: 'in_1', suspendAt: '2026-03-08T00:00:00.000Z' });
  });

  test('a further attempt moves no deadline', () => {
    const again = anUnpaidSubscription({ invoices: [anInvoice({ attemptCount: 3, nextAttemptAt: day(6) })] });
    expect(look(inGrace(), day(5), [again]).state.dunning).toMatchObject({
      startedAt: '2026-03-01T00:00:00.000Z',
      suspendAt: '2026-03-08T00:00:00.000Z',
      cancelAt: '2026-03-31T00:00:00.000Z',
      deleteAt: '2026-04-30T00:00:00.000Z',
    });
  });

  test('a second unpaid invoice, and the first one paid, move no deadline', () => {
    const second = anInvoice({ id: 'in_2', createdAt: day(4), finalizedAt: day(4) });
    const { state } = look(inGrace(), day(5), [anUnpaidSubscription({ invoices: [second] })]);
    expect(state.standing).toBe('grace');
    expect(state.dunning?.suspendAt).toBe('2026-03-08T00:00:00.000Z');
  });

  test('the workspace runs on through grace, with the size of the plan', () => {
    expect(desired(inGrace())).toMatchObject({ state: 'running', size: TEAM_SIZE });
  });

  test('the day-0 mail names amount, link and deadlines; the history names the failure', () => {
    const decision = look(aPayingAccount(), day(0, 1), [unpaid]);
    expect(decision.effects).toEqual([
      {
        kind: 'mail',
        id: 'mail/grace-started/in_1/day-0',
        template: 'grace-started',
        emittedAt: '2026-03-01T01:00:00.000Z',
        readyWhen: 'now',
        droppedWhenDunningEnds: true,
        facts: {
          planId: 'team',
          planName: 'Team',
          amountCents: 2900,
          currency: 'usd',
          invoiceId: 'in_1',
          suspendAt: '2026-03-08T00:00:00.000Z',
          cancelAt: '2026-03-31T00:00:00.000Z',
          deleteAt: '2026-04-30T00:00:00.000Z',
        },
      },
    ]);
    expect(decision.happened).toEqual([
      { id: 'payment-failed/in_1', at: '2026-03-01T00:00:00.000Z', kind: 'payment-failed', text: expect.any(String) },
    ]);
    expect(decision.deadlines).toEqual([
      '2026-03-04T00:00:00.000Z',
      '2026-03-07T00:00:00.000Z',
      '2026-03-08T00:00:00.000Z',
    ]);
  });

  test('mail and page name the same debt: all that is open, and the link of the newest invoice', () => {
    const second = anInvoice({ id: 'in_2', createdAt: day(2), finalizedAt: day(2) });
    const decision = look(inGrace(), day(3), [anUnpaidSubscription({ invoices: [anInvoice(), second] })]);
    expect(decision.state.debt).toMatchObject({ invoiceId: 'in_2', amountCents: 5800 });
    const [reminder] = decision.effects;
    expect(reminder?.kind === 'mail' && reminder.facts).toMatchObject({
      amountCents: 5800,
      invoiceId: 'in_2',
    });
  });

  test('a failure learnt of on day 10 is told at once and suspends on day 11, the rest as far behind', () => {
    const { state, effects } = look(aPayingAccount(), day(10), [unpaid]);
    expect(state.standing).toBe('grace');
    expect(state.dunning).toMatchObject({
      suspendAt: '2026-03-12T00:00:00.000Z',
      cancelAt: '2026-04-04T00:00:00.000Z',
      deleteAt: '2026-05-04T00:00:00.000Z',
    });
    expect(ids(effects)).toEqual(['mail/grace-started/in_1/day-6']);
    expect(look(state, day(10, 23), [unpaid]).state.standing).toBe('grace');
    expect(look(state, day(11), [unpaid]).state.standing).toBe('suspended');
  });

  test('a first invoice that fails gives no grace and no plan', () => {
    const first = aSubscription({
      status: 'incomplete',
      invoices: [anInvoice({ billingReason: 'subscription_create' })],
    });
    const { state, effects, deadlines } = look(anAccount(), day(0), [first]);
    expect(state).toMatchObject({ standing: 'incomplete', dunning: null, plan: { id: 'free' } });
    expect(effects).toEqual([]);
    expect(deadlines).toEqual([]);
  });

  test('a declined upgrade starts no grace and leaves plan and size as they were', () => {
    const upgrade = anInvoice({ id: 'in_up', billingReason: 'subscription_update', amountRemainingCents: 7000 });
    const { state, effects, deadlines } = look(aPayingAccount(), day(0), [
      aSubscription({ status: 'past_due', planId: 'studio', invoices: [upgrade] }),
    ]);
    expect(state).toMatchObject({ standing: 'active', dunning: null, plan: { id: 'team' } });
    expect(desired(state)?.size).toEqual(TEAM_SIZE);
    expect([effects, deadlines]).toEqual([[], []]);
  });

  test('an upgrade in the middle of grace waits until the debt is paid', () => {
    const upgrade = anInvoice({ id: 'in_up', billingReason: 'subscription_update', createdAt: day(2) });
    const { state } = look(inGrace(), day(2), [
      anUnpaidSubscription({ planId: 'studio', invoices: [anInvoice(), upgrade] }),
    ]);
    expect(state).toMatchObject({ standing: 'grace', plan: { id: 'team' } });
    const paid = look(state, day(3), [aSubscription({ planId: 'studio' })]).state;
    expect(paid).toMatchObject({ standing: 'active', plan: { id: 'studio' } });
    expect(desired(paid)?.size).toEqual(STUDIO_SIZE);
  });
});

describe('reminders', () => {
  test('mails go on days 0, 3 and 6, once each', () => {
    let state = aPayingAccount();
    const sent: string[] = [];
    for (let hour = 0; hour < 7 * 24; hour += 6) {
      const decision = look(state, day(0, hour), [unpaid]);
      sent.push(...decision.effects.map((effect) => `${effect.emittedAt} ${effect.id}`));
      state = withEffectsDone(decision.state);
    }
    expect(sent).toEqual([
      '2026-03-01T00:00:00.000Z mail/grace-started/in_1/day-0',
      '2026-03-04T00:00:00.000Z mail/grace-reminder/in_1/day-3',
      '2026-03-07T00:00:00.000Z mail/grace-reminder/in_1/day-6',
    ]);
  });

  test('a reminder that was missed is overtaken by the next', () => {
    const { state, effects } = look(inGrace(), day(6, 2), [unpaid]);
    expect(ids(effects)).toEqual(['mail/grace-reminder/in_1/day-6']);
    expect(ids(look(state, day(6, 3), [unpaid]).effects)).toEqual([]);
  });

  test('a reminder goes a second after its instant, not a second before', () => {
    expect(look(inGrace(), '2026-03-03T23:59:59.000Z', [unpaid]).effects).toEqual([]);
    expect(ids(look(inGrace(), '2026-03-04T00:00:01.000Z', [unpaid]).effects)).toEqual([
      'mail/grace-reminder/in_1/day-3',
    ]);
  });
});

describe('suspension on day 7', () => {
  test('workspaces stop, and their owner is told once they have', () => {
    const { state, effects, deadlines, happened } = look(inGrace(), day(7), [unpaid]);
    expect(state).toMatchObject({ standing: 'suspended', dunning: { stage: 'suspended' } });
    expect(desired(state)).toMatchObject({ state: 'stopped', size: TEAM_SIZE });
    expect(effects).toMatchObject([{ id: 'mail/suspended/in_1', readyWhen: 'workspaces-settled' }]);
    expect(deadlines).toEqual(['2026-03-31T00:00:00.000Z']);
    expect(happened).toMatchObject([{ id: 'suspended/in_1', at: '2026-03-08T00:00:00.000Z' }]);
  });

  test('nothing stops on a read that began before the deadline, however late it is decided on', () => {
    const old = aSnapshot('2026-03-07T23:59:59.999Z', [unpaid]);
    expect(decide(inGrace(), old, day(8), aCatalog()).state.standing).toBe('grace');
  });

  test('a suspension that is late by days moves cancel and deletion as far, and the mail says so', () => {
    const { state, effects } = look(inGrace(), day(10), [unpaid]);
    expect(state.dunning).toMatchObject({ cancelAt: '2026-04-03T00:00:00.000Z', deleteAt: '2026-05-03T00:00:00.000Z' });
    expect(effects).toMatchObject([
      { facts: { cancelAt: '2026-04-03T00:00:00.000Z', deleteAt: '2026-05-03T00:00:00.000Z' } },
    ]);
  });

  test('a catalog that changes in grace does not change what was promised', () => {
    const stricter = aCatalog({ dunning: { ...aCatalog().dunning, suspendAfterDays: 2, reminderDays: [0] } });
    expect(look(inGrace(), day(3), [unpaid], stricter).state.standing).toBe('grace');
  });

  test('two renewals are unpaid: paying the older one changes nothing, paying the latest restores', () => {
    const second = anInvoice({ id: 'in_2', createdAt: day(10), finalizedAt: day(10) });
    const both = look(suspended(), day(11), [anUnpaidSubscription({ invoices: [anInvoice(), second] })]).state;
    const older = look(both, day(12), [anUnpaidSubscription({ invoices: [second] })]).state;
    expect(older.standing).toBe('suspended');
    expect(look(older, day(13), [aSubscription()]).state.standing).toBe('active');
  });
});

describe('payment', () => {
  test('in grace: all is as before, and who was told of the failure is told of the payment', () => {
    const { state, effects, deadlines, happened } = look(inGrace(), day(4), [aSubscription()]);
    expect(state).toMatchObject({ standing: 'active', dunning: null, debt: null, holds: [] });
    expect(ids(effects)).toEqual(['mail/payment-received/in_1']);
    expect(deadlines).toEqual([]);
    expect(happened).toMatchObject([{ id: 'payment-received/in_1', at: '2026-03-05T00:00:00.000Z' }]);
  });

  test('after suspension: the workspace runs again with its size', () => {
    const { state, effects } = look(suspended(), day(9), [aSubscription()]);
    expect(desired(state)).toEqual({ state: 'running', size: TEAM_SIZE, generation: 4, since: day(9) });
    expect(effects).toMatchObject([
      { id: 'mail/payment-received/in_1', readyWhen: 'now', droppedWhenDunningEnds: false },
    ]);
  });

  test('during the suspension: the "suspended" mail that waits is never sent', () => {
    const during = look(inGrace(), day(7), [unpaid]).state;
    expect(ids(during.outbox)).toEqual(['mail/suspended/in_1']);
    expect(ids(look(during, day(7, 1), [aSubscription()]).state.outbox)).toEqual(['mail/payment-received/in_1']);
  });

  test('before the cancel was carried out: the cancel is dropped', () => {
    const asked = look(suspended(), day(30), [unpaid]).state;
    expect(ids(look(asked, day(30, 1), [aSubscription()]).state.outbox)).toEqual(['mail/payment-received/in_1']);
  });

  test('a customer whom no mail has reached yet is not thanked', () => {
    const untold = look(aPayingAccount(), day(0), [unpaid]).state;
    expect(look(untold, day(0, 1), [aSubscription()]).state.outbox).toEqual([]);
    const learntLate = look(aPayingAccount(), day(10), [unpaid]).state;
    expect(look(learntLate, day(10, 1), [aSubscription()]).state.outbox).toEqual([]);
  });

  test('what its owner had stopped stays stopped', () => {
    const state = suspended();
    const stopped = {
      ...state,
      workspaces: state.workspaces.map((each) => ({ ...each, ownerWants: 'stopped' as const })),
    };
    expect(desired(look(stopped, day(9), [aSubscription()]).state)?.state).toBe('stopped');
  });

  test('a hold of an admin outlives the payment', () => {
    const state = suspended();
    const held = { ...state, holds: [...state.holds, { name: 'admin' as const, since: day(8), reason: 'Abuse.' }] };
    const paid = look(held, day(9), [aSubscription()]).state;
    expect(paid.holds.map((hold) => hold.name)).toEqual(['admin']);
    expect(desired(paid)?.state).toBe('stopped');
  });
});

describe('an invoice that is voided or written off', () => {
  test.each(['void', 'uncollectible'])('%s: all is as before, and nobody speaks of a payment', (status) => {
    const waived = aSubscription({ invoices: [anInvoice({ status, nextAttemptAt: null })] });
    const { state, effects, happened } = look(suspended(), day(9), [waived]);
    expect(state).toMatchObject({ standing: 'active', dunning: null, holds: [] });
    expect(desired(state)?.state).toBe('running');
    expect(effects).toMatchObject([{ id: 'mail/debt-settled/in_1', droppedWhenDunningEnds: false }]);
    expect(happened.map((each) => each.text)).toEqual(['The open invoice is settled. All is as before.']);
  });

  test('a renewal that was paid beside an upgrade that was not is told of as a payment', () => {
    const upgrade = anInvoice({ id: 'in_up', billingReason: 'subscription_update', createdAt: day(2) });
    const paid = anUnpaidSubscription({ latestInvoiceId: 'in_up', invoices: [upgrade] });
    expect(ids(look(suspended(), day(9), [paid]).effects)).toEqual(['mail/payment-received/in_1']);
  });

  test('a latest invoice that was paid is told of as a payment', () => {
    const paid = aSubscription({ invoices: [anInvoice({ status: 'paid', amountRemainingCents: 0 })] });
    const { effects, happened } = look(suspended(), day(9), [paid]);
    expect(ids(effects)).toEqual(['mail/payment-received/in_1']);
    expect(happened.map((each) => each.text)).toEqual(['The payment arrived. All is as before.']);
  });
});

describe('a dunning after a dunning', () => {
  const second = anInvoice({ id: 'in_2', createdAt: day(4), finalizedAt: day(4) });
  const third = anInvoice({ id: 'in_3', createdAt: day(34), finalizedAt: day(34) });
  const latestPaid = aSubscription({ latestInvoiceId: 'in_2', invoices: [anInvoice()] });
  const failsAgain = anUnpaidSubscription({ latestInvoiceId: 'in_3', invoices: [anInvoice(), third] });

  function recoveredWithAnOldDebt(): AccountState {
    const both = anUnpaidSubscription({ latestInvoiceId: 'in_2', invoices: [anInvoice(), second] });
    return lookAtEach(lookAtEach(inGrace(), [day(5)], [both]), [day(6)], [latestPaid]);
  }

  test('an older invoice that is left open shortens no later grace: it counts from the failure after the recovery', () => {
    const recovered = recoveredWithAnOldDebt();
    expect(recovered).toMatchObject({ standing: 'active', dunning: null, debt: { invoiceId: 'in_1' } });
    const { state } = look(recovered, day(34), [failsAgain]);
    expect(state.debt).toMatchObject({ invoiceId: 'in_3', amountCents: 5800 });
    expect(state).toMatchObject({
      standing: 'grace',
      dunning: { id: 'in_3', startedAt: '2026-04-04T00:00:00.000Z', suspendAt: '2026-04-11T00:00:00.000Z' },
    });
    expect(look(state, day(40, 23), [failsAgain]).state.standing).toBe('grace');
    expect(look(state, day(41), [failsAgain]).state.standing).toBe('suspended');
  });

  test('of two invoices that failed since the recovery the older one counts', () => {
    const fourth = anInvoice({ id: 'in_4', createdAt: day(36), finalizedAt: day(36) });
    const { state } = look(recoveredWithAnOldDebt(), day(36), [
      anUnpaidSubscription({ latestInvoiceId: 'in_4', invoices: [anInvoice(), third, fourth] }),
    ]);
    expect(state.dunning).toMatchObject({ id: 'in_3', startedAt: '2026-04-04T00:00:00.000Z' });
  });

  test('its mails and its history are told apart from those of the one before', () => {
    const { state, effects, happened } = look(recoveredWithAnOldDebt(), day(34), [failsAgain]);
    expect(ids(effects)).toEqual(['mail/grace-started/in_3/day-0']);
    expect(happened.map((each) => each.id)).toEqual(['payment-failed/in_3']);
    const paid = look(withEffectsDone(state), day(35), [aSubscription()]);
    expect([...ids(paid.effects), ...paid.happened.map((each) => each.id)]).toEqual([
      'mail/payment-received/in_3',
      'payment-received/in_3',
    ]);
  });

  test('one that shows no invoice since the recovery counts from the recovery', () => {
    const { state } = look(recoveredWithAnOldDebt(), day(10), [anUnpaidSubscription({ latestInvoiceId: 'in_2' })]);
    expect(state.dunning).toMatchObject({
      id: 'sub_1/2026-03-07T00:00:00.001Z',
      suspendAt: '2026-03-14T00:00:00.001Z',
    });
  });

  test('even those that follow each other within one instant are told apart', () => {
    let state = recoveredWithAnOldDebt();
    const opened: (string | undefined)[] = [];
    for (let round = 0; round < 3; round += 1) {
      state = look(state, day(6), [anUnpaidSubscription({ latestInvoiceId: 'in_2' })]).state;
      opened.push(state.dunning?.id);
      state = look(state, day(6), [latestPaid]).state;
    }
    expect(opened).toEqual([
      'sub_1/2026-03-07T00:00:00.001Z',
      'sub_1/2026-03-07T00:00:00.002Z',
      'sub_1/2026-03-07T00:00:00.003Z',
    ]);
  });

  test('an unpaid subscription that another one had stood in for is given a full grace again', () => {
    const other = aSubscription({ id: 'sub_2', createdAt: day(5) });
    const replaced = lookAtEach(suspended(), [day(8)], [other, unpaid]);
    const gone = { ...other, status: 'canceled', cancelReason: 'cancellation_requested' };
    expect(look(replaced, day(9), [gone, unpaid]).state).toMatchObject({
      standing: 'grace',
      dunning: { subscriptionId: 'sub_1', suspendAt: '2026-03-16T00:00:00.001Z' },
    });
  });

  test('of another subscription that owed all along begins with the same look, and counts from its own failure', () => {
    const own = anInvoice({ id: 'in_0', subscriptionId: 'sub_0', createdAt: day(2), finalizedAt: day(2) });
    const other = anUnpaidSubscription({ id: 'sub_0', createdAt: day(-60), latestInvoiceId: 'in_0', invoices: [own] });
    const paused = aSubscription({ status: 'paused' });
    const snapshot = aSnapshot(day(5), [paused, other]);
    const once = decide(inGrace(), snapshot, day(5), aCatalog());
    expect(once.state).toMatchObject({
      standing: 'grace',
      dunning: { id: 'in_0', suspendAt: '2026-03-10T00:00:00.000Z' },
    });
    expect(kinds(once)).toEqual(['payment-received', 'payment-failed']);
    expect(decide(once.state, snapshot, day(5), aCatalog())).toMatchObject({ state: once.state, happened: [] });
  });
});

describe('cancel on day 30', () => {
  test('the subscription is cancelled at Stripe and its invoices voided', () => {
    const { state, effects, deadlines } = look(suspended(), day(30), [unpaid]);
    expect(effects).toMatchObject([
      {
        kind: 'cancel-subscription',
        id: 'cancel-subscription/in_1',
        subscriptionId: 'sub_1',
        voidOpenInvoices: true,
        droppedWhenDunningEnds: true,
      },
    ]);
    expect(state.standing).toBe('suspended');
    expect(deadlines).toEqual(['2026-03-31T01:00:00.000Z']);
  });

  test('a cancel that Stripe does not show an hour later is asked for again, never twice at once', () => {
    const asked = look(suspended(), day(30), [unpaid]).state;
    expect(look(asked, day(30, 1), [unpaid]).effects).toEqual([]);
    expect(ids(look(withEffectsDone(asked), day(30, 1), [unpaid]).effects)).toEqual(['cancel-subscription/in_1']);
  });

  test('a cancel that was carried out is not asked for again within the hour in which Stripe may show it', () => {
    const carriedOut = withEffectsDone(look(suspended(), day(30), [unpaid]).state);
    const { effects, deadlines } = look(carriedOut, '2026-03-31T00:59:59.999Z', [unpaid]);
    expect(effects).toEqual([]);
    expect(deadlines).toEqual(['2026-03-31T01:00:00.000Z']);
  });

  test('once it is seen, a "suspended" mail that still waits is never sent', () => {
    const waits = look(inGrace(), day(7), [unpaid]).state;
    const { state } = look(waits, day(10), [{ ...endedUnpaid, cancelReason: 'payment_failed' }]);
    expect(ids(state.outbox)).toEqual(['mail/subscription-canceled/in_1']);
  });

  test('a payment in doubt postpones the cancel day by day, until it is settled', () => {
    const doubt = { paymentInDoubt: true };
    const first = look(suspended(), day(30), [unpaid], aCatalog(), doubt);
    expect(first.effects).toEqual([]);
    expect(first.deadlines).toEqual(['2026-04-01T00:00:00.000Z']);
    expect(look(first.state, day(30, 1), [unpaid]).effects).toEqual([]);
    const second = look(first.state, day(31), [unpaid], aCatalog(), doubt);
    expect(second.effects).toEqual([]);
    expect(second.deadlines).toEqual(['2026-04-02T00:00:00.000Z']);
    expect(ids(look(second.state, day(32), [unpaid]).effects)).toEqual(['cancel-subscription/in_1']);
    expect(look(second.state, day(31, 5), [aSubscription()]).state).toMatchObject({
      standing: 'active',
      dunning: null,
    });
  });

  test('a cancel that was asked for and is not carried out yet is taken back when a payment comes into doubt', () => {
    const asked = look(suspended(), day(30), [unpaid]).state;
    expect(ids(asked.outbox)).toEqual(['cancel-subscription/in_1']);
    const doubtful = look(asked, '2026-03-31T00:10:00.000Z', [unpaid], aCatalog(), { paymentInDoubt: true });
    expect(doubtful.state.outbox).toEqual([]);
    expect(doubtful.deadlines).toEqual(['2026-04-01T00:10:00.000Z']);
  });

  test('a cancel that doubt has postponed leaves the retention as long as the policy promises', () => {
    const postponed = look(suspended(), day(30), [unpaid], aCatalog(), { paymentInDoubt: true }).state;
    const asked = withEffectsDone(look(postponed, day(31), [unpaid]).state);
    expect(look(asked, day(31), [endedUnpaid]).state.dunning?.deleteAt).toBe('2026-05-01T00:00:00.000Z');
  });

  test('once it is seen, data is kept until day 60 and the customer is told', () => {
    const asked = withEffectsDone(look(suspended(), day(30), [unpaid]).state);
    const { state, effects, deadlines, happened } = look(asked, day(30), [endedUnpaid]);
    expect(state).toMatchObject({ standing: 'canceled', plan: { id: 'team' }, debt: null, subscription: null });
    expect(ids(effects)).toEqual(['mail/subscription-canceled/in_1']);
    expect(deadlines).toEqual(['2026-04-01T00:00:00.000Z', '2026-04-23T00:00:00.000Z', '2026-04-30T00:00:00.000Z']);
    expect(happened.map((each) => each.id)).toEqual(['subscription-canceled/sub_1']);
  });

  test('a cancel of Stripe for want of payment keeps the data to day 60 as well', () => {
    const byStripe = { ...endedUnpaid, cancelReason: 'payment_failed' };
    const { state } = look(inGrace(), day(2), [byStripe]);
    expect(state).toMatchObject({ standing: 'canceled', dunning: { deleteAt: '2026-04-30T00:00:00.000Z' } });
    expect(desired(state)?.state).toBe('stopped');
  });

  test("a dispute that ends the subscription in grace is not its customer's wish: data is kept to day 60", () => {
    const disputed = { ...endedUnpaid, cancelReason: 'payment_disputed' };
    const { state, effects } = look(inGrace(), day(2), [disputed]);
    expect(state).toMatchObject({ standing: 'canceled', dunning: { deleteAt: '2026-04-30T00:00:00.000Z' } });
    expect(ids(effects)).toEqual(['mail/subscription-canceled/in_1']);
  });

  test('a cancel that is seen five days late moves the deletion by five days, and the mail says so', () => {
    const { state, effects } = look(suspended(), day(35), [endedUnpaid]);
    expect(state.dunning?.deleteAt).toBe('2026-05-05T00:00:00.000Z');
    expect(effects).toMatchObject([{ facts: { deleteAt: '2026-05-05T00:00:00.000Z' } }]);
  });
});

describe('retention and deletion', () => {
  test('warnings go on days 31 and 53, deletion is on day 60, each once', () => {
    let state = canceled();
    const sent: string[] = [];
    for (let hour = 1; hour <= 31 * 24; hour += 1) {
      const decision = look(state, day(30, hour), [endedUnpaid]);
      sent.push(...decision.effects.map((effect) => `${effect.emittedAt} ${effect.id}`));
      state = withEffectsDone(decision.state);
    }
    expect(sent).toEqual([
      '2026-04-01T00:00:00.000Z mail/deletion-warning/in_1/day-31',
      '2026-04-23T00:00:00.000Z mail/deletion-warning/in_1/day-53',
      '2026-04-30T00:00:00.000Z mail/data-deleted/in_1',
    ]);
    expect(state.dunning?.stage).toBe('deleted');
    expect(desired(state)?.state).toBe('deleted');
  });

  test('a millisecond before its instant, or on a read from before it, nothing is deleted', () => {
    const early = '2026-04-29T23:59:59.999Z';
    expect(desired(look(warned(), early, [endedUnpaid]).state)?.state).toBe('stopped');
    const old = aSnapshot(early, [endedUnpaid]);
    expect(desired(decide(warned(), old, day(61), aCatalog()).state)?.state).toBe('stopped');
    expect(desired(look(warned(), day(60), [endedUnpaid]).state)?.state).toBe('deleted');
  });

  test('a payment in doubt postpones the deletion day by day, until it is settled', () => {
    const doubt = { paymentInDoubt: true };
    const first = look(warned(), day(60), [endedUnpaid], aCatalog(), doubt);
    expect(first.state.dunning?.stage).toBe('canceled');
    expect(first.effects).toEqual([]);
    expect(first.deadlines).toEqual(['2026-05-01T00:00:00.000Z']);
    const second = look(first.state, day(61), [endedUnpaid], aCatalog(), doubt);
    expect(second.deadlines).toEqual(['2026-05-02T00:00:00.000Z']);
    expect(look(second.state, day(62), [endedUnpaid]).state.dunning?.stage).toBe('deleted');
  });

  test.each([
    ['when all warnings were given', warned],
    ['even when a warning was missed', canceled],
  ])('deciding twice on a postponed deletion changes nothing, %s', (_when, account) => {
    const snapshot = aSnapshot(day(60), [endedUnpaid], { paymentInDoubt: true });
    const once = decide(account(), snapshot, day(60), aCatalog());
    const twice = decide(once.state, snapshot, day(60), aCatalog());
    expect(twice).toMatchObject({ state: once.state, effects: [], happened: [] });
  });

  test('we were down from the cancel to day 70: the last warning is told first, and deletion follows a week later', () => {
    const { state, effects, deadlines } = look(canceled(), day(70), [endedUnpaid]);
    expect(desired(state)?.state).toBe('stopped');
    expect(effects).toMatchObject([
      { id: 'mail/deletion-warning/in_1/day-53', facts: { deleteAt: '2026-05-17T00:00:00.000Z' } },
    ]);
    expect(deadlines).toEqual(['2026-05-17T00:00:00.000Z']);
    expect(look(state, day(76, 23), [endedUnpaid]).state.dunning?.stage).toBe('canceled');
    expect(look(state, day(77), [endedUnpaid]).state.dunning?.stage).toBe('deleted');
  });

  test('a last warning that is two days late moves the deletion by two days; one that is early enough moves nothing', () => {
    expect(look(canceled(), day(55), [endedUnpaid]).state.dunning?.deleteAt).toBe('2026-05-02T00:00:00.000Z');
    expect(look(canceled(), day(40), [endedUnpaid]).state.dunning?.deleteAt).toBe('2026-04-30T00:00:00.000Z');
  });

  test('a policy that warns of no deletion deletes on its day', () => {
    const catalog = aCatalog({ dunning: { ...aCatalog().dunning, deletionWarningDays: [] } });
    expect(look(canceled(catalog), day(60), [endedUnpaid], catalog).state.dunning?.stage).toBe('deleted');
  });

  test('an old invoice that is paid after the cancel resurrects nothing', () => {
    const paid = { ...endedUnpaid, invoices: [anInvoice({ status: 'paid', amountRemainingCents: 0 })] };
    expect(look(canceled(), day(40), [paid]).state.standing).toBe('canceled');
  });

  test('a new subscription ends the retention, and the workspace runs again', () => {
    const fresh = aSubscription({ id: 'sub_2', createdAt: day(40), latestInvoiceId: 'in_9' });
    const { state, deadlines, effects, happened } = look(canceled(), day(40), [fresh, endedUnpaid]);
    expect(state).toMatchObject({ standing: 'active', dunning: null, holds: [] });
    expect(desired(state)?.state).toBe('running');
    expect(deadlines).toEqual([]);
    // The plan is the same one, so that nothing else tells of it.
    expect(happened).toEqual([
      expect.objectContaining({
        id: 'welcome-back/in_1',
        text: 'Welcome back: your new Team subscription has begun. Main runs again, with its data.',
      }),
    ]);
    expect(effects).toMatchObject([
      { id: 'mail/welcome-back/in_1', readyWhen: 'workspaces-settled', facts: { planId: 'team', runAgain: 1 } },
    ]);
    expect(look(state, day(41), [fresh, endedUnpaid])).toMatchObject({ effects: [], happened: [] });
  });

  test('a welcome names only what runs again', () => {
    const fresh = aSubscription({ id: 'sub_2', createdAt: day(40), latestInvoiceId: 'in_9' });
    const before = canceled();
    const stopped = {
      ...before,
      workspaces: before.workspaces.map((each) => ({ ...each, ownerWants: 'stopped' as const })),
    };
    const { effects, happened } = look(stopped, day(40), [fresh, endedUnpaid]);
    expect(happened[0]?.text).toBe('Welcome back: your new Team subscription has begun. Your data is kept.');
    expect(effects).toMatchObject([{ facts: { runAgain: 0 } }]);
  });

  test('a new subscription that is first seen when it owes is dunned by itself, and nothing is deleted', () => {
    const invoice = anInvoice({ id: 'in_9', subscriptionId: 'sub_2', createdAt: day(58), finalizedAt: day(58) });
    const fresh = anUnpaidSubscription({ id: 'sub_2', createdAt: day(31), invoices: [invoice] });
    const { state, happened } = look(canceled(), day(60), [fresh, endedUnpaid]);
    expect(happened.map(({ kind }) => kind)).toEqual(['payment-failed']);
    expect(state).toMatchObject({
      standing: 'grace',
      dunning: { id: 'in_9', suspendAt: '2026-05-05T00:00:00.000Z' },
    });
    expect(desired(state)?.state).toBe('running');
  });

  test('a subscription that ends for want of payment beside one that is paid stops nothing', () => {
    const fresh = aSubscription({ id: 'sub_2', createdAt: day(2) });
    const byStripe = { ...endedUnpaid, cancelReason: 'payment_failed' };
    const { state } = look(inGrace(), day(2), [fresh, byStripe]);
    expect(state).toMatchObject({ standing: 'active', dunning: null, holds: [] });
    expect(desired(state)?.state).toBe('running');
  });

  test('a new subscription whose first payment is incomplete changes nothing', () => {
    const tried = aSubscription({ id: 'sub_2', status: 'incomplete', planId: 'studio', createdAt: day(40) });
    const { state } = look(canceled(), day(40), [tried, endedUnpaid]);
    expect(state).toMatchObject({ standing: 'canceled', plan: { id: 'team' } });
  });

  test('after deletion nothing is due any more, and a new subscription does not bring the data back', () => {
    const deleted = look(warned(), day(60), [endedUnpaid]);
    expect(desired(deleted.state)?.state).toBe('deleted');
    expect(deleted.deadlines).toEqual([]);
    const fresh = aSubscription({ id: 'sub_2', planId: 'studio', createdAt: day(70) });
    const { state, happened } = look(deleted.state, day(70), [fresh, endedUnpaid]);
    expect(state).toMatchObject({ standing: 'active', plan: { id: 'studio' } });
    expect(happened.find(({ kind }) => kind === 'welcome-back')?.text).toBe(
      'Welcome back: your new Studio subscription has begun. The data of your former workspaces is gone.',
    );
    expect(desired(state)).toEqual(desired(deleted.state));
  });
});

describe("the customer's own cancel", () => {
  const byCustomer = aSubscription({ status: 'canceled', endedAt: day(5), cancelReason: 'cancellation_requested' });
  const withDebt = { ...byCustomer, invoices: [anInvoice({ nextAttemptAt: null })] };

  test('ends in the free plan and its size, where the catalog says so', () => {
    const { state, happened } = look(aPayingAccount(), day(5), [byCustomer]);
    expect(state).toMatchObject({ standing: 'free', plan: { id: 'free' }, subscription: null, holds: [] });
    expect(desired(state)).toMatchObject({ state: 'running', size: FREE_SIZE });
    expect(happened.map((each) => each.kind)).toEqual(['plan-changed', 'subscription-canceled']);
  });

  test('ends in stopped services without a date of deletion, where the catalog says so', () => {
    const catalog = aCatalog({ onCancel: 'stop-services' });
    const { state, deadlines } = look(aPayingAccount(catalog), day(5), [byCustomer], catalog);
    expect(state).toMatchObject({ standing: 'canceled', plan: { id: 'team' }, dunning: null });
    expect(desired(state)?.state).toBe('stopped');
    expect(deadlines).toEqual([]);
  });

  test('leaves an account that never began on the free plan, even where services stop', () => {
    const catalog = aCatalog({ onCancel: 'stop-services' });
    expect(look(anAccount(), day(0), [aSubscription({ status: 'incomplete_expired' })], catalog).state).toMatchObject({
      standing: 'free',
      holds: [],
    });
  });

  test('in grace: reminders stop, what waits is dropped, the debt is shown', () => {
    const untold = look(aPayingAccount(), day(0), [unpaid]).state;
    const { state, deadlines } = look(untold, day(5), [withDebt]);
    expect(state).toMatchObject({
      standing: 'free',
      dunning: null,
      outbox: [],
      debt: { invoiceId: 'in_1', amountCents: 2900 },
    });
    expect(deadlines).toEqual([]);
  });

  test('of one of two unpaid subscriptions: the other is dunned at once, by the same look', () => {
    const other = anUnpaidSubscription({ id: 'sub_0', createdAt: day(-60), invoices: [anInvoice({ id: 'in_0' })] });
    const snapshot = aSnapshot(day(5), [withDebt, other]);
    const once = decide(inGrace(), snapshot, day(5), aCatalog());
    expect(once.state).toMatchObject({ standing: 'grace', dunning: { subscriptionId: 'sub_0' } });
    expect(decide(once.state, snapshot, day(5), aCatalog())).toMatchObject({ state: once.state, happened: [] });
  });
});

describe('what is odd', () => {
  test('a snapshot older than the last one changes nothing', () => {
    const state = inGrace();
    const decision = decide(state, aSnapshot(day(-1), [aSubscription()]), day(1), aCatalog());
    expect(decision.state).toBe(state);
    expect([decision.effects, decision.happened]).toEqual([[], []]);
    expect(decision.deadlines).toEqual([
      '2026-03-04T00:00:00.000Z',
      '2026-03-07T00:00:00.000Z',
      '2026-03-08T00:00:00.000Z',
    ]);
  });

  test('a customer that Stripe does not know is on the free plan', () => {
    const { state, effects, deadlines } = look(anAccount(), day(0), []);
    expect(state).toMatchObject({ standing: 'free', plan: { id: 'free' }, subscription: null });
    expect([effects, deadlines]).toEqual([[], []]);
  });

  test('a status that is not known yet neither opens grace nor ends it while the invoice is open', () => {
    const odd = anUnpaidSubscription({ status: 'some_day' });
    expect(look(aPayingAccount(), day(0), [odd]).state).toMatchObject({ standing: 'active', dunning: null });
    const { state, happened } = look(inGrace(), day(2), [odd]);
    expect(state.dunning?.suspendAt).toBe('2026-03-08T00:00:00.000Z');
    expect(happened).toEqual([]);
  });

  test('a status that is not known yet, with the invoice paid, ends the dunning', () => {
    const odd = aSubscription({ status: 'some_day', invoices: [anInvoice({ status: 'paid' })] });
    expect(look(suspended(), day(8), [odd]).state).toMatchObject({ standing: 'active', dunning: null, holds: [] });
  });

  test('a price that is in no catalog leaves plan and size', () => {
    const { state } = look(aPayingAccount(), day(0), [aSubscription({ planId: null })]);
    expect(state).toMatchObject({ plan: { id: 'team' }, subscription: { planId: 'team' } });
    expect(look(anAccount(), day(0), [aSubscription({ planId: null })]).state.plan.id).toBe('free');
  });

  test('a paused collection keeps access or holds it, as the catalog says, and the hold goes with the pause', () => {
    const paused = aSubscription({ collectionPaused: true });
    expect(look(aPayingAccount(), day(0), [paused]).state).toMatchObject({ standing: 'active', holds: [] });
    const holding = aCatalog({ onCollectionPaused: 'hold' });
    const held = look(aPayingAccount(holding), day(0), [paused], holding);
    expect(held.state.standing).toBe('paused');
    expect(kinds(held)).toEqual(['collection-paused']);
    expect(desired(held.state)?.state).toBe('stopped');
    expect(desired(look(held.state, day(1), [aSubscription()], holding).state)?.state).toBe('running');
  });

  test('a subscription that owes without an open invoice is in grace from the start of its period', () => {
    const written = anInvoice({ status: 'uncollectible', nextAttemptAt: null });
    const { state } = look(aPayingAccount(), day(2), [
      anUnpaidSubscription({ invoices: [written], currentPeriodStart: day(1) }),
    ]);
    expect(state).toMatchObject({
      standing: 'grace',
      debt: null,
      dunning: {
        id: 'sub_1/2026-03-02T00:00:00.000Z',
        startedAt: '2026-03-02T00:00:00.000Z',
        suspendAt: '2026-03-09T00:00:00.000Z',
      },
    });
  });

  test('of two subscriptions that are paid the one that governed goes on, in whatever order they are read', () => {
    const older = aSubscription({ id: 'sub_0', planId: 'studio', createdAt: day(-40) });
    for (const both of [
      [older, aSubscription()],
      [aSubscription(), older],
    ]) {
      expect(look(aPayingAccount(), day(0), both).state.plan.id).toBe('team');
    }
  });

  test('an invoice that nobody has tried to collect yet is no debt', () => {
    const fresh = anInvoice({ attemptCount: 0 });
    expect(look(aPayingAccount(), day(0), [aSubscription({ invoices: [fresh] })]).state.debt).toBeNull();
  });

  test('a change of plan under a hold resizes nothing until the hold is lifted', () => {
    const held = { ...aPayingAccount(), holds: [{ name: 'admin' as const, since: day(0), reason: 'Abuse.' }] };
    const bigger = look(held, day(1), [aSubscription({ planId: 'studio' })]).state;
    expect(desired(bigger)).toMatchObject({ state: 'stopped', size: TEAM_SIZE });
    expect(desired(look({ ...bigger, holds: [] }, day(2), [aSubscription({ planId: 'studio' })]).state)).toMatchObject({
      state: 'running',
      size: STUDIO_SIZE,
    });
  });

  test("a duplicate's end does not stop the subscription that is paid", () => {
    const survivor = aSubscription({ id: 'sub_0', createdAt: day(-40) });
    const loser = aSubscription({ status: 'canceled', cancelReason: 'cancellation_requested' });
    expect(look(aPayingAccount(), day(0), [loser, survivor]).state).toMatchObject({
      standing: 'active',
      subscription: { id: 'sub_0' },
    });
  });

  test('a subscription in good standing beside the unpaid one ends the dunning', () => {
    const second = aSubscription({ id: 'sub_2', createdAt: day(8) });
    const { state, deadlines } = look(suspended(), day(8), [second, unpaid]);
    expect(state).toMatchObject({ standing: 'active', dunning: null, subscription: { id: 'sub_2' } });
    expect(deadlines).toEqual([]);
  });

  test('a policy without reminders tells of the suspension, and of the payment', () => {
    const catalog = aCatalog({ dunning: { ...aCatalog().dunning, reminderDays: [] } });
    const state = lookAtEach(aPayingAccount(catalog), [day(0), day(7)], [unpaid], catalog);
    expect(ids(look(state, day(8), [aSubscription()], catalog).effects)).toEqual(['mail/payment-received/in_1']);
  });

  test('a trial is told of in the history once', () => {
    const trial = aSubscription({ status: 'trialing', trialEnd: day(14) });
    const first = look(anAccount(), day(0), [trial]);
    expect(first.state).toMatchObject({ standing: 'trialing', plan: { id: 'team' } });
    expect(kinds(first)).toEqual(['plan-changed', 'trial-started']);
    expect(kinds(look(first.state, day(1), [trial]))).toEqual([]);
  });

  describe('a trial that ends unpaid', () => {
    const card = { id: 'pm_1', expiresAt: null };
    const onTrial = aSubscription({ status: 'trialing', trialEnd: day(0) });
    const unpaidTrial = anUnpaidSubscription({
      trialEnd: day(0),
      currentPeriodStart: day(0),
      currentPeriodEnd: day(30),
      invoices: [anInvoice()],
    });
    const ended = (charged: typeof card | null, at = day(0, 1)) =>
      decide(
        look(anAccount(), day(-1), [onTrial]).state,
        { ...aSnapshot(at, [unpaidTrial]), card: charged },
        at,
        aCatalog(),
      );

    test('without anything to charge is no free ride: the free plan at once, no grace, the debt shown', () => {
      const { state, effects, deadlines } = ended(null);
      expect(state).toMatchObject({
        standing: 'incomplete',
        plan: { id: 'free' },
        dunning: null,
        debt: { amountCents: 2900 },
      });
      expect([effects, deadlines]).toEqual([[], []]);
      expect(
        look(state, day(3), [aSubscription({ trialEnd: day(0), currentPeriodStart: day(0) })]).state,
      ).toMatchObject({
        standing: 'active',
        plan: { id: 'team' },
      });
    });

    test('with a card that is declined has its grace, and taking the card away does not shorten it', () => {
      const { state } = ended(card);
      expect(state).toMatchObject({ standing: 'grace', dunning: { suspendAt: day(7) } });
      expect(look(state, day(1), [unpaidTrial]).state).toMatchObject({ standing: 'grace', plan: { id: 'team' } });
    });
  });
});
