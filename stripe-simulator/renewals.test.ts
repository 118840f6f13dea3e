import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { changeCard, iso, type RunningSimulator, runSimulator, subscribe } from './running-simulator.ts';

// Other parts may load the machine while this runs.
vi.setConfig({ testTimeout: 30_000 });

let simulator: RunningSimulator;
beforeAll(async () => {
  simulator = await runSimulator();
});
afterAll(() => simulator.stop());

interface ClockAnswer {
  now: string;
  nextDueAt: string | null;
}

const advance = (clock: string, to: string) =>
  simulator.control<ClockAnswer>('POST', `/_sim/clocks/${clock}/advance`, { to });
const clockAt = (clock: string) => simulator.control<ClockAnswer>('GET', `/_sim/clocks/${clock}`);

async function eventsOf(customer: string) {
  const events = await simulator.stripe.events.list({ limit: 100 });
  return events.data
    .filter((event) => {
      const object = event.data.object as { id?: string; customer?: string };
      return object.customer === customer || object.id === customer;
    })
    .reverse();
}

test('a renewal is drafted at the period end, finalised and paid an hour later, and active all along', async () => {
  const { stripe } = simulator;
  const { clock, customer, subscription } = await subscribe(stripe, { at: '2026-01-10T12:00:00Z' });
  expect(subscription.status).toBe('active');
  expect(subscription.livemode).toBe(false);
  expect((await clockAt(clock.id)).nextDueAt, 'announced a week before').toBe('2026-02-03T12:00:00.000Z');
  await advance(clock.id, '2026-02-03T12:00:00Z');
  expect((await eventsOf(customer.id)).map(({ type }) => type)).toContain('invoice.upcoming');
  expect((await clockAt(clock.id)).nextDueAt).toBe('2026-02-10T12:00:00.000Z');

  const before = (await eventsOf(customer.id)).length;
  await advance(clock.id, '2026-02-10T12:00:00Z');
  const drafted = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice'] });
  const draft = drafted.latest_invoice;
  if (draft === null || typeof draft === 'string') throw new Error('latest_invoice was not expanded');
  expect(drafted.status).toBe('active');
  expect(draft.status).toBe('draft');
  expect(draft.billing_reason).toBe('subscription_cycle');
  expect(draft.parent?.subscription_details?.subscription).toBe(subscription.id);
  expect(iso(draft.automatically_finalizes_at)).toBe('2026-02-10T13:00:00.000Z');
  expect(iso(drafted.items.data[0]?.current_period_start)).toBe('2026-02-10T12:00:00.000Z');
  expect(iso(drafted.items.data[0]?.current_period_end)).toBe('2026-03-10T12:00:00.000Z');
  expect((await clockAt(clock.id)).nextDueAt).toBe('2026-02-10T13:00:00.000Z');

  await advance(clock.id, '2026-02-10T13:00:00Z');
  const paid = await stripe.invoices.retrieve(draft.id, { expand: ['payments'] });
  expect(paid).toMatchObject({ status: 'paid', amount_paid: 2900, amount_remaining: 0, attempt_count: 1 });
  expect(iso(paid.status_transitions.finalized_at)).toBe('2026-02-10T13:00:00.000Z');
  expect(iso(paid.status_transitions.paid_at)).toBe('2026-02-10T13:00:00.000Z');
  expect(paid.payments?.data[0]?.status).toBe('paid');

  const events = (await eventsOf(customer.id)).slice(before);
  expect(events.map((event) => event.type)).toEqual([
    'invoice.created',
    'customer.subscription.updated',
    'payment_intent.created',
    'invoice.finalized',
    'charge.succeeded',
    'payment_intent.succeeded',
    'invoice.updated',
    'invoice.paid',
    'invoice.payment_succeeded',
  ]);
  expect(events[1]?.data.previous_attributes).toHaveProperty('latest_invoice');
  expect(events.every((event) => event.api_version === '2026-10-28.endive')).toBe(true);
});

