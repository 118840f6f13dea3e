import { describe, expect, test } from 'vitest';
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
  FREE_SIZE,
  STUDIO_SIZE,
  TEAM_SIZE,
  withEffectsDone,
} from '#test/factories/billing.ts';
import type { AccountState } from './account-state.ts';
import { cardExpiresAt } from './card-expiry.ts';
import { liftHold, placeHold } from './commands.ts';
import { type Decision, deadlinesOf, decide } from './decide.ts';
import { afterDuplicate } from './duplicates.ts';
import type { EndDuplicateEffect } from './effect.ts';
import { extendGrace } from './extend-grace.ts';
import { linkCustomer } from './link-customer.ts';
import { offersFor } from './offers.ts';
import type { BillingSnapshot, SubscriptionSnapshot } from './snapshot.ts';
import { addMs } from './time.ts';
import { viewOf } from './view.ts';

const catalog = aCatalog();

function look(
  state: AccountState,
  at: string,
  subscriptions: SubscriptionSnapshot[],
  changes: Partial<BillingSnapshot> = {},
  of = catalog,
): Decision {
  return decide(state, aSnapshot(at, subscriptions, changes), at, of);
}

const ids = (list: { id: string }[]) => list.map(({ id }) => id);
const kinds = (list: { kind: string }[]) => list.map(({ kind }) => kind);
const paidInvoice = (id: string, subscriptionId: string) =>
  anInvoice({ id, subscriptionId, status: 'paid', billingReason: 'subscription_create', amountRemainingCents: 0 });

describe('scenario 10: two Checkouts are paid', () => {
  const first = aSubscription({
    id: 'sub_a',
    createdAt: day(0),
    latestInvoiceId: 'in_a',
    invoices: [paidInvoice('in_a', 'sub_a')],
  });
  const second = aSubscription({
    id: 'sub_b',
    planId: 'studio',
    createdAt: day(0, 1),
    latestInvoiceId: 'in_b',
    invoices: [paidInvoice('in_b', 'sub_b')],
  });
  const endOf = (decision: Decision) =>
    decision.effects.find((effect): effect is EndDuplicateEffect => effect.kind === 'end-duplicate');

  test.each([
    ['the older first', [first, second]],
    ['the newer first', [second, first]],
  ])('the older stays, the other is ended and its payment given back, whatever is listed (%s)', (_what, both) => {
    const decision = look(anAccount(), day(0, 2), both);
    expect(decision.state).toMatchObject({ plan: { id: 'team' }, standing: 'active', subscription: { id: 'sub_a' } });
    expect(endOf(decision)).toMatchObject({
      id: 'end-duplicate/sub_b',
      subscriptionId: 'sub_b',
      survivorId: 'sub_a',
      invoiceId: 'in_b',
    });
    expect(kinds(decision.happened)).toContain('duplicate-found');
    expect(viewOf(decision.state, day(0, 2)).duplicates).toMatchObject([
      { subscriptionId: 'sub_b', planName: 'Studio' },
    ]);
  });

  test('the one that governed already stays, be it the newer', () => {
    const only = look(anAccount(), day(0, 2), [second]).state;
    const decision = look(only, day(0, 3), [second, first]);
    expect(decision.state.subscription?.id).toBe('sub_b');
    expect(endOf(decision)?.subscriptionId).toBe('sub_a');
  });

  test('it is asked for once, told once, and the end of the loser changes nothing for the other', () => {
    const found = look(anAccount(), day(0, 2), [second, first]);
    const again = look(found.state, day(0, 3), [second, first]);
    expect(again.effects).toEqual([]);
    const effect = endOf(found);
    if (!effect) throw new Error('Nothing is ended.');
    const ended = afterDuplicate(
      again.state,
      effect,
      { done: 'ended', refunded: { amountCents: 9900, currency: 'usd' } },
      day(0, 4),
    );
    expect(ended.state.outbox).toMatchObject([
      { kind: 'mail', template: 'duplicate-ended', facts: { amountCents: 9900 } },
    ]);
    expect(ended.happened).toMatchObject([{ kind: 'duplicate-ended' }]);
    const slow = look(withEffectsDone(ended.state), day(0, 5), [second, first]);
    expect(slow.effects).toEqual([]);
    const gone = { ...second, status: 'canceled', endedAt: day(0, 4), cancelReason: 'cancellation_requested' };
    const after = look(slow.state, day(0, 6), [gone, first]);
    expect(after.state).toMatchObject({ standing: 'active', plan: { id: 'team' }, duplicates: [] });
    expect([after.effects, after.happened]).toEqual([[], []]);
    expect(after.state.workspaces).toEqual(slow.state.workspaces);
  });

  test('nothing is ended once the one that was to stay owes or is gone, and the other takes its place', () => {
    const found = look(anAccount(), day(0, 2), [second, first]);
    const gone = { ...first, status: 'canceled', endedAt: day(0, 3), cancelReason: 'cancellation_requested' };
    const after = look(found.state, day(0, 3), [second, gone]);
    expect(after.state.outbox).toEqual([]);
    expect(after.state).toMatchObject({ subscription: { id: 'sub_b' }, plan: { id: 'studio' }, duplicates: [] });
  });

  test('that the one to stay was gone when it came to it is decided anew at the next look', () => {
    const found = look(anAccount(), day(0, 2), [second, first]);
    const effect = endOf(found);
    if (!effect) throw new Error('Nothing is ended.');
    const left = afterDuplicate(found.state, effect, { done: 'survivor-gone', refunded: null }, day(0, 3)).state;
    expect(left).toMatchObject({ outbox: [], duplicates: [] });
    expect(ids(look(left, day(0, 4), [second, first]).effects)).toEqual(['end-duplicate/sub_b']);
  });

  test('an add-on beside a plan, and a first payment that is incomplete, are no duplicates', () => {
    const others = [anAddOnSubscription(), { ...second, status: 'incomplete' }, first];
    expect(look(anAccount(), day(0, 2), others).effects).toEqual([]);
  });
});

