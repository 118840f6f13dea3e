import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { changeCard, type RunningSimulator, runSimulator, subscribe } from '#stripe-simulator/running-simulator.ts';
import { aCatalog } from '#test/factories/billing.ts';
import { createStripeActivities } from './stripe.ts';
import { isPaymentInDoubt } from './stripe-snapshot.ts';

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