test('a failing renewal goes past due, is retried on days 3, 8 and 15 and is left past due', async () => {
  const { stripe } = simulator;
  const { clock, customer, subscription } = await subscribe(stripe, { at: '2026-01-10T12:00:00Z' });
  await changeCard(stripe, customer.id, 'pm_card_chargeCustomerFail');
  await advance(clock.id, '2026-02-10T13:00:00Z');

  const failed = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice'] });
  expect(failed.status).toBe('past_due');
  const invoice = failed.latest_invoice as { id: string };
  const attempts: [number, string | null][] = [];
  for (;;) {
    const now = await stripe.invoices.retrieve(invoice.id);
    attempts.push([now.attempt_count, iso(now.next_payment_attempt)]);
    if (now.next_payment_attempt === null) break;
    await advance(clock.id, new Date(now.next_payment_attempt * 1000).toISOString());
  }
  expect(attempts).toEqual([
    [1, '2026-02-13T13:00:00.000Z'],
    [2, '2026-02-18T13:00:00.000Z'],
    [3, '2026-02-25T13:00:00.000Z'],
    [4, null],
  ]);
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('past_due');

  const failures = (await eventsOf(customer.id)).filter((event) => event.type === 'invoice.payment_failed');
  expect(failures.map((event) => iso(event.created))).toEqual([
    '2026-02-10T13:00:00.000Z',
    '2026-02-13T13:00:00.000Z',
    '2026-02-18T13:00:00.000Z',
    '2026-02-25T13:00:00.000Z',
  ]);
});

test('a good card collects nothing by itself; the next retry succeeds and the subscription recovers', async () => {
  const { stripe } = simulator;
  const { clock, customer, subscription } = await subscribe(stripe, { at: '2026-01-10T12:00:00Z' });
  await changeCard(stripe, customer.id, 'pm_card_chargeCustomerFail');
  await advance(clock.id, '2026-02-10T13:00:00Z');
  await changeCard(stripe, customer.id, 'pm_card_mastercard');
  await advance(clock.id, '2026-02-13T12:59:59Z');
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('past_due');
  await advance(clock.id, '2026-02-13T13:00:00Z');
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
});

test('paying by request is declined with 402 or makes the subscription active again, without moving the retries', async () => {
  const { stripe } = simulator;
  const { clock, customer, subscription } = await subscribe(stripe, { at: '2026-01-10T12:00:00Z' });
  await changeCard(stripe, customer.id, 'pm_card_chargeCustomerFail');
  await advance(clock.id, '2026-02-10T13:00:00Z');
  const [open] = (await stripe.invoices.list({ subscription: subscription.id, status: 'open' })).data;
  if (!open) throw new Error('no open invoice');
  await expect(stripe.invoices.pay(open.id)).rejects.toMatchObject({
    type: 'StripeCardError',
    code: 'card_declined',
    decline_code: 'generic_decline',
    statusCode: 402,
  });
  const after = await stripe.invoices.retrieve(open.id);
  expect([after.attempt_count, after.next_payment_attempt]).toEqual([open.attempt_count, open.next_payment_attempt]);

  const good = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  const paid = await stripe.invoices.pay(open.id, { payment_method: good.id });
  expect(paid.status).toBe('paid');
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
  expect((await stripe.customers.retrieve(customer.id)) as object).toMatchObject({ delinquent: false });
});

test('the latest invoice decides: paying the older of two leaves the subscription past due', async () => {
  const { stripe } = simulator;
  const { clock, customer, subscription } = await subscribe(stripe, { at: '2026-01-10T12:00:00Z' });
  await changeCard(stripe, customer.id, 'pm_card_chargeCustomerFail');
  await advance(clock.id, '2026-03-10T13:00:00Z');
  const [latest, older] = (await stripe.invoices.list({ customer: customer.id, status: 'open' })).data;
  if (!latest || !older) throw new Error('two open invoices were expected');
  await changeCard(stripe, customer.id, 'pm_card_visa');
  await stripe.invoices.pay(older.id);
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('past_due');
  await stripe.invoices.pay(latest.id);
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
});

test('a subscription from January 31st renews on the last day of short months and on the 31st again', async () => {
  const { stripe } = simulator;
  const { clock, subscription } = await subscribe(stripe, { at: '2028-01-31T23:30:00Z' });
  const ends: (string | null)[] = [];
  for (let month = 0; month < 4; month += 1) {
    const current = await stripe.subscriptions.retrieve(subscription.id);
    const end = current.items.data[0]?.current_period_end ?? 0;
    ends.push(iso(end));
    await advance(clock.id, new Date(end * 1000).toISOString());
  }
  expect(ends).toEqual([
    '2028-02-29T23:30:00.000Z',
    '2028-03-31T23:30:00.000Z',
    '2028-04-30T23:30:00.000Z',
    '2028-05-31T23:30:00.000Z',
  ]);
});