describe('scenarios 11 and 12: an upgrade that is not paid', () => {
  const upgrade = anInvoice({
    id: 'in_up',
    billingReason: 'subscription_update',
    amountRemainingCents: 7000,
    createdAt: day(5),
  });

  test.each([
    ['declined, with the change pending at Stripe', { planId: 'team' }, 1],
    ['declined, with the new price in place', { planId: 'studio' }, 1],
    ['waits for 3D Secure', { planId: 'team' }, 0],
  ])(
    '%s: the old plan, the old size, no grace; then the old size stays when it expires',
    (_what, changes, attemptCount) => {
      const waiting = aSubscription({ ...changes, latestInvoiceId: 'in_up', invoices: [{ ...upgrade, attemptCount }] });
      const { state, effects } = look(aPayingAccount(), day(5), [waiting]);
      expect(state).toMatchObject({ plan: { id: 'team' }, standing: 'active', dunning: null });
      expect(state.workspaces[0]?.desired.size).toEqual(TEAM_SIZE);
      expect(effects).toEqual([]);
      const expired = aSubscription({ latestInvoiceId: 'in_up', invoices: [{ ...upgrade, status: 'void' }] });
      const after = look(state, day(6), [expired]);
      expect(after.state).toMatchObject({ plan: { id: 'team' }, standing: 'active', debt: null, dunning: null });
      expect(after.state.workspaces).toEqual(state.workspaces);
    },
  );

  test('it grows with the payment, and not before', () => {
    const waiting = aSubscription({ latestInvoiceId: 'in_up', invoices: [upgrade] });
    const before = look(aPayingAccount(), day(5), [waiting]).state;
    const paid = aSubscription({
      planId: 'studio',
      latestInvoiceId: 'in_up',
      invoices: [{ ...upgrade, status: 'paid' }],
    });
    expect(look(before, day(5, 1), [paid]).state.workspaces[0]?.desired.size).toEqual(STUDIO_SIZE);
  });
});

