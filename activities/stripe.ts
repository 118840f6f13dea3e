import type Stripe from 'stripe';
import type { Catalog } from '#domain/catalog.ts';
import { emptySnapshot } from '#domain/snapshot.ts';
import type { SubscriptionActivities } from './contracts.ts';
import type { MoneyTables } from './money.ts';
import { toStripeFailure } from './stripe-failure.ts';
import { readStripe } from './stripe-reading.ts';
import { idOf, snapshotOf } from './stripe-snapshot.ts';

/** Most open invoices and payments that are looked at: Stripe's largest page. */
const PAGE = 100;
const OVER = new Set(['canceled', 'incomplete_expired']);
const IN_GOOD_STANDING = new Set(['active', 'trialing']);

/** What is read from and written to Stripe. Every write carries an idempotency key and looks before it acts. */
export function createStripeActivities(deps: {
  stripe: Stripe;
  catalog: Catalog;
  /** Where what was read is kept for people to see. Default: nowhere. */
  money?: MoneyTables;
}): Pick<SubscriptionActivities, 'readBilling' | 'cancelSubscription' | 'endAddOn' | 'endDuplicate' | 'endBilling'> {
  const { stripe, catalog, money } = deps;
  return {
    async readBilling({ stripeCustomerId, now }) {
      if (stripeCustomerId === null) return { snapshot: emptySnapshot(now), catalog };
      return orFailure(async () => {
        const beganAt = await money?.beginRead();
        const reading = await readStripe(stripe, { customerId: stripeCustomerId, readAt: now, catalog });
        const snapshot = snapshotOf(reading);
        if (money && beganAt) await money.store(reading, snapshot, beganAt);
        return { snapshot, catalog };
      });
    },

    async cancelSubscription({ subscriptionId, voidOpenInvoices, idempotencyKey }) {
      return orFailure(async () => {
        const subscription = await stripe.subscriptions.retrieve(subscriptionId);
        if (!OVER.has(subscription.status) && subscription.status !== 'past_due' && subscription.status !== 'unpaid') {
          return { done: 'paid-meanwhile' as const };
        }
        if (voidOpenInvoices) {
          const open = await stripe.invoices.list({ subscription: subscriptionId, status: 'open', limit: PAGE });
          // The subscription goes first: voiding its latest invoice would make it active again.
          await cancel(stripe, subscription, idempotencyKey);
          for (const { id } of open.data) {
            if (id) await stripe.invoices.voidInvoice(id, {}, { idempotencyKey: `${idempotencyKey}/void/${id}` });
          }
        } else {
          await cancel(stripe, subscription, idempotencyKey);
        }
        return { done: OVER.has(subscription.status) ? ('already-ended' as const) : ('canceled' as const) };
      });
    },

    async endAddOn({ subscriptionId, idempotencyKey }) {
      return orFailure(async () => {
        const subscription = await stripe.subscriptions.retrieve(subscriptionId);
        if (OVER.has(subscription.status)) return { done: 'already-ended' as const };
        if (IN_GOOD_STANDING.has(subscription.status)) {
          if (subscription.cancel_at === null) {
            await releaseSchedule(stripe, subscription, idempotencyKey);
            await stripe.subscriptions.update(subscriptionId, { cancel_at_period_end: true }, { idempotencyKey });
          }
          return { done: 'ends-with-period' as const };
        }
        await cancel(stripe, subscription, idempotencyKey);
        return { done: 'canceled' as const };
      });
    },

    async endDuplicate({ subscriptionId, survivorId, invoiceId, idempotencyKey }) {
      return orFailure(async () => {
        const survivor = await stripe.subscriptions.retrieve(survivorId);
        const subscription = await stripe.subscriptions.retrieve(subscriptionId);
        if (!IN_GOOD_STANDING.has(survivor.status) && !OVER.has(subscription.status)) {
          return { done: 'survivor-gone' as const, refunded: null };
        }
        await cancel(stripe, subscription, idempotencyKey);
        const refunded = invoiceId === null ? null : await refundInFull(stripe, invoiceId, idempotencyKey);
        return { done: 'ended' as const, refunded };
      });
    },

    async endBilling({ stripeCustomerId, idempotencyKey }) {
      if (stripeCustomerId === null) return { canceled: 0 };
      return orFailure(async () => {
        const subscriptions = await stripe.subscriptions.list({
          customer: stripeCustomerId,
          status: 'all',
          limit: PAGE,
        });
        const charged = subscriptions.data.filter((each) => !OVER.has(each.status));
        for (const each of charged) await cancel(stripe, each, `${idempotencyKey}/${each.id}`);
        return { canceled: charged.length };
      });
    },
  };
}

/** What was paid of an invoice is given back, whatever of it has not been. */
async function refundInFull(
  stripe: Stripe,
  invoiceId: string,
  idempotencyKey: string,
): Promise<{ amountCents: number; currency: string } | null> {
  const payments = await stripe.invoicePayments.list({ invoice: invoiceId, status: 'paid', limit: PAGE });
  const paid: Stripe.Charge[] = [];
  for (const { payment } of payments.data) {
    const intentId = idOf(payment.payment_intent);
    if (intentId === null) continue;
    const { data } = await stripe.charges.list({ payment_intent: intentId, limit: PAGE });
    for (const charge of data.filter((each) => each.paid)) {
      if (!charge.refunded) {
        const key = `${idempotencyKey}/refund/${charge.id}`;
        await stripe.refunds.create({ charge: charge.id, reason: 'duplicate' }, { idempotencyKey: key });
      }
      paid.push(charge);
    }
  }
  const [first] = paid;
  return first ? { amountCents: paid.reduce((sum, each) => sum + each.amount, 0), currency: first.currency } : null;
}

/** What a schedule manages can't be cancelled beside it. https://docs.stripe.com/billing/subscriptions/subscription-schedules#managing */
async function releaseSchedule(
  stripe: Stripe,
  { schedule }: Stripe.Subscription,
  idempotencyKey: string,
): Promise<void> {
  const id = idOf(schedule);
  if (id === null) return;
  const key = `${idempotencyKey}/release/${id}`;
  await stripe.subscriptionSchedules.release(id, { preserve_cancel_date: false }, { idempotencyKey: key });
}

async function cancel(stripe: Stripe, subscription: Stripe.Subscription, idempotencyKey: string): Promise<void> {
  if (OVER.has(subscription.status)) return;
  await stripe.subscriptions.cancel(subscription.id, { invoice_now: false, prorate: false }, { idempotencyKey });
}

async function orFailure<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toStripeFailure(error);
  }
}
