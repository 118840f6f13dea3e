import { ApplicationFailure } from '@temporalio/activity';
import Stripe from 'stripe';
import type { Catalog } from '#domain/catalog.ts';
import { emptySnapshot } from '#domain/snapshot.ts';
import type { SubscriptionActivities } from './contracts.ts';
import { mainItemOf, productIdOf, productsToRead, roleOf } from '#billing/stripe-role.ts';
import { isPaymentInDoubt, snapshotOf } from './stripe-snapshot.ts';

/** Most subscriptions and open invoices that are read of one customer: Stripe's largest page. */
const PAGE = 100;
const OVER = new Set(['canceled', 'incomplete_expired']);
const IN_GOOD_STANDING = new Set(['active', 'trialing']);

/** What is read from and written to Stripe. Every write carries an idempotency key and looks before it acts. */
export function createStripeActivities(deps: {
  stripe: Stripe;
  catalog: Catalog;
}): Pick<SubscriptionActivities, 'readBilling' | 'cancelSubscription' | 'endAddOn' | 'endBilling'> {
  const { stripe, catalog } = deps;
  return {
    async readBilling({ stripeCustomerId, now }) {
      if (stripeCustomerId === null) return { snapshot: emptySnapshot(now), catalog };
      return orFailure(async () => {
        const [customer, subscriptions, openInvoices] = await Promise.all([
          stripe.customers.retrieve(stripeCustomerId, { expand: ['invoice_settings.default_payment_method'] }),
          stripe.subscriptions.list({
            customer: stripeCustomerId,
            status: 'all',
            limit: PAGE,
            expand: ['data.latest_invoice', 'data.default_payment_method'],
          }),
          stripe.invoices.list({ customer: stripeCustomerId, status: 'open', limit: PAGE }),
        ]);
        // From an account with a subscription in good standing nothing is taken, so nobody asks.
        // An add-on covers nothing, nor does what nobody knows.
        const productMetadata = await metadataOf(stripe, productsToRead(subscriptions.data, catalog));
        const plans = subscriptions.data.filter((each) => {
          const product = productIdOf(mainItemOf(each, catalog)) ?? '';
          return roleOf(each, catalog, productMetadata.get(product)).role === 'base';
        });
        const covered = plans.some((each) => IN_GOOD_STANDING.has(each.status));
        const paymentInDoubt = !covered && (await isPaymentInDoubt(stripe, openInvoices.data, plans));
        const snapshot = snapshotOf({
          readAt: now,
          customer,
          subscriptions: subscriptions.data,
          openInvoices: openInvoices.data,
          productMetadata,
          paymentInDoubt,
          catalog,
        });
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
            await stripe.subscriptions.update(subscriptionId, { cancel_at_period_end: true }, { idempotencyKey });
          }
          return { done: 'ends-with-period' as const };
        }
        await cancel(stripe, subscription, idempotencyKey);
        return { done: 'canceled' as const };
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

/** An expansion reaches four levels deep, and a product lies at the fifth: the few that are needed are read by themselves. */
async function metadataOf(stripe: Stripe, productIds: string[]): Promise<Map<string, Stripe.Metadata>> {
  const products = await Promise.all(productIds.map((id) => stripe.products.retrieve(id)));
  return new Map(products.map((each) => [each.id, each.metadata]));
}

async function cancel(stripe: Stripe, subscription: Stripe.Subscription, idempotencyKey: string): Promise<void> {
  if (OVER.has(subscription.status)) return;
  await stripe.subscriptions.cancel(subscription.id, { invoice_now: false, prorate: false }, { idempotencyKey });
}

async function orFailure<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (
      error instanceof Stripe.errors.StripeInvalidRequestError ||
      error instanceof Stripe.errors.StripeAuthenticationError
    ) {
      throw ApplicationFailure.nonRetryable(`Stripe refused: ${error.message}`, 'InvalidRequest');
    }
    if (error instanceof Stripe.errors.StripeError) {
      throw ApplicationFailure.retryable(`Stripe did not answer: ${error.message}`, 'StripeUnavailable');
    }
    throw error;
  }
}