test('scenario 13: a first payment that is incomplete gives nothing, names what is to be paid and until when, and expires cleanly', () => {
  const invoice = anInvoice({ billingReason: 'subscription_create', attemptCount: 0 });
  const begun = aSubscription({
    status: 'incomplete',
    createdAt: day(0),
    currentPeriodStart: day(0),
    invoices: [invoice],
  });
  const { state, effects } = look(anAccount(), day(0, 1), [begun]);
  expect(state).toMatchObject({ plan: { id: 'free' }, standing: 'incomplete', dunning: null, holds: [] });
  expect(state.debt).toMatchObject({ invoiceId: 'in_1', amountCents: 2900 });
  expect(effects).toEqual([]);
  expect(viewOf(state, day(0, 1)).upcoming).toMatchObject([{ kind: 'first-payment-expires', at: day(0, 23) }]);
  const expired = {
    ...begun,
    status: 'incomplete_expired',
    endedAt: day(0, 23),
    invoices: [{ ...invoice, status: 'void' }],
  };
  const after = look(state, day(1), [expired]).state;
  expect(after).toMatchObject({ plan: { id: 'free' }, standing: 'free', debt: null, subscription: null });
  expect(after.workspaces).toEqual(anAccount().workspaces);
});

describe('scenario 14: a cancel at the end of the period', () => {
  test('its date is shown and written down, and so is that it was taken back', () => {
    const { state, happened } = look(aPayingAccount(), day(1), [aSubscription({ cancelAt: day(30) })]);
    expect(happened).toMatchObject([{ kind: 'cancel-planned', text: expect.stringContaining('2026-03-31') }]);
    expect(viewOf(state, day(1))).toMatchObject({
      subscription: { cancelAt: day(30) },
      upcoming: [{ kind: 'ends', at: day(30) }],
    });
    const undone = look(state, day(2), [aSubscription()]);
    expect(kinds(undone.happened)).toEqual(['cancel-undone']);
    expect(kinds(viewOf(undone.state, day(2)).upcoming)).toEqual(['renewal']);
  });

  test('an upgrade that leaves it standing says so', () => {
    const { state } = look(aPayingAccount(), day(1), [aSubscription({ cancelAt: day(30) })]);
    const { happened } = look(state, day(2), [aSubscription({ planId: 'studio', cancelAt: day(30) })]);
    expect(happened).toMatchObject([
      { kind: 'plan-changed', text: expect.stringContaining('still ends on 2026-03-31') },
    ]);
  });

  test('it is shown in grace as well', () => {
    const { state } = look(aPayingAccount(), day(0), [anUnpaidSubscription({ cancelAt: day(3) })]);
    expect(kinds(viewOf(state, day(0)).upcoming)).toContain('ends');
  });
});

