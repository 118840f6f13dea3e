import type Stripe from 'stripe';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { eventTypes, submit } from './hosted-pages.ts';
import { changeCard, iso, type RunningSimulator, runSimulator, subscribe } from './running-simulator.ts';

vi.setConfig({ testTimeout: 30_000 });

// January 11th to February 11th: 31 days.
const START = '2026-01-11T00:00:00Z';
const BACK = 'http://127.0.0.1:4310/account';
let simulator: RunningSimulator;
let stripe: Stripe;
let wallMs = Date.now();
beforeAll(async () => {
  simulator = await runSimulator({ wallMs: () => wallMs });
  stripe = simulator.stripe;
});
afterAll(() => simulator.stop());

const itemOf = (subscription: Stripe.Subscription) => {
  const [item] = subscription.items.data;
  if (!item) throw new Error('no item');
  return item;
};

/** A customer on the first of three plans, and a portal that offers them. */
async function aPortal(cancel: 'at_period_end' | 'immediately' = 'at_period_end') {
  const made = await subscribe(stripe, { at: START });
  const product = await stripe.products.create({ name: 'Other plans' });
  const [smaller, bigger] = await Promise.all(
    [900, 6000].map((unit_amount) =>
      stripe.prices.create({ product: product.id, currency: 'usd', unit_amount, recurring: { interval: 'month' } }),
    ),
  );
  if (!smaller || !bigger) throw new Error('no prices');
  const configuration = await stripe.billingPortal.configurations.create({
    default_return_url: BACK,
    features: {
      invoice_history: { enabled: true },
      payment_method_update: { enabled: true },
      subscription_cancel: { enabled: true, mode: cancel },
      subscription_update: {
        enabled: true,
        default_allowed_updates: ['price'],
        proration_behavior: 'always_invoice',
        products: [{ product: product.id, prices: [smaller.id, bigger.id] }],
        schedule_at_period_end: { conditions: [{ type: 'decreasing_item_amount' }] },
      },
    },
  });
  const open = (flow_data?: Stripe.BillingPortal.SessionCreateParams.FlowData) =>
    stripe.billingPortal.sessions.create({
      customer: made.customer.id,
      configuration: configuration.id,
      ...(flow_data ? { flow_data } : {}),
    });
  return { ...made, smaller, bigger, open, subscriptionId: made.subscription.id };
}

test('the page shows plan, card and invoices with their PDFs, and the way back', async () => {
  const { open, subscription } = await aPortal();
  const session = await open();
  expect(session).toMatchObject({ object: 'billing_portal.session', return_url: BACK, flow: null });
  const page = await (await fetch(session.url)).text();
  const invoice = await stripe.invoices.retrieve(subscription.latest_invoice as string);
  for (const part of [
    'Plan',
    '$29.00 per month',
    'renews on Feb 11, 2026',
    invoice.number ?? '',
    '/pdf',
    `href="${BACK}"`,
  ]) {
    expect(page).toContain(part);
  }
});

test('a cancel sets `cancel_at` alone, is taken back, and ends the subscription on its day', async () => {
  const { open, clock, subscriptionId } = await aPortal();
  const { url } = await open();
  await submit(url, { action: 'cancel', subscription: subscriptionId });
  const planned = await stripe.subscriptions.retrieve(subscriptionId);
  expect([iso(planned.cancel_at), planned.cancel_at_period_end]).toEqual(['2026-02-11T00:00:00.000Z', false]);
  expect(await (await fetch(url)).text()).toContain('Ends on Feb 11, 2026');
  await submit(url, { action: 'undo', subscription: subscriptionId });
  expect((await stripe.subscriptions.retrieve(subscriptionId)).cancel_at).toBeNull();
  await submit(url, { action: 'cancel', subscription: subscriptionId });
  await simulator.control('POST', `/_sim/clocks/${clock.id}/advance`, { to: '2026-02-12T00:00:00Z' });
  expect((await stripe.subscriptions.retrieve(subscriptionId)).status).toBe('canceled');

  const other = await aPortal('immediately');
  await submit((await other.open()).url, { action: 'cancel', subscription: other.subscriptionId });
  expect((await stripe.subscriptions.retrieve(other.subscriptionId)).status).toBe('canceled');
});

