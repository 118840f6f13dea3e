import type Stripe from 'stripe';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { iso, type RunningSimulator, runSimulator, seconds, subscribe } from './running-simulator.ts';

// Other parts may load the machine while this runs.
vi.setConfig({ testTimeout: 30_000 });

let simulator: RunningSimulator;
beforeAll(async () => {
  simulator = await runSimulator();
});
afterAll(() => simulator.stop());

const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  fetch(`${simulator.url}${path}`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer sk_test_x',
      'content-type': 'application/x-www-form-urlencoded',
      ...headers,
    },
    body,
  });

test('the same idempotency key replays the first answer, and refuses other parameters', async () => {
  const { stripe } = simulator;
  const first = await stripe.customers.create({ name: 'Ann' }, { idempotencyKey: 'ann' });
  const again = await stripe.customers.create({ name: 'Ann' }, { idempotencyKey: 'ann' });
  expect(again.id).toBe(first.id);
  expect((again.lastResponse as { headers: Record<string, string> }).headers['idempotent-replayed']).toBe('true');
  await expect(stripe.customers.create({ name: 'Bob' }, { idempotencyKey: 'ann' })).rejects.toMatchObject({
    type: 'StripeIdempotencyError',
  });
});

test('unknown parameters, endpoints, versions and expansions are refused in the envelope, and nothing is done', async () => {
  const { stripe } = simulator;
  const before = (await stripe.customers.list({ limit: 100 })).data.length;
  const unknown = await post('/v1/customers', 'name=Ann&shoe_size=42');
  expect(unknown.status).toBe(400);
  expect(await unknown.json()).toMatchObject({
    error: { type: 'invalid_request_error', code: 'parameter_unknown', param: 'shoe_size' },
  });
  const nested = await post('/v1/customers', 'invoice_settings[colour]=red');
  expect(await nested.json()).toMatchObject({ error: { param: 'invoice_settings[colour]' } });
  const missing = await post('/v1/subscriptions', 'items[0][price]=price_1');
  expect(await missing.json()).toMatchObject({ error: { code: 'parameter_missing', param: 'customer' } });
  const other = await post('/v1/customers', 'name=Ann', { 'stripe-version': '2024-06-20' });
  expect(other.status).toBe(400);
  await expect(stripe.coupons.create({ percent_off: 10 })).rejects.toMatchObject({ statusCode: 404 });
  await expect(stripe.customers.list({ expand: ['data.email'] })).rejects.toMatchObject({ statusCode: 400 });
  await expect(stripe.customers.retrieve('cus_none')).rejects.toMatchObject({
    statusCode: 404,
    code: 'resource_missing',
  });
  expect((await stripe.customers.list({ limit: 100 })).data).toHaveLength(before);
});

test('live keys, missing keys, foreign hosts and foreign origins are turned away', async () => {
  const live = await post('/v1/customers', 'name=Ann', { authorization: 'Bearer sk_live_abc' });
  expect([live.status, (await live.json()).error.message]).toEqual([401, expect.stringContaining('refuses live keys')]);
  expect((await post('/v1/customers', '', { authorization: '' })).status).toBe(401);
  expect((await post('/_sim/faults', '{}', { origin: 'https://evil.example' })).status).toBe(403);
});

test('lists are paged newest first', async () => {
  const { stripe } = simulator;
  const product = await stripe.products.create({ name: 'Paged' });
  const made: string[] = [];
  for (const lookupKey of ['paged_1', 'paged_2', 'paged_3']) {
    const price = await stripe.prices.create({
      product: product.id,
      currency: 'usd',
      unit_amount: 100,
      lookup_key: lookupKey,
      recurring: { interval: 'year' },
    });
    made.unshift(price.id);
  }
  const first = await stripe.prices.list({ product: product.id, limit: 2 });
  expect([first.data.map(({ id }) => id), first.has_more]).toEqual([made.slice(0, 2), true]);
  const rest = await stripe.prices.list({ product: product.id, limit: 2, starting_after: made[1] });
  expect([rest.data.map(({ id }) => id), rest.has_more]).toEqual([made.slice(2), false]);
  const found = await stripe.prices.list({ lookup_keys: ['paged_2', 'none'] });
  expect(found.data.map(({ lookup_key }) => lookup_key)).toEqual(['paged_2']);
  expect(found.data[0]?.unit_amount_decimal?.toString()).toBe('100');
});

