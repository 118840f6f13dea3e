import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { changeCard, type RunningSimulator, runSimulator, subscribe } from '#stripe-simulator/running-simulator.ts';
import { aCatalog } from '#test/factories/billing.ts';
import { createStripeActivities } from './stripe.ts';
import { isPaymentInDoubt } from './stripe-reading.ts';

vi.setConfig({ testTimeout: 30_000 });

let simulator: RunningSimulator;
beforeAll(async () => {
  simulator = await runSimulator(15131);
});
afterAll(() => simulator.stop());

test('a customer whose renewal failed is read with the open invoice, and a payment that failed is in no doubt', async () => {
  const { stripe, control } = simulator;
  const { clock, customer, subscription } = await subscribe(stripe, { at: '2026-01-10T12:00:00Z' });
  await changeCard(stripe, customer.id, 'pm_card_chargeCustomerFail');
  await control('POST', `/_sim/clocks/${clock.id}/advance`, { to: '2026-02-10T13:00:00Z' });

  const { readBilling } = createStripeActivities({ stripe, catalog: aCatalog() });
  const { snapshot } = await readBilling({ stripeCustomerId: customer.id, now: '2026-02-10T13:00:00.000Z' });
  expect(snapshot).toMatchObject({
    readAt: '2026-02-10T13:00:00.000Z',
    paymentInDoubt: false,
    subscriptions: [
      {
        id: subscription.id,
        status: 'past_due',
        invoices: [{ status: 'open', attemptCount: 1, finalizedAt: '2026-02-10T13:00:00.000Z' }],
      },
    ],
  });
});

describe('a payment of an open invoice', () => {
  /** Stripe as far as it is asked here. The simulator settles every payment at once, so it has none that is on its way. */
  const stripeWith = (status: string) =>
    ({
      invoicePayments: { list: async () => ({ data: [{ payment: { payment_intent: { status } } }] }) },
    }) as unknown as Stripe;
  const invoices = [{ id: 'in_1' }] as Stripe.Invoice[];

  test.each([
    ['processing', 'past_due', true],
    ['processing', 'canceled', true],
    ['requires_capture', 'unpaid', true],
    ['requires_action', 'past_due', false],
    ['requires_action', 'canceled', true],
    ['requires_action', 'incomplete', true],
    ['requires_payment_method', 'past_due', false],
    ['requires_payment_method', 'canceled', false],
  ])('that is %s beside a subscription that is %s is in doubt: %s', async (payment, subscription, expected) => {
    const subscriptions = [{ status: subscription }] as Stripe.Subscription[];
    expect(await isPaymentInDoubt(stripeWith(payment), invoices, subscriptions)).toBe(expected);
  });

  test('is in no doubt when there is none', async () => {
    expect(await isPaymentInDoubt(stripeWith('processing'), [], [])).toBe(false);
  });
});

describe('a customer with add-ons', () => {
  test('is read with the role of each subscription, by price, by its own metadata or by those of the product', async () => {
    const { stripe } = simulator;
    const catalog = aCatalog();
    const price = (product: string, lookup_key?: string) =>
      stripe.prices.create({
        product,
        currency: 'usd',
        unit_amount: 500,
        recurring: { interval: 'month' },
        ...(lookup_key ? { lookup_key } : {}),
      });
    const plain = await stripe.products.create({ name: 'Plain' });
    const labelled = await stripe.products.create({
      name: 'Micro',
      metadata: { product_type: 'workspace_addon', tier: 'MICRO' },
    });
    const [team, odd, micro] = await Promise.all([
      price(plain.id, 'test_team_month'),
      price(plain.id),
      price(labelled.id),
    ]);
    const { customer, subscription: unknown } = await subscribe(stripe, { at: '2026-01-10T12:00:00Z' });
    const add = (item: Stripe.SubscriptionCreateParams.Item, metadata: Stripe.MetadataParam = {}) =>
      stripe.subscriptions.create({ customer: customer.id, items: [item], metadata });
    const base = await add({ price: team.id });
    const byMetadata = await add({ price: odd.id, quantity: 2 }, { user_id: 'u1', addon_tier: 'micro' });
    const byProduct = await add({ price: micro.id });

    const { readBilling } = createStripeActivities({ stripe, catalog });
    const { snapshot } = await readBilling({ stripeCustomerId: customer.id, now: '2026-01-10T12:00:00.000Z' });
    const roles = new Map(snapshot.subscriptions.map(({ id, ...each }) => [id, each]));
    expect(roles.get(base.id)).toMatchObject({ role: 'base', planId: 'team', addOnId: null });
    expect(roles.get(byMetadata.id)).toMatchObject({ role: 'add-on', planId: null, addOnId: 'micro', quantity: 2 });
    expect(roles.get(byProduct.id)).toMatchObject({ role: 'add-on', addOnId: 'micro', quantity: 1 });
    expect(roles.get(unknown.id)).toMatchObject({ role: 'unknown', planId: null, addOnId: null });
  });
});