describe('scenario 15: a downgrade that a schedule makes later', () => {
  const onStudio = () => look(anAccount(), day(0), [aSubscription({ planId: 'studio' })]).state;
  const planned = aSubscription({ planId: 'studio', plannedChange: { planId: 'team', at: day(30) } });

  test('its date, its plan and what will not fit are shown at once; nothing changes yet', () => {
    const before = onStudio();
    const { state, happened } = look(before, day(1), [planned]);
    expect(state.workspaces).toEqual(before.workspaces);
    expect(viewOf(state, day(1))).toMatchObject({
      plannedChange: {
        plan: { id: 'team', name: 'Team' },
        at: day(30),
        misfits: [{ workspaceId: 'ws_1', from: STUDIO_SIZE, to: TEAM_SIZE }],
      },
    });
    const [change] = viewOf(state, day(1)).upcoming.filter(({ kind }) => kind === 'plan-changes');
    expect(change).toMatchObject({ at: day(30), text: expect.stringContaining('512 MB in place of 2 GB of memory') });
    expect(happened).toMatchObject([{ kind: 'change-planned' }]);
  });

  test('the account wakes up on the day, and the size follows the price', () => {
    const { state, deadlines } = look(onStudio(), day(1), [planned]);
    expect(deadlines).toEqual([day(30)]);
    const late = look(state, day(30), [planned]);
    expect(late.deadlines).toEqual([]);
    expect(late.state.plan.id).toBe('studio');
    const changed = look(late.state, day(30, 1), [aSubscription()]);
    expect(changed.state).toMatchObject({ plan: { id: 'team' }, plannedChange: null });
    expect(changed.state.workspaces[0]?.desired).toMatchObject({ state: 'running', size: TEAM_SIZE });
  });

  test('one that is taken back is told of; one to a price that nobody knows is none', () => {
    const { state } = look(onStudio(), day(1), [planned]);
    expect(kinds(look(state, day(2), [aSubscription({ planId: 'studio' })]).happened)).toEqual(['change-undone']);
    const odd = { ...planned, plannedChange: { planId: null, at: day(30) } };
    expect(look(onStudio(), day(1), [odd]).state.plannedChange).toBeNull();
  });
});

describe('scenario 26: more is wanted in the middle of grace', () => {
  test('the debt comes first, for plans and add-ons alike, and is named', () => {
    const { state } = look(aPayingAccount(), day(0), [anUnpaidSubscription()]);
    const { plans, addOns } = offersFor(catalog, state, day(0));
    const debt = { invoiceId: 'in_1', amountCents: 2900, currency: 'usd' };
    expect(plans.map(({ id, may }) => [id, may.ok ? 'ok' : may.code])).toEqual([
      ['free', 'debt-first'],
      ['team', 'current'],
      ['studio', 'debt-first'],
    ]);
    expect(plans[2]?.may).toMatchObject({ debt });
    expect(addOns[0]?.may).toMatchObject({ ok: false, code: 'debt-first', debt });
    const paid = look(state, day(1), [aSubscription()]).state;
    expect(offersFor(catalog, paid, day(1)).plans[2]?.may).toEqual({ ok: true });
  });
});

describe('scenario 28: support gives more time', () => {
  const inGrace = () => withEffectsDone(look(aPayingAccount(), day(0), [anUnpaidSubscription()]).state);
  const five = { commandId: 'c1', days: 5, reason: 'A new card is on its way.' };

  test('the suspension and all after it come five days later, once for each command; the customer is told why and until when', () => {
    const { state, happened } = extendGrace(inGrace(), five, day(3));
    expect(state.dunning).toMatchObject({ suspendAt: day(12), cancelAt: day(35), deleteAt: day(65) });
    expect(state.outbox).toMatchObject([
      { template: 'grace-extended', facts: { suspendAt: day(12), reason: five.reason, invoiceId: 'in_1' } },
    ]);
    expect(happened).toMatchObject([{ kind: 'grace-extended', text: expect.stringContaining(five.reason) }]);
    expect(extendGrace(state, five, day(3))).toEqual({ state, happened: [] });
    expect(extendGrace(state, { ...five, commandId: 'c2' }, day(3)).state.dunning?.suspendAt).toBe(day(17));
  });

  test('it runs until then and no longer, and no attempt moves the new date', () => {
    const { state } = extendGrace(inGrace(), five, day(3));
    const attempted = anUnpaidSubscription({ invoices: [anInvoice({ attemptCount: 4 })] });
    const before = look(state, day(11, 23), [attempted]).state;
    expect(before).toMatchObject({ standing: 'grace', dunning: { suspendAt: day(12) } });
    expect(viewOf(before, day(11, 23)).upcoming).toContainEqual(
      expect.objectContaining({ kind: 'suspend', at: day(12) }),
    );
    expect(look(before, day(12), [attempted]).state.standing).toBe('suspended');
  });

  test('it is refused where nothing is overdue, and once the workspaces have stopped', () => {
    expect(() => extendGrace(aPayingAccount(), five, day(0))).toThrow('Nothing is overdue');
    const { state } = look(look(inGrace(), day(2), [anUnpaidSubscription()]).state, day(7), [anUnpaidSubscription()]);
    expect(() => extendGrace(state, five, day(7))).toThrow('is over');
  });
});