test('ids are expanded along paths, through lists too', async () => {
  const { stripe } = simulator;
  const { customer } = await subscribe(stripe, { at: '2026-01-10T12:00:00Z' });
  const { data } = await stripe.subscriptions.list({
    customer: customer.id,
    status: 'all',
    expand: [
      'data.latest_invoice.payments',
      'data.items.data.price',
      'data.customer.invoice_settings.default_payment_method',
    ],
  });
  const [subscription] = data;
  expect((subscription?.latest_invoice as Stripe.Invoice | undefined)?.payments?.data[0]?.amount_paid).toBe(2900);
  const owner = subscription?.customer as Stripe.Customer;
  expect((owner.invoice_settings.default_payment_method as Stripe.PaymentMethod).card?.last4).toBe('4242');
  const invoice = (subscription?.latest_invoice as Stripe.Invoice | undefined)?.id ?? '';
  const [payment] = (await stripe.invoicePayments.list({ invoice })).data;
  expect(payment?.status).toBe('paid');
});

test('a test clock advances on its own, at most two intervals, and never back', async () => {
  const { stripe } = simulator;
  const { clock, subscription } = await subscribe(stripe, { at: '2026-01-10T12:00:00Z' });
  const advance = (to: string) => stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: seconds(to) });
  await expect(advance('2026-04-10T12:00:00Z')).rejects.toMatchObject({ param: 'frozen_time' });
  await expect(advance('2026-01-09T12:00:00Z')).rejects.toMatchObject({ param: 'frozen_time' });
  expect((await advance('2026-02-11T12:00:00Z')).status).toBe('advancing');
  await expect.poll(async () => (await stripe.testHelpers.testClocks.retrieve(clock.id)).status).toBe('ready');
  const renewed = await stripe.subscriptions.retrieve(subscription.id);
  expect(iso(renewed.items.data[0]?.current_period_end)).toBe('2026-03-10T12:00:00.000Z');
  await expect(
    simulator.control('POST', `/_sim/clocks/${clock.id}/advance`, { to: '2026-02-01T00:00:00Z' }),
  ).rejects.toThrow('never goes back');
});

test('deleting a test clock takes its customers with it', async () => {
  const { stripe } = simulator;
  const { clock, customer, subscription } = await subscribe(stripe, { at: '2026-01-10T12:00:00Z' });
  await stripe.testHelpers.testClocks.del(clock.id);
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ deleted: true });
  await expect(stripe.subscriptions.retrieve(subscription.id)).rejects.toMatchObject({ statusCode: 404 });
});

test('a ticking clock flows with wall time, and what is due happens by itself', async () => {
  const { stripe } = simulator;
  const { clock, subscription } = await subscribe(stripe, { at: '2026-01-10T12:00:00Z' });
  await simulator.control('POST', `/_sim/clocks/${clock.id}/advance`, { to: '2026-02-10T11:59:59Z' });
  await simulator.control('POST', `/_sim/clocks/${clock.id}/tick`, { ticking: true });
  const renewal = async () =>
    (await stripe.events.list({ type: 'invoice.created', limit: 100 })).data.filter(
      (event) =>
        (event.data.object as Stripe.Invoice).parent?.subscription_details?.subscription === subscription.id &&
        (event.data.object as Stripe.Invoice).billing_reason === 'subscription_cycle',
    ).length;
  await expect.poll(renewal, { timeout: 5_000 }).toBe(1);
});

test('an invoice is paid on its hosted page; a declined card is said so, and the way back leads to this machine only', async () => {
  const { stripe } = simulator;
  const { clock, customer, subscription, card } = await subscribe(stripe, { at: '2026-01-10T12:00:00Z' });
  await stripe.paymentMethods.detach(card.id);
  await simulator.control('POST', `/_sim/clocks/${clock.id}/advance`, { to: '2026-02-10T13:00:00Z' });
  const [open] = (await stripe.invoices.list({ subscription: subscription.id, status: 'open' })).data;
  const url = open?.hosted_invoice_url ?? '';
  expect(url.startsWith(`${simulator.url}/invoice/`)).toBe(true);
  const page = await (await fetch(`${url}?return=${encodeURIComponent('http://127.0.0.1:4310/account')}`)).text();
  expect(page).toContain('$29.00');
  expect(page).toContain('href="http://127.0.0.1:4310/account"');
  expect(await (await fetch(`${url}?return=https://evil.example/`)).text()).not.toContain('evil.example');

  const pay = (token: string) =>
    fetch(url, { method: 'POST', body: new URLSearchParams({ card: token, keep: 'yes' }), redirect: 'follow' });
  const declined = await pay('pm_card_chargeCustomerFail');
  expect([declined.status, await declined.text()]).toEqual([402, expect.stringContaining('Your card was declined.')]);
  expect(await (await pay('pm_card_visa')).text()).toContain('Paid. Thank you.');
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
  const kept = (await stripe.customers.retrieve(customer.id)) as Stripe.Customer;
  expect(kept.invoice_settings.default_payment_method).toMatch(/^pm_/);
  expect((await stripe.paymentMethods.list({ customer: customer.id })).data).toHaveLength(1);
});
