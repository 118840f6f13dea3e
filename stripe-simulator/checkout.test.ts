import type Stripe from 'stripe';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { eventTypes, submit } from './hosted-pages.ts';
import { iso, type RunningSimulator, runSimulator, seconds } from './running-simulator.ts';

vi.setConfig({ testTimeout: 30_000 });

let simulator: RunningSimulator;
let stripe: Stripe;
beforeAll(async () => {
  simulator = await runSimulator();
  stripe = simulator.stripe;
});
afterAll(() => simulator.stop());

const SUCCESS = 'http://127.0.0.1:4310/paid?session={CHECKOUT_SESSION_ID}';
const CANCEL = 'http://127.0.0.1:4310/plans';

async function aPrice() {
  const product = await stripe.products.create({ name: 'Pro' });
  return stripe.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount: 2900,
    recurring: { interval: 'month' },
  });
}

async function aCustomer(at = '2026-01-10T12:00:00Z') {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: seconds(at) });
  const customer = await stripe.customers.create({ email: 'ann@example.test', test_clock: clock.id });
  return { clock, customer };
}

async function openSession(rest: Partial<Stripe.Checkout.SessionCreateParams> = {}) {
  const price = await aPrice();
  return stripe.checkout.sessions.create({
    mode: 'subscription',
    line_items: [{ price: price.id, quantity: 2 }],
    success_url: SUCCESS,
    cancel_url: CANCEL,
    ...rest,
  });
}

test('a session is open with its page and its price, and nothing is made before it is paid', async () => {
  const { customer } = await aCustomer();
  const session = await openSession({
    customer: customer.id,
    client_reference_id: 'account-1',
    metadata: { a: 'b' },
  });
  expect(session).toMatchObject({
    status: 'open',
    payment_status: 'unpaid',
    mode: 'subscription',
    amount_total: 5800,
    currency: 'usd',
    client_reference_id: 'account-1',
    subscription: null,
    livemode: false,
  });
  expect(session.expires_at - session.created).toBe(86_400);
  expect((await stripe.subscriptions.list({ customer: customer.id })).data).toHaveLength(0);
  const page = await (await fetch(session.url ?? '')).text();
  expect(page).toContain('$58.00');
  expect(page).toContain(`href="${CANCEL}"`);
  expect(page).toContain('readonly');
  expect((await stripe.checkout.sessions.listLineItems(session.id)).data[0]).toMatchObject({
    quantity: 2,
    amount_total: 5800,
  });
});

test('paying makes the subscription with its metadata and its card, and then the session is completed', async () => {
  const { customer } = await aCustomer();
  const session = await openSession({
    customer: customer.id,
    subscription_data: { metadata: { account: '1' } },
  });
  const paid = await submit(session.url ?? '', { number: '4242 4242 4242 4242' });
  expect([paid.status, paid.location]).toEqual([303, SUCCESS.replace('{CHECKOUT_SESSION_ID}', session.id)]);

  const done = await stripe.checkout.sessions.retrieve(session.id, {
    expand: ['subscription', 'invoice', 'line_items'],
  });
  expect(done).toMatchObject({ status: 'complete', payment_status: 'paid', url: null, customer: customer.id });
  const subscription = done.subscription as Stripe.Subscription;
  expect(subscription).toMatchObject({
    status: 'active',
    metadata: { account: '1' },
    items: { data: [{ quantity: 2 }] },
  });
  expect(done.invoice).toMatchObject({ status: 'paid', amount_paid: 5800 });
  const [card] = (await stripe.paymentMethods.list({ customer: customer.id })).data;
  expect(subscription.default_payment_method).toBe(card?.id);
  const types = await eventTypes(stripe, customer.id);
  expect(types.at(-1)).toBe('checkout.session.completed');
  const order = ['payment_method.attached', 'invoice.created', 'invoice.paid', 'customer.subscription.created'];
  expect(order.map((type) => types.indexOf(type))).toEqual(
    [...order.map((type) => types.indexOf(type))].sort((a, b) => a - b),
  );
  expect((await submit(session.url ?? '', { number: '4242 4242 4242 4242' })).text).toContain('already paid');
});

