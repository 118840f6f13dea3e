import type Stripe from 'stripe';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { changeCard, iso, type RunningSimulator, runSimulator, subscribe } from './running-simulator.ts';

// Other parts may load the machine while this runs.
vi.setConfig({ testTimeout: 30_000 });

let simulator: RunningSimulator;
let stripe: Stripe;
beforeAll(async () => {
  simulator = await runSimulator();
  stripe = simulator.stripe;
});
afterAll(() => simulator.stop());

// January 11th to February 11th: 31 days.
const START = '2026-01-11T00:00:00Z';
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
const latest = async (subscription: string) => {
  const { latest_invoice } = await stripe.subscriptions.retrieve(subscription, { expand: ['latest_invoice'] });
  if (!latest_invoice || typeof latest_invoice === 'string') throw new Error('not expanded');
  return latest_invoice;
};
const typesOf = async (id: string) =>
  (await stripe.events.list({ limit: 100 })).data
    .filter((event) => (event.data.object as { id?: string }).id === id)
    .map(({ type }) => type);

test('an upgrade with always_invoice charges the rest of the period at once, to the second', async () => {
  const { clock, subscription } = await subscribe(stripe, { at: START });
  const dearer = await priceOf(6000);
  await advance(clock.id, '2026-01-21T06:00:00Z');
  const { id } = itemOf(subscription);
  const changed = await stripe.subscriptions.update(subscription.id, {
    items: [{ id, price: dearer.id }],
    proration_behavior: 'always_invoice',
  });
  expect(itemOf(changed)).toMatchObject({ id, quantity: 1, price: { id: dearer.id } });
  const invoice = await latest(subscription.id);
  // 20 days and 18 hours of 31 days are left: 0.669354…
  expect(invoice.lines.data.map(({ amount }) => amount)).toEqual([-1941, 4016]);
  expect(invoice.lines.data.every((line) => line.parent?.subscription_item_details?.proration)).toBe(true);
  expect(invoice).toMatchObject({ status: 'paid', amount_paid: 2075, billing_reason: 'subscription_update' });
  expect(iso(itemOf(changed).current_period_end)).toBe('2026-02-11T00:00:00.000Z');
});

test('create_prorations, the default, waits for the next invoice; none charges nothing', async () => {
  const { clock, subscription } = await subscribe(stripe, { at: START });
  await advance(clock.id, '2026-01-26T12:00:00Z');
  const items = [{ id: itemOf(subscription).id, quantity: 2 }];
  await stripe.subscriptions.update(subscription.id, { items });
  expect((await stripe.invoices.list({ subscription: subscription.id })).data).toHaveLength(1);
  await advance(clock.id, '2026-02-11T01:00:00Z');
  expect((await latest(subscription.id)).lines.data.map(({ amount }) => amount)).toEqual([-1450, 2900, 5800]);
  expect((await latest(subscription.id)).amount_paid).toBe(7250);

  await stripe.subscriptions.update(subscription.id, {
    items: items.map(({ id }) => ({ id, quantity: 1 })),
    proration_behavior: 'none',
  });
  await advance(clock.id, '2026-03-11T01:00:00Z');
  expect((await latest(subscription.id)).lines.data.map(({ amount }) => amount)).toEqual([2900]);
});

test('a downgrade leaves a credit that later invoices use', async () => {
  const { clock, customer, subscription } = await subscribe(stripe, { at: START });
  const cheaper = await priceOf(900);
  await advance(clock.id, '2026-01-26T12:00:00Z');
  await stripe.subscriptions.update(subscription.id, {
    items: [{ id: itemOf(subscription).id, price: cheaper.id }],
    proration_behavior: 'always_invoice',
  });
  expect(await latest(subscription.id)).toMatchObject({ status: 'paid', total: -1000, amount_due: 0 });
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ balance: -1000 });
  await advance(clock.id, '2026-02-11T01:00:00Z');
  expect(await latest(subscription.id)).toMatchObject({ status: 'paid', total: 900, amount_paid: 0 });
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ balance: -100 });
});

test('from monthly to yearly a year begins at once, with the rest of the month credited', async () => {
  const { clock, subscription } = await subscribe(stripe, { at: START });
  const yearly = await priceOf(29000, 'year');
  await advance(clock.id, '2026-01-26T12:00:00Z');
  const changed = await stripe.subscriptions.update(subscription.id, {
    items: [{ id: itemOf(subscription).id, price: yearly.id }],
  });
  expect(iso(itemOf(changed).current_period_start)).toBe('2026-01-26T12:00:00.000Z');
  expect(iso(itemOf(changed).current_period_end)).toBe('2027-01-26T12:00:00.000Z');
  expect(await latest(subscription.id)).toMatchObject({ status: 'paid', amount_paid: 29000 - 1450 });
});

