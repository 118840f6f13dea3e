import type Stripe from 'stripe';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { eventTypes } from './hosted-pages.ts';
import { changeCard, iso, type RunningSimulator, runSimulator, seconds, subscribe } from './running-simulator.ts';

vi.setConfig({ testTimeout: 30_000 });

// January 11th to February 11th: 31 days.
const START = '2026-01-11T00:00:00Z';
let simulator: RunningSimulator;
let stripe: Stripe;
beforeAll(async () => {
  simulator = await runSimulator({
    policy: { retryAfterDays: [3, 5, 7], afterLastRetry: 'leave_past_due', upcomingDays: 7 },
  });
  stripe = simulator.stripe;
});
afterAll(() => simulator.stop());

const advance = (clock: string, to: string) => simulator.control('POST', `/_sim/clocks/${clock}/advance`, { to });
const priceOf = async (amount: number, interval: 'month' | 'year' = 'month') => {
  const product = await stripe.products.create({ name: 'Other plan' });
  return stripe.prices.create({ product: product.id, currency: 'usd', unit_amount: amount, recurring: { interval } });
};
const itemOf = (subscription: Stripe.Subscription) => {
  const [item] = subscription.items.data;
  if (!item) throw new Error('no item');
  return item;
};

test('a preview says what an upgrade costs now, or on the next invoice, to the cent that it then costs; and changes nothing', async () => {
  const { clock, customer, subscription } = await subscribe(stripe, { at: START });
  const dearer = await priceOf(6000);
  await advance(clock.id, '2026-01-21T06:00:00Z');
  const events = (await eventTypes(stripe, customer.id)).length;
  const items = [{ id: itemOf(subscription).id, price: dearer.id }];
  const preview = (proration_behavior: 'always_invoice' | 'create_prorations' | 'none') =>
    stripe.invoices.createPreview({
      subscription: subscription.id,
      subscription_details: { items, proration_behavior },
    });
  expect(await preview('always_invoice')).toMatchObject({
    amount_due: 2075,
    status: 'draft',
    billing_reason: 'upcoming',
  });
  const later = await preview('create_prorations');
  expect(later.lines.data.map(({ amount }) => amount)).toEqual([-1941, 4016, 6000]);
  expect((await preview('none')).amount_due).toBe(6000);
  expect((await eventTypes(stripe, customer.id)).length).toBe(events);
  expect((await stripe.invoices.list({ customer: customer.id })).data).toHaveLength(1);
  await stripe.subscriptions.update(subscription.id, { items, proration_behavior: 'always_invoice' });
  expect((await stripe.invoices.list({ customer: customer.id })).data[0]?.amount_paid).toBe(2075);

  const fresh = await stripe.invoices.createPreview({
    customer: customer.id,
    subscription_details: { items: [{ price: dearer.id, quantity: 2 }] },
  });
  expect(fresh.amount_due).toBe(12000);
  await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
  await expect(stripe.invoices.createPreview({ subscription: subscription.id })).rejects.toMatchObject({
    code: 'invoice_upcoming_none',
  });
});

test('a renewal is announced days ahead, once, by an invoice without an id, unless there is none', async () => {
  const { clock, customer, subscription } = await subscribe(stripe, { at: START });
  await advance(clock.id, '2026-02-04T00:00:00Z');
  await advance(clock.id, '2026-02-05T00:00:00Z');
  const upcoming = (await stripe.events.list({ type: 'invoice.upcoming' })).data.filter(
    (event) => (event.data.object as Stripe.Invoice).customer === customer.id,
  );
  expect(upcoming).toHaveLength(1);
  expect(upcoming[0]?.data.object).not.toHaveProperty('id');
  expect(upcoming[0]?.data.object).toMatchObject({ amount_due: 2900 });
  await advance(clock.id, '2026-02-12T00:00:00Z');
  await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
  await advance(clock.id, '2026-03-12T00:00:00Z');
  expect((await eventTypes(stripe, customer.id)).filter((type) => type === 'invoice.upcoming')).toHaveLength(1);
});

test('a downgrade is planned for the period’s end, and the renewal charges the new price', async () => {
  const { clock, customer, price, subscription } = await subscribe(stripe, { at: START });
  const cheaper = await priceOf(900);
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: subscription.id });
  const [now] = schedule.phases;
  expect(schedule).toMatchObject({
    status: 'active',
    end_behavior: 'release',
    phases: [{ items: [{ price: price.id }] }],
  });
  expect((await stripe.subscriptions.retrieve(subscription.id)).schedule).toBe(schedule.id);
  const planned = await stripe.subscriptionSchedules.update(schedule.id, {
    phases: [
      { items: [{ price: price.id, quantity: 1 }], start_date: now?.start_date, end_date: now?.end_date },
      { items: [{ price: cheaper.id, quantity: 1 }], duration: { interval: 'month' }, proration_behavior: 'none' },
    ],
  });
  expect(planned.phases.map(({ end_date }) => iso(end_date))).toEqual([
    '2026-02-11T00:00:00.000Z',
    '2026-03-11T00:00:00.000Z',
  ]);
  await expect(stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true })).rejects.toMatchObject({
    statusCode: 400,
  });
  expect(itemOf(await stripe.subscriptions.retrieve(subscription.id)).price.unit_amount).toBe(2900);

  await advance(clock.id, '2026-02-11T01:00:00Z');
  const changed = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice'] });
  expect(itemOf(changed)).toMatchObject({ id: itemOf(subscription).id, price: { id: cheaper.id } });
  expect(changed.latest_invoice).toMatchObject({ status: 'paid', amount_paid: 900 });
  await advance(clock.id, '2026-03-11T01:00:00Z');
  expect(await stripe.subscriptionSchedules.retrieve(schedule.id)).toMatchObject({
    status: 'completed',
    released_subscription: subscription.id,
  });
  expect((await stripe.subscriptions.retrieve(subscription.id)).schedule).toBeNull();
  expect((await eventTypes(stripe, customer.id)).filter((type) => type.startsWith('subscription_schedule'))).toEqual([
    'subscription_schedule.created',
    'subscription_schedule.updated',
    'subscription_schedule.updated',
    'subscription_schedule.completed',
  ]);
});