test('a declined card says why, leaves nothing behind, and another one pays', async () => {
  const { customer } = await aCustomer();
  const session = await openSession({ customer: customer.id });
  const refusals = {
    '4000 0000 0000 0002': 'Your card was declined.',
    '4000 0000 0000 9995': 'Your card has insufficient funds.',
    '4000 0000 0000 0069': 'Your card has expired.',
    '4000 0000 0000 0127': 'security code is incorrect',
    '4000 0000 0000 0119': 'An error occurred while processing your card',
    '4000 0000 0000 0341': 'Your card was declined.',
    '4242 4242 4242 4241': 'Your card number is incorrect.',
  };
  for (const [number, sentence] of Object.entries(refusals)) {
    const refused = await submit(session.url ?? '', { number });
    expect([number, refused.status]).toEqual([number, 402]);
    expect(refused.text.replaceAll('&#39;', "'")).toContain(sentence);
  }
  expect((await submit(session.url ?? '', { number: '4242424242424242', expiry: '12 / 20' })).text).toContain(
    'in the past',
  );
  expect((await stripe.subscriptions.list({ customer: customer.id, status: 'all' })).data).toHaveLength(0);
  expect((await stripe.paymentMethods.list({ customer: customer.id })).data).toHaveLength(0);
  expect((await submit(session.url ?? '', { number: '5555 5555 5555 4444' })).status).toBe(303);
  expect((await stripe.subscriptions.list({ customer: customer.id })).data).toHaveLength(1);
});

test('3D Secure: failing it leaves the page open, completing it pays, and later renewals of a card set up need none', async () => {
  const { clock, customer } = await aCustomer();
  const session = await openSession({ customer: customer.id });
  const asked = await submit(session.url ?? '', { number: '4000 0025 0000 3155' });
  expect(asked.location).toContain('/authenticate/');
  const authenticate = `${simulator.url}${asked.location}`;
  expect(await (await fetch(authenticate)).text()).toContain('Complete authentication');
  const failed = await submit(authenticate, { outcome: 'fail' });
  expect(failed.location).toContain(`/checkout/${session.id}`);
  expect(await (await fetch(`${simulator.url}${failed.location}`)).text()).toContain('unable to authenticate');
  expect((await stripe.checkout.sessions.retrieve(session.id)).status).toBe('open');

  const again = await submit(session.url ?? '', { number: '4000 0025 0000 3155' });
  const paid = await submit(`${simulator.url}${again.location}`, { outcome: 'complete' });
  expect(paid.location).toContain('/paid?session=');
  const [subscription] = (await stripe.subscriptions.list({ customer: customer.id })).data;
  expect(subscription?.status).toBe('active');
  await simulator.control('POST', `/_sim/clocks/${clock.id}/advance`, { to: '2026-02-10T13:00:00Z' });
  expect((await stripe.invoices.list({ customer: customer.id, status: 'paid' })).data).toHaveLength(2);
});

test('a card that always asks is asked for again at renewal, and its holder pays on the invoice page', async () => {
  const { clock, customer } = await aCustomer();
  const session = await openSession({ customer: customer.id });
  const asked = await submit(session.url ?? '', { number: '4000 0027 6000 3184' });
  await submit(`${simulator.url}${asked.location}`, { outcome: 'complete' });
  await simulator.control('POST', `/_sim/clocks/${clock.id}/advance`, { to: '2026-02-10T13:00:00Z' });
  const [open] = (await stripe.invoices.list({ customer: customer.id, status: 'open', expand: ['data.payments'] }))
    .data;
  const intent = open?.payments?.data[0]?.payment.payment_intent as string;
  expect((await stripe.paymentIntents.retrieve(intent)).status).toBe('requires_action');
  expect(await eventTypes(stripe, customer.id)).toContain('invoice.payment_action_required');
  expect((await stripe.subscriptions.list({ customer: customer.id })).data[0]?.status).toBe('past_due');

  const form = { card: 'pm_card_authenticationRequired', keep: 'yes' };
  const page = await submit(open?.hosted_invoice_url ?? '', form);
  expect(page.location).toContain('/authenticate/');
  await submit(page.location, { outcome: 'complete' });
  expect((await stripe.invoices.retrieve(open?.id ?? '')).status).toBe('paid');
  expect((await stripe.subscriptions.list({ customer: customer.id })).data[0]?.status).toBe('active');
});