describe('scenario 29: a dispute', () => {
  const dispute = (status: string) => [{ id: 'dp_1', status, createdAt: day(0) }];
  const opened = () => look(aPayingAccount(), day(0), [aSubscription()], { disputes: dispute('needs_response') });
  const holds = (state: AccountState) => state.holds.map(({ name }) => name);

  test('that is open stops the workspaces, tells why, and goes on while the bank decides', () => {
    const { state, effects, happened } = opened();
    expect(holds(state)).toEqual(['dispute']);
    expect(state.workspaces[0]?.desired.state).toBe('stopped');
    expect(ids(effects)).toEqual(['mail/payment-disputed/dp_1']);
    expect(kinds(happened)).toEqual(['dispute-opened']);
    const later = look(state, day(1), [aSubscription()], { disputes: dispute('under_review') });
    expect([holds(later.state), later.effects, later.happened]).toEqual([['dispute'], [], []]);
    expect(holds(look(later.state, day(2), [aSubscription()]).state)).toEqual(['dispute']);
  });

  test('that is won lifts its hold, and what ran runs', () => {
    const { state, happened } = look(opened().state, day(1), [aSubscription()], { disputes: dispute('won') });
    expect([holds(state), kinds(happened)]).toEqual([[], ['dispute-won']]);
    expect(state.workspaces[0]?.desired.state).toBe('running');
  });

  test('that is lost holds until support lifts it, and no look places it again', () => {
    const lost = look(opened().state, day(1), [aSubscription()], { disputes: dispute('lost') });
    expect([holds(lost.state), kinds(lost.happened)]).toEqual([['dispute'], ['dispute-lost']]);
    expect(lost.state.holds[0]?.reason).toContain('support');
    const lifted = liftHold(lost.state, { commandId: 'c', hold: 'dispute' }, day(2)).state;
    const after = look(lifted, day(3), [aSubscription()], { disputes: dispute('lost') });
    expect([holds(after.state), after.happened]).toEqual([[], []]);
  });

  test.each(['warning_needs_response', 'warning_under_review', 'some_day'])(
    'that is only a question (%s) holds nothing',
    (status) => {
      const { state, happened } = look(aPayingAccount(), day(0), [aSubscription()], { disputes: dispute(status) });
      expect([state.holds, happened]).toEqual([[], []]);
    },
  );

  test('that was lost before it was first seen holds nothing', () => {
    const { state, happened } = look(aPayingAccount(), day(0), [aSubscription()], { disputes: dispute('lost') });
    expect([state.holds, happened]).toEqual([[], []]);
  });

  test('that is won leaves the hold that support had placed by that name', () => {
    const byHand = placeHold(aPayingAccount(), { commandId: 'c', hold: 'dispute', reason: 'By hand.' }, day(0)).state;
    const open = look(byHand, day(1), [aSubscription()], { disputes: dispute('needs_response') }).state;
    const { state } = look(open, day(2), [aSubscription()], { disputes: dispute('won') });
    expect(state.holds).toMatchObject([{ name: 'dispute', reason: 'By hand.' }]);
  });
});