test('a trial is announced three days before it ends, then billed', async () => {
  const { stripe } = simulator;
  const { clock, customer, subscription } = await subscribe(stripe, {
    at: '2026-01-01T00:00:00Z',
    subscription: { trial_period_days: 14 },
  });
  expect(subscription.status).toBe('trialing');
  // Its first payment is announced as well, a week before.
  expect((await advance(clock.id, '2026-01-08T00:00:00Z')).nextDueAt).toBe('2026-01-12T00:00:00.000Z');
  await advance(clock.id, '2026-01-15T01:00:00Z');
  const after = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice'] });
  expect(after.status).toBe('active');
  expect(after.latest_invoice).toMatchObject({ status: 'paid', amount_paid: 2900 });
  const types = (await eventsOf(customer.id)).map((event) => event.type);
  expect(types).toContain('customer.subscription.trial_will_end');
});

test('a first payment that fails leaves it incomplete, without retries, and it expires after 23 hours', async () => {
  const { stripe } = simulator;
  const { clock, subscription } = await subscribe(stripe, {
    at: '2026-01-01T00:00:00Z',
    card: 'pm_card_chargeCustomerFail',
  });
  expect(subscription.status).toBe('incomplete');
  expect((await clockAt(clock.id)).nextDueAt).toBe('2026-01-01T23:00:00.000Z');
  await advance(clock.id, '2026-01-02T00:00:00Z');
  const expired = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice'] });
  expect(expired.status).toBe('incomplete_expired');
  expect(expired.latest_invoice).toMatchObject({ status: 'void' });
  expect((await clockAt(clock.id)).nextDueAt).toBeNull();
});

test('error_if_incomplete makes nothing when the card is declined', async () => {
  const { stripe } = simulator;
  const { customer, price } = await subscribe(stripe, { at: '2026-01-01T00:00:00Z' });
  await changeCard(stripe, customer.id, 'pm_card_chargeCustomerFail');
  const create = stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    payment_behavior: 'error_if_incomplete',
  });
  await expect(create).rejects.toMatchObject({ statusCode: 402, code: 'card_declined' });
  expect((await stripe.subscriptions.list({ customer: customer.id, status: 'all' })).data).toHaveLength(1);
});

test('a cancel at period end shows its date, can be taken back, and ends the subscription at that instant', async () => {
  const { stripe } = simulator;
  const { clock, subscription } = await subscribe(stripe, { at: '2026-01-10T12:00:00Z' });
  const planned = await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
  expect(iso(planned.cancel_at)).toBe('2026-02-10T12:00:00.000Z');
  const undone = await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: false });
  expect([undone.cancel_at, undone.canceled_at]).toEqual([null, null]);
  await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
  await advance(clock.id, '2026-02-11T00:00:00Z');
  const ended = await stripe.subscriptions.retrieve(subscription.id);
  expect(ended.status).toBe('canceled');
  expect(iso(ended.ended_at)).toBe('2026-02-10T12:00:00.000Z');
  expect((await stripe.invoices.list({ subscription: subscription.id })).data).toHaveLength(1);
});

test('cancelling stops collection of open invoices, and paying one later resurrects nothing', async () => {
  const { stripe } = simulator;
  const { clock, customer, subscription } = await subscribe(stripe, { at: '2026-01-10T12:00:00Z' });
  await changeCard(stripe, customer.id, 'pm_card_chargeCustomerFail');
  await advance(clock.id, '2026-02-10T13:00:00Z');
  await stripe.subscriptions.cancel(subscription.id, { cancellation_details: { comment: 'unpaid' } });
  expect((await clockAt(clock.id)).nextDueAt).toBeNull();
  const [open] = (await stripe.invoices.list({ subscription: subscription.id, status: 'open' })).data;
  if (!open) throw new Error('no open invoice');
  await changeCard(stripe, customer.id, 'pm_card_visa');
  await stripe.invoices.pay(open.id);
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('canceled');
});

test('paused collection drafts, voids or writes off, and the subscription stays active', async () => {
  const { stripe } = simulator;
  const outcomes = { keep_as_draft: 'draft', void: 'void', mark_uncollectible: 'uncollectible' } as const;
  for (const [behavior, outcome] of Object.entries(outcomes)) {
    const { clock, subscription } = await subscribe(stripe, { at: '2026-01-10T12:00:00Z' });
    await stripe.subscriptions.update(subscription.id, {
      pause_collection: { behavior: behavior as keyof typeof outcomes },
    });
    await advance(clock.id, '2026-02-11T00:00:00Z');
    const paused = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice'] });
    expect([paused.status, (paused.latest_invoice as { status?: string }).status]).toEqual(['active', outcome]);
  }
});