test('a trial asks for a card unless it is told not to, and charges nothing', async () => {
  const { customer } = await aCustomer();
  const session = await openSession({
    customer: customer.id,
    payment_method_collection: 'if_required',
    subscription_data: {
      trial_period_days: 14,
      trial_settings: { end_behavior: { missing_payment_method: 'cancel' } },
    },
  });
  const page = await (await fetch(session.url ?? '')).text();
  expect(page).toContain('14 days free');
  expect(page).not.toContain('name="number"');
  await submit(session.url ?? '', {});
  const [subscription] = (await stripe.subscriptions.list({ customer: customer.id })).data;
  expect(subscription).toMatchObject({
    status: 'trialing',
    default_payment_method: null,
    trial_settings: { end_behavior: { missing_payment_method: 'cancel' } },
  });
  expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({ payment_status: 'no_payment_required' });

  const withCard = await openSession({ customer: customer.id, subscription_data: { trial_period_days: 7 } });
  expect((await submit(withCard.url ?? '', { number: '' })).text).toContain('incomplete');
  await submit(withCard.url ?? '', { number: '4242 4242 4242 4242' });
  expect((await stripe.subscriptions.list({ customer: customer.id })).data[0]?.default_payment_method).toMatch(/^pm_/);
});

test('without a customer one is made of what is filled in', async () => {
  const session = await openSession({ customer_email: 'new@example.test' });
  expect(session.customer).toBeNull();
  await submit(session.url ?? '', { number: '4242 4242 4242 4242', name: 'New Person' });
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ['customer'] });
  expect(done.customer).toMatchObject({ email: 'new@example.test', name: 'New Person' });
  expect(done.customer_details).toMatchObject({ email: 'new@example.test', name: 'New Person' });
});

test('a session expires on its day, or at once when it is told to, and then sells nothing', async () => {
  const { clock, customer } = await aCustomer();
  const session = await openSession({ customer: customer.id, expires_at: seconds('2026-01-10T13:00:00Z') });
  expect(iso(session.expires_at)).toBe('2026-01-10T13:00:00.000Z');
  await simulator.control('POST', `/_sim/clocks/${clock.id}/advance`, { to: '2026-01-10T13:00:00Z' });
  expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({ status: 'expired', url: null });
  expect(await eventTypes(stripe, customer.id)).toContain('checkout.session.expired');
  expect((await fetch(session.url ?? '')).status).toBe(410);
  expect((await submit(session.url ?? '', { number: '4242 4242 4242 4242' })).text).toContain('expired');

  const other = await openSession({ customer: customer.id });
  expect((await stripe.checkout.sessions.expire(other.id)).status).toBe('expired');
  await expect(stripe.checkout.sessions.expire(other.id)).rejects.toMatchObject({ statusCode: 400 });
  expect((await stripe.checkout.sessions.list({ customer: customer.id, status: 'expired' })).data).toHaveLength(2);
});

test('what can not be sold is refused: both customers, no quantity, mixed rhythms, too short a life', async () => {
  const { customer } = await aCustomer();
  await expect(openSession({ customer: customer.id, customer_email: 'a@b.test' })).rejects.toMatchObject({
    param: 'customer_email',
  });
  const price = await aPrice();
  await expect(openSession({ line_items: [{ price: price.id }] })).rejects.toMatchObject({
    param: 'line_items[0][quantity]',
  });
  const yearly = await stripe.prices.create({
    product: price.product as string,
    currency: 'usd',
    unit_amount: 100,
    recurring: { interval: 'year' },
  });
  const items = [price, yearly].map(({ id }) => ({ price: id, quantity: 1 }));
  await expect(openSession({ line_items: items })).rejects.toMatchObject({ param: 'line_items' });
  await expect(openSession({ expires_at: 5 })).rejects.toMatchObject({ param: 'expires_at' });
  await expect(openSession({ mode: 'payment' })).rejects.toMatchObject({ param: 'mode' });
});