describe('scenario 29: a full refund of the current period', () => {
  const refunded = aSubscription({ refundedInvoiceId: 'in_1' });

  test('ends the cover, as a cancel of the customer does, and says why', () => {
    const { state, happened, effects } = look(aPayingAccount(), day(0), [refunded]);
    expect(state).toMatchObject({ standing: 'free', plan: { id: 'free' }, subscription: null, dunning: null });
    expect(state.workspaces[0]?.desired).toMatchObject({ state: 'running', size: FREE_SIZE });
    expect(kinds(happened)).toEqual(['plan-changed', 'refunded']);
    expect(effects).toEqual([]);
    const stops = aCatalog({ onCancel: 'stop-services' });
    expect(look(aPayingAccount(stops), day(0), [refunded], {}, stops).state.standing).toBe('canceled');
  });

  test('the next period that is paid covers again', () => {
    const { state } = look(aPayingAccount(), day(0), [refunded]);
    expect(look(state, day(30), [aSubscription({ latestInvoiceId: 'in_2' })]).state).toMatchObject({
      standing: 'active',
      plan: { id: 'team' },
    });
  });

  test('of an add-on takes what it gave and nothing else', () => {
    const both = [aSubscription(), anAddOnSubscription()];
    const before = look(aPayingAccount(), day(0), both).state;
    const { state } = look(before, day(1), [aSubscription(), anAddOnSubscription({ refundedInvoiceId: 'in_micro' })]);
    expect(state).toMatchObject({ addOns: [], standing: 'active', plan: { id: 'team' } });
  });
});

test('scenario 30: a pause of collection that keeps access is shown, and so is its end', () => {
  const paused = look(aPayingAccount(), day(1), [aSubscription({ collectionPaused: true })]);
  expect(paused.state).toMatchObject({ standing: 'active', holds: [], subscription: { collectionPaused: true } });
  expect(kinds(paused.happened)).toEqual(['collection-paused']);
  expect(kinds(look(paused.state, day(2), [aSubscription()]).happened)).toEqual(['collection-resumed']);
});

describe('scenario 6: an account gets its customer', () => {
  const unlinked = () => anAccount({ stripeCustomerId: null });
  const command = { commandId: 'c', stripeCustomerId: 'cus_9' };

  test('once; another customer is refused', () => {
    const { state, happened } = linkCustomer(unlinked(), command, day(0));
    expect(state.stripeCustomerId).toBe('cus_9');
    expect(kinds(happened)).toEqual(['customer-linked']);
    expect(linkCustomer(state, { ...command, commandId: 'd' }, day(1))).toEqual({ state, happened: [] });
    expect(() => linkCustomer(state, { ...command, stripeCustomerId: 'cus_8' }, day(1))).toThrow('cus_9');
  });

  test('and what the customer has counts, but old invoices are not sent', () => {
    const before = look(unlinked(), day(-10), []).state;
    const { state } = linkCustomer(before, command, day(0));
    const old = { id: 'in_1', finalizedAt: day(-1), amountCents: 2900, currency: 'usd' };
    const { state: after, effects } = look(state, day(0, 1), [aSubscription()], { finalizedInvoices: [old] });
    expect([after.plan.id, effects]).toEqual(['team', []]);
  });
});