test('a declined upgrade: refused whole, or waiting with the old plan, or past due, as asked for', async () => {
  const { clock, customer, subscription } = await subscribe(stripe, { at: START });
  const dearer = await priceOf(6000);
  await changeCard(stripe, customer.id, 'pm_card_chargeCustomerFail');
  const change = (payment_behavior: Stripe.SubscriptionUpdateParams.PaymentBehavior, price: string) =>
    stripe.subscriptions.update(subscription.id, {
      items: [{ id: itemOf(subscription).id, price }],
      proration_behavior: 'always_invoice',
      payment_behavior,
    });
  await expect(change('error_if_incomplete', dearer.id)).rejects.toMatchObject({ code: 'card_declined' });
  expect(itemOf(await stripe.subscriptions.retrieve(subscription.id)).price.unit_amount).toBe(2900);

  const waiting = await change('pending_if_incomplete', dearer.id);
  expect(waiting).toMatchObject({
    status: 'active',
    pending_update: { subscription_items: [{ price: { id: dearer.id } }] },
  });
  expect(itemOf(waiting).price.unit_amount).toBe(2900);
  expect((await latest(subscription.id)).status).toBe('open');
  await advance(clock.id, '2026-01-11T23:00:00Z');
  const dropped = await stripe.subscriptions.retrieve(subscription.id);
  expect(dropped).toMatchObject({ status: 'active', pending_update: null });
  expect(itemOf(dropped).price.unit_amount).toBe(2900);
  expect((await latest(subscription.id)).status).toBe('void');
  expect(await typesOf(subscription.id)).toContain('customer.subscription.pending_update_expired');

  await change('pending_if_incomplete', dearer.id);
  const card = await changeCard(stripe, customer.id, 'pm_card_visa');
  await stripe.invoices.pay((await latest(subscription.id)).id, { payment_method: card.id });
  const applied = await stripe.subscriptions.retrieve(subscription.id);
  expect(applied).toMatchObject({ status: 'active', pending_update: null });
  expect(itemOf(applied).price.id).toBe(dearer.id);
  expect(await typesOf(subscription.id)).toContain('customer.subscription.pending_update_applied');

  await changeCard(stripe, customer.id, 'pm_card_chargeCustomerFail');
  const pastDue = await change('allow_incomplete', (await priceOf(9000)).id);
  expect(pastDue.status).toBe('past_due');
  expect(itemOf(pastDue).price.unit_amount).toBe(9000);
});

test('a pending update takes no other changes with it, and a refused change leaves nothing behind', async () => {
  const { subscription } = await subscribe(stripe, { at: START });
  const items = [{ id: itemOf(subscription).id, quantity: 2 }];
  await expect(
    stripe.subscriptions.update(subscription.id, {
      items,
      payment_behavior: 'pending_if_incomplete',
      metadata: { a: 'b' },
    }),
  ).rejects.toMatchObject({ param: 'metadata' });
  await expect(
    stripe.subscriptions.update(subscription.id, { items, proration_behavior: 'always_invoice', cancel_at: 5 }),
  ).rejects.toMatchObject({ param: 'cancel_at' });
  await expect(
    stripe.subscriptions.update(subscription.id, { items: [{ id: 'si_none', quantity: 2 }] }),
  ).rejects.toMatchObject({ code: 'resource_missing' });
  expect((await stripe.invoices.list({ subscription: subscription.id })).data).toHaveLength(1);
});

test('a customer has several subscriptions, the same price twice included, each with its own quantity and end', async () => {
  const { customer, price, subscription } = await subscribe(stripe, { at: START });
  const again = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id, quantity: 3 }] });
  expect((await stripe.subscriptions.list({ customer: customer.id })).data.map(({ id }) => id).sort()).toEqual(
    [subscription.id, again.id].sort(),
  );
  await stripe.subscriptions.cancel(subscription.id);
  expect(await stripe.subscriptions.retrieve(again.id)).toMatchObject({
    status: 'active',
    items: { data: [{ quantity: 3 }] },
  });
});

test('a trial that ends without a card is cancelled, paused or past due, as its settings say', async () => {
  const ends = { cancel: 'canceled', pause: 'paused', create_invoice: 'past_due' } as const;
  for (const [missing_payment_method, status] of Object.entries(ends)) {
    const { clock, price } = await subscribe(stripe, { at: START });
    const customer = await stripe.customers.create({ test_clock: clock.id });
    const trial = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
      trial_period_days: 7,
      trial_settings: { end_behavior: { missing_payment_method } },
    });
    expect(trial.status).toBe('trialing');
    await advance(clock.id, '2026-01-18T02:00:00Z');
    expect((await stripe.subscriptions.retrieve(trial.id)).status).toBe(status);
  }
});

test('a trial can be made longer, and ended at once', async () => {
  const { clock, subscription } = await subscribe(stripe, { at: START, subscription: { trial_period_days: 7 } });
  const longer = await stripe.subscriptions.update(subscription.id, {
    trial_end: Date.parse('2026-01-25T00:00:00Z') / 1000,
  });
  expect(iso(itemOf(longer).current_period_end)).toBe('2026-01-25T00:00:00.000Z');
  await advance(clock.id, '2026-01-20T00:00:00Z');
  const paid = await stripe.subscriptions.update(subscription.id, { trial_end: 'now' });
  expect(paid.status).toBe('active');
  expect(iso(itemOf(paid).current_period_end)).toBe('2026-02-20T00:00:00.000Z');
  expect(await latest(subscription.id)).toMatchObject({ status: 'paid', amount_paid: 2900 });
});