test('a bigger plan is charged at once and clears a cancel; one that is declined waits, and its invoice can be paid', async () => {
  const { open, customer, bigger, smaller, subscriptionId } = await aPortal();
  const { url } = await open();
  await submit(url, { action: 'cancel', subscription: subscriptionId });
  await submit(url, { action: 'change', subscription: subscriptionId, price: bigger.id });
  const changed = await stripe.subscriptions.retrieve(subscriptionId);
  expect([itemOf(changed).price.id, changed.cancel_at]).toEqual([bigger.id, null]);
  expect((await submit(url, { action: 'change', subscription: subscriptionId, price: 'price_none' })).text).toContain(
    'not offered',
  );

  const poor = await aPortal();
  await changeCard(stripe, poor.customer.id, 'pm_card_chargeCustomerFail');
  const poorUrl = (await poor.open()).url;
  const answer = await submit(poorUrl, { action: 'change', subscription: poor.subscriptionId, price: poor.bigger.id });
  expect(answer.location).toContain('/invoice/');
  expect(itemOf(await stripe.subscriptions.retrieve(poor.subscriptionId)).price.unit_amount).toBe(2900);
  await submit(`${simulator.url}${answer.location}`, { card: 'pm_card_visa', keep: 'yes' });
  expect(itemOf(await stripe.subscriptions.retrieve(poor.subscriptionId)).price.unit_amount).toBe(6000);
  expect(smaller.unit_amount).toBe(900);
  expect(await eventTypes(stripe, customer.id)).toContain('billing_portal.session.created');
});

test('a smaller plan waits for the period’s end, and can be taken back until then', async () => {
  const { open, clock, smaller, subscriptionId } = await aPortal();
  const { url } = await open();
  await submit(url, { action: 'change', subscription: subscriptionId, price: smaller.id });
  expect(await (await fetch(url)).text()).toContain('Changes to Other plans on Feb 11, 2026');
  await submit(url, { action: 'undo', subscription: subscriptionId });
  expect((await stripe.subscriptions.retrieve(subscriptionId)).schedule).toBeNull();
  await submit(url, { action: 'change', subscription: subscriptionId, price: smaller.id });
  await simulator.control('POST', `/_sim/clocks/${clock.id}/advance`, { to: '2026-02-11T01:00:00Z' });
  expect(itemOf(await stripe.subscriptions.retrieve(subscriptionId)).price.id).toBe(smaller.id);
});

test('a new card becomes the default; one that is declined does not', async () => {
  const { open, customer, card } = await aPortal();
  const { url } = await open();
  const refused = await submit(url, { action: 'card', number: '4000 0000 0000 0002' });
  expect([refused.status, refused.text]).toEqual([402, expect.stringContaining('declined')]);
  await submit(url, { action: 'card', number: '5555 5555 5555 4444' });
  const kept = (await stripe.customers.retrieve(customer.id, {
    expand: ['invoice_settings.default_payment_method'],
  })) as Stripe.Customer;
  expect(kept.invoice_settings.default_payment_method).toMatchObject({ card: { last4: '4444' } });
  expect((kept.invoice_settings.default_payment_method as Stripe.PaymentMethod).id).not.toBe(card.id);
});

test('a flow shows its one thing and then goes where it was told', async () => {
  const { open, bigger, subscription, subscriptionId } = await aPortal();
  const redirect = { type: 'redirect', redirect: { return_url: BACK } } as const;
  const cancel = await open({
    type: 'subscription_cancel',
    subscription_cancel: { subscription: subscriptionId },
    after_completion: redirect,
  });
  const page = await (await fetch(cancel.url)).text();
  expect(page).toContain('Cancel at the end');
  expect(page).not.toContain('Save the card');
  expect((await submit(cancel.url, { action: 'cancel', subscription: subscriptionId })).location).toBe(BACK);
  await expect(
    open({ type: 'subscription_cancel', subscription_cancel: { subscription: subscriptionId } }),
  ).rejects.toMatchObject({ statusCode: 400 });

  const card = await open({
    type: 'payment_method_update',
    after_completion: { type: 'hosted_confirmation', hosted_confirmation: { custom_message: 'Card saved.' } },
  });
  expect((await submit(card.url, { action: 'card', number: '4242 4242 4242 4242' })).text).toContain('Card saved.');
  const confirm = await open({
    type: 'subscription_update_confirm',
    subscription_update_confirm: {
      subscription: subscriptionId,
      items: [{ id: itemOf(subscription).id, price: bigger.id, quantity: 1 }],
    },
  });
  expect(await (await fetch(confirm.url)).text()).toContain('$60.00 per month');
  await submit(confirm.url, { action: 'change', subscription: subscriptionId, price: bigger.id });
  expect(itemOf(await stripe.subscriptions.retrieve(subscriptionId)).price.id).toBe(bigger.id);
});

test('a link lives five minutes until it is opened, and an hour from each use', async () => {
  const { open } = await aPortal();
  const unused = await open();
  const used = await open();
  wallMs += 4 * 60_000;
  expect((await fetch(used.url)).status).toBe(200);
  wallMs += 2 * 60_000;
  expect((await fetch(unused.url)).status).toBe(410);
  expect((await fetch(used.url)).status).toBe(200);
  wallMs += 61 * 60_000;
  expect((await fetch(used.url)).status).toBe(410);
});