describe('a card that is about to expire', () => {
  const expiresAt = cardExpiresAt(4, 2026);
  const card = { id: 'pm_1', expiresAt };

  test('is good to the end of its month', () => {
    expect([cardExpiresAt(4, 2026), cardExpiresAt(12, 2027)]).toEqual([
      '2026-05-01T00:00:00.000Z',
      '2028-01-01T00:00:00.000Z',
    ]);
  });

  test('is told of a month and a week before, once each, and the account wakes up for it', () => {
    const first = look(aPayingAccount(), day(0), [aSubscription()], { card });
    expect([first.effects, first.deadlines]).toEqual([[], ['2026-04-01T00:00:00.000Z', '2026-04-24T00:00:00.000Z']]);
    const month = look(first.state, day(31), [aSubscription()], { card });
    expect(ids(month.effects)).toEqual(['mail/card-expiring/pm_1/2026-05/day-30']);
    const week = look(withEffectsDone(month.state), day(54), [aSubscription()], { card });
    expect(ids(week.effects)).toEqual(['mail/card-expiring/pm_1/2026-05/day-7']);
    const after = look(withEffectsDone(week.state), day(55), [aSubscription()], { card });
    expect([after.effects, deadlinesOf(after.state)]).toEqual([[], []]);
  });

  test('a new card, or a new date, drops what waits and begins anew', () => {
    const told = look(aPayingAccount(), day(31), [aSubscription()], { card }).state;
    for (const next of [
      { id: 'pm_2', expiresAt: cardExpiresAt(1, 2030) },
      { id: 'pm_1', expiresAt: cardExpiresAt(4, 2029) },
    ]) {
      const { state } = look(told, day(32), [aSubscription()], { card: next });
      expect(state.outbox).toEqual([]);
      expect(state.cardWarnings).toMatchObject({ toldDays: [] });
    }
  });

  test.each([
    ['nothing will be charged', [aSubscription({ cancelAt: day(40) })], card],
    ['there is no subscription', [], card],
    ['it has expired already', [aSubscription()], { id: 'pm_1', expiresAt: day(10) }],
    ['it never expires', [aSubscription()], { id: 'pm_1', expiresAt: null }],
  ])('is not told of where %s', (_what, subscriptions, of) => {
    expect(ids(look(aPayingAccount(), day(32), subscriptions, { card: of }).effects)).toEqual([]);
  });
});

describe('an invoice', () => {
  const invoice = (id: string, at: string, amountCents = 2900) => ({
    id,
    finalizedAt: at,
    amountCents,
    currency: 'usd',
  });

  test('is sent once it is final, once, for as long as it is shown', () => {
    const { state, effects } = look(aPayingAccount(), day(0, 1), [aSubscription()], {
      finalizedInvoices: [invoice('in_1', day(0))],
    });
    expect(effects).toMatchObject([
      { id: 'mail/invoice/in_1', template: 'invoice', facts: { invoiceId: 'in_1', amountCents: 2900 } },
    ]);
    const next = look(withEffectsDone(state), day(30, 1), [aSubscription()], {
      finalizedInvoices: [invoice('in_2', day(30)), invoice('in_1', day(0))],
    });
    expect(ids(next.effects)).toEqual(['mail/invoice/in_2']);
    expect(look(next.state, day(80), [aSubscription()]).state.toldInvoices).toEqual([]);
  });

  test('of the very second of the first look is sent where that look did not show it yet', () => {
    const second = addMs(day(0), 400);
    const history = invoice('in_0', day(0));
    const first = look(anAccount(), second, [], { finalizedInvoices: [history] });
    expect(ids(first.effects)).toEqual([]);
    const next = look(first.state, addMs(second, 300), [aSubscription()], {
      finalizedInvoices: [invoice('in_1', day(0)), history],
    });
    expect(ids(next.effects)).toEqual(['mail/invoice/in_1']);
    const again = look(withEffectsDone(next.state), day(1), [aSubscription()], {
      finalizedInvoices: [invoice('in_1', day(0)), history],
    });
    expect(ids(again.effects)).toEqual([]);
  });

  test('from before the account was first looked at, or over nothing, is not sent', () => {
    const finalizedInvoices = [invoice('in_0', day(-40)), invoice('in_1', day(-29), 0)];
    const first = look(anAccount(), day(-30), [aSubscription()], { finalizedInvoices });
    expect(first.effects).toEqual([]);
    expect(look(first.state, day(-28), [aSubscription()], { finalizedInvoices }).effects).toEqual([]);
  });
});

test('nothing of cards and links is in a state, a view or an effect', () => {
  const { state } = look(aPayingAccount(), day(0), [anUnpaidSubscription()], {
    card: { id: 'pm_1', expiresAt: day(20) },
  });
  const text = JSON.stringify([state, viewOf(state, day(0))]);
  for (const personal of ['last4', 'brand', 'payUrl', 'https://']) expect(text).not.toContain(personal);
});