test('a planned downgrade is taken back by a release, and a cancelled schedule ends its subscription', async () => {
  const { clock, price, subscription } = await subscribe(stripe, { at: START });
  const cheaper = await priceOf(900);
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: subscription.id });
  await expect(stripe.subscriptionSchedules.create({ from_subscription: subscription.id })).rejects.toMatchObject({
    param: 'from_subscription',
  });
  await stripe.subscriptionSchedules.update(schedule.id, {
    phases: [
      {
        items: [{ price: price.id }],
        start_date: schedule.phases[0]?.start_date,
        end_date: schedule.phases[0]?.end_date,
      },
      { items: [{ price: cheaper.id }] },
    ],
  });
  expect((await stripe.subscriptionSchedules.release(schedule.id)).status).toBe('released');
  await expect(stripe.subscriptionSchedules.release(schedule.id)).rejects.toMatchObject({ statusCode: 400 });
  await advance(clock.id, '2026-02-11T01:00:00Z');
  expect(itemOf(await stripe.subscriptions.retrieve(subscription.id)).price.unit_amount).toBe(2900);

  const again = await stripe.subscriptionSchedules.create({ from_subscription: subscription.id });
  expect((await stripe.subscriptionSchedules.cancel(again.id)).status).toBe('canceled');
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('canceled');
  expect((await stripe.subscriptionSchedules.list({ customer: subscription.customer as string })).data).toHaveLength(2);
});

test('what a trial’s end has paused is resumed by a payment, and stays paused until then', async () => {
  const { clock, price } = await subscribe(stripe, { at: START });
  const customer = await stripe.customers.create({ test_clock: clock.id });
  const trial = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    trial_period_days: 7,
    trial_settings: { end_behavior: { missing_payment_method: 'pause' } },
  });
  await expect(stripe.subscriptions.resume(trial.id)).rejects.toMatchObject({ statusCode: 400 });
  await advance(clock.id, '2026-01-20T00:00:00Z');
  await changeCard(stripe, customer.id, 'pm_card_chargeCustomerFail');
  expect((await stripe.subscriptions.resume(trial.id)).status).toBe('paused');
  await advance(clock.id, '2026-01-20T01:00:00Z');
  const waiting = await stripe.subscriptions.retrieve(trial.id, { expand: ['latest_invoice'] });
  expect(waiting).toMatchObject({ status: 'paused', latest_invoice: { status: 'open', attempt_count: 1 } });
  await changeCard(stripe, customer.id, 'pm_card_visa');
  await stripe.invoices.pay((waiting.latest_invoice as Stripe.Invoice).id);
  const resumed = await stripe.subscriptions.retrieve(trial.id);
  expect(resumed.status).toBe('active');
  expect(iso(itemOf(resumed).current_period_end)).toBe('2026-02-20T00:00:00.000Z');
  const types = await eventTypes(stripe, customer.id);
  expect(types).toContain('customer.subscription.paused');
  expect(types.at(-1)).toBe('customer.subscription.resumed');
});

test('events are found by type, by types and by time, and none is older than thirty days', async () => {
  let wallMs = Date.parse('2026-06-01T00:00:00Z');
  const other = await runSimulator({ wallMs: () => wallMs });
  try {
    const early = await other.stripe.customers.create({ name: 'Early' });
    wallMs += 31 * 86_400_000;
    const late = await other.stripe.customers.create({ name: 'Late' });
    await other.stripe.customers.update(late.id, { name: 'Later' });
    const all = (await other.stripe.events.list()).data.map(({ type }) => type);
    expect(all).toEqual(['customer.updated', 'customer.created']);
    expect((await other.stripe.events.list({ types: ['customer.updated', 'x.y'] })).data).toHaveLength(1);
    const since = seconds('2026-06-15T00:00:00Z');
    expect((await other.stripe.events.list({ type: 'customer.*', created: { gte: since } })).data).toHaveLength(2);
    expect(await other.stripe.customers.retrieve(early.id)).toMatchObject({ name: 'Early' });
  } finally {
    await other.stop();
  }
});
