import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { cardExpiresAt } from '#domain/card-expiry.ts';
import { decide } from '#domain/decide.ts';
import { changeCard, type RunningSimulator, runSimulator, subscribe } from '#stripe-simulator/running-simulator.ts';
import { aCatalog, anAccount } from '#test/factories/billing.ts';
import type { MoneyTables } from './money.ts';
import { createStripeActivities } from './stripe.ts';
import { isPaymentInDoubt } from './stripe-reading.ts';

vi.setConfig({ testTimeout: 30_000 });

let simulator: RunningSimulator;
beforeAll(async () => {
  simulator = await runSimulator();
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

describe('what is read beside subscriptions', () => {
  const read = (customer: string, now: string, money?: MoneyTables) =>
    createStripeActivities({ stripe: simulator.stripe, catalog: aCatalog(), ...(money ? { money } : {}) })
      .readBilling({ stripeCustomerId: customer, now })
      .then(({ snapshot }) => snapshot);

  test('the card by id and expiry, the invoices that are final, and nothing that a person is known by', async () => {
    const { customer, card } = await subscribe(simulator.stripe, { at: '2026-01-10T12:00:00Z' });
    const snapshot = await read(customer.id, '2026-01-10T13:00:00.000Z');
    const { exp_month: month = 0, exp_year: year = 0 } = card.card ?? {};
    expect(snapshot.card).toEqual({ id: card.id, expiresAt: cardExpiresAt(month, year) });
    expect(snapshot.finalizedInvoices).toMatchObject([
      { amountCents: 2900, currency: 'usd', finalizedAt: '2026-01-10T12:00:00.000Z' },
    ]);
    expect(snapshot.disputes).toEqual([]);
    expect((await read(customer.id, '2026-03-10T13:00:00.000Z')).finalizedInvoices).toEqual([]);
    for (const personal of ['4242', 'visa', 'ann@', 'http']) expect(JSON.stringify(snapshot)).not.toContain(personal);
  });

  test('scenario 11: an upgrade that is declined leaves the plan that is read, and its old size on expiry', async () => {
    const { stripe, control } = simulator;
    const { clock, customer, subscription } = await subscribe(stripe, { at: '2026-01-10T12:00:00Z' });
    const product = await stripe.products.create({ name: 'Plans' });
    const price = (lookup_key: string, unit_amount: number) =>
      stripe.prices.create({
        product: product.id,
        currency: 'usd',
        unit_amount,
        recurring: { interval: 'month' },
        lookup_key,
        transfer_lookup_key: true,
      });
    const [team, studio] = await Promise.all([price('test_team_month', 2900), price('test_studio_month', 9900)]);
    const [item] = subscription.items.data;
    await stripe.subscriptions.update(subscription.id, { items: [{ id: item?.id ?? '', price: team.id }] });
    await changeCard(stripe, customer.id, 'pm_card_chargeCustomerFail');
    const update = {
      items: [{ id: item?.id ?? '', price: studio.id }],
      payment_behavior: 'pending_if_incomplete' as const,
      proration_behavior: 'always_invoice' as const,
    };
    await stripe.subscriptions.update(subscription.id, update);

    const catalog = aCatalog();
    const at = '2026-01-11T12:00:00.000Z';
    const opened = decide(anAccount(), await read(customer.id, at), at, catalog).state;
    expect(opened).toMatchObject({ plan: { id: 'team' }, standing: 'active', dunning: null });
    await control('POST', `/_sim/clocks/${clock.id}/advance`, { to: '2026-01-12T12:00:00Z' });
    const later = '2026-01-12T12:00:00.000Z';
    const expired = decide(opened, await read(customer.id, later), later, catalog).state;
    expect(expired).toMatchObject({ plan: { id: 'team' }, standing: 'active', dunning: null, debt: null });
  });

  test('is given to the money tables whole, with the clock from before the read', async () => {
    const { customer } = await subscribe(simulator.stripe, { at: '2026-01-10T12:00:00Z' });
    const stored: { beganAt: string; cards: number; charges: number; payments: number }[] = [];
    const money: MoneyTables = {
      beginRead: async () => 'the clock',
      store: async ({ paymentMethods, charges, recentInvoices }, _snapshot, beganAt) => {
        const payments = recentInvoices.flatMap(({ payments: list }) => list?.data ?? []).length;
        stored.push({ beganAt, cards: paymentMethods.length, charges: charges.length, payments });
      },
    };
    await read(customer.id, '2026-01-10T13:00:00.000Z', money);
    expect(stored).toEqual([{ beganAt: 'the clock', cards: 1, charges: 1, payments: 1 }]);
  });
});

describe('a second subscription', () => {
  /** Stripe as far as it is asked here: it gives back what was paid once, and remembers. */
  function stripeWith(survivor: string, loser: string) {
    const calls: string[] = [];
    const charge = { id: 'ch_b', paid: true, refunded: false, amount: 9900, currency: 'usd' };
    const status: Record<string, string> = { sub_a: survivor, sub_b: loser };
    const stripe = {
      subscriptions: {
        retrieve: async (id: string) => ({ id, status: status[id] }),
        cancel: async (id: string) => {
          calls.push(`cancel ${id}`);
          status[id] = 'canceled';
        },
      },
      invoicePayments: { list: async () => ({ data: [{ payment: { payment_intent: 'pi_b' } }] }) },
      charges: { list: async () => ({ data: [{ id: 'ch_failed', paid: false }, charge] }) },
      refunds: {
        create: async ({ charge: id }: { charge: string }, { idempotencyKey }: { idempotencyKey: string }) => {
          calls.push(`refund ${id} ${idempotencyKey}`);
          charge.refunded = true;
        },
      },
    } as unknown as Stripe;
    const { endDuplicate } = createStripeActivities({ stripe, catalog: aCatalog() });
    const input = { subscriptionId: 'sub_b', survivorId: 'sub_a', idempotencyKey: 'key' };
    return { calls, end: (invoiceId: string | null) => endDuplicate({ ...input, invoiceId }) };
  }

  test('is cancelled and given back in full, once, however often it is asked for', async () => {
    const { calls, end } = stripeWith('active', 'active');
    const ended = { done: 'ended', refunded: { amountCents: 9900, currency: 'usd' } };
    expect(await end('in_b')).toEqual(ended);
    expect(await end('in_b')).toEqual(ended);
    expect(calls).toEqual(['cancel sub_b', 'refund ch_b key/refund/ch_b']);
  });

  test('that was never paid is cancelled alone', async () => {
    const { calls, end } = stripeWith('active', 'trialing');
    expect(await end(null)).toEqual({ done: 'ended', refunded: null });
    expect(calls).toEqual(['cancel sub_b']);
  });

  test.each(['canceled', 'past_due'])('is left alone when the one that was to stay is %s', async (survivor) => {
    const { calls, end } = stripeWith(survivor, 'active');
    expect(await end('in_b')).toEqual({ done: 'survivor-gone', refunded: null });
    expect(calls).toEqual([]);
  });

  test('that was cancelled before a crash is still given back, whatever became of the other', async () => {
    const { calls, end } = stripeWith('canceled', 'canceled');
    expect(await end('in_b')).toMatchObject({ done: 'ended' });
    expect(calls).toEqual(['refund ch_b key/refund/ch_b']);
  });
});
