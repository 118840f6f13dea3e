import type Stripe from 'stripe';
import type { Catalog } from '#domain/catalog.ts';
import type { BillingSnapshot, InvoiceSnapshot, SubscriptionSnapshot } from '#domain/snapshot.ts';
import { fromUnixSeconds, type Instant } from '#domain/time.ts';
import { mainItemOf, productIdOf, roleOf } from '#billing/stripe-role.ts';

const ON_ITS_WAY = new Set(['processing', 'requires_capture']);
const UNFINISHED = new Set([...ON_ITS_WAY, 'requires_action']);

/** What Stripe answered, in Stripe's shapes. */
export interface StripeReading {
  readAt: Instant;
  customer: Stripe.Customer | Stripe.DeletedCustomer;
  /** With `latest_invoice` and `default_payment_method` expanded. */
  subscriptions: Stripe.Subscription[];
  openInvoices: Stripe.Invoice[];
  /** Metadata by product, of those that are needed to tell what a subscription is for. */
  productMetadata: ReadonlyMap<string, Stripe.Metadata>;
  paymentInDoubt: boolean;
  catalog: Catalog;
}

/** Stripe's shapes in ours. Fields: https://docs.stripe.com/api/subscriptions/object, https://docs.stripe.com/api/invoices/object */
export function snapshotOf(reading: StripeReading): BillingSnapshot {
  const { readAt, customer, subscriptions, paymentInDoubt } = reading;
  return {
    readAt,
    subscriptions: subscriptions
      .map((each) => subscriptionOf(each, reading))
      .sort((a, b) => b.createdAt.localeCompare(a.createdAt)),
    paymentMethod: cardOf(customer, subscriptions),
    paymentInDoubt,
  };
}

/**
 * Whether money of an open invoice may be on its way: then nothing may be cancelled or deleted.
 *
 * @param subscriptions those for plans. While one of them is past due, a payment that only waits for its customer
 *   (3D Secure) is in no doubt: it would put off the cancel for ever. Before a deletion it counts.
 */
export async function isPaymentInDoubt(
  stripe: Stripe,
  openInvoices: Stripe.Invoice[],
  subscriptions: Stripe.Subscription[],
): Promise<boolean> {
  const isOwed = subscriptions.some(({ status }) => status === 'past_due' || status === 'unpaid');
  const doubtful = isOwed ? ON_ITS_WAY : UNFINISHED;
  for (const { id } of openInvoices) {
    if (!id) continue;
    const payments = await stripe.invoicePayments.list({ invoice: id, expand: ['data.payment.payment_intent'] });
    const isDoubtful = payments.data.some(({ payment }) => {
      const intent = payment.payment_intent;
      return typeof intent === 'object' && doubtful.has(intent.status);
    });
    if (isDoubtful) return true;
  }
  return false;
}

function subscriptionOf(
  subscription: Stripe.Subscription,
  { openInvoices, productMetadata, catalog }: StripeReading,
): SubscriptionSnapshot {
  const item = mainItemOf(subscription, catalog);
  const periodEnd = fromUnixSeconds(item?.current_period_end ?? subscription.created);
  const latest = typeof subscription.latest_invoice === 'object' ? subscription.latest_invoice : null;
  const open = openInvoices.filter((invoice) => subscriptionIdOf(invoice) === subscription.id);
  const invoices = latest && !open.some((invoice) => invoice.id === latest.id) ? [...open, latest] : open;
  return {
    id: subscription.id,
    status: subscription.status,
    collectionPaused: subscription.pause_collection !== null,
    ...roleOf(subscription, catalog, productMetadata.get(productIdOf(item) ?? '')),
    createdAt: fromUnixSeconds(subscription.created),
    currentPeriodStart: fromUnixSeconds(item?.current_period_start ?? subscription.created),
    currentPeriodEnd: periodEnd,
    // In flexible billing mode a cancel in the portal sets `cancel_at` alone: both are read.
    cancelAt: instantOf(subscription.cancel_at) ?? (subscription.cancel_at_period_end ? periodEnd : null),
    endedAt: instantOf(subscription.ended_at),
    cancelReason: subscription.cancellation_details?.reason ?? null,
    trialEnd: instantOf(subscription.trial_end),
    latestInvoiceId:
      typeof subscription.latest_invoice === 'string' ? subscription.latest_invoice : (latest?.id ?? null),
    invoices: invoices.map(invoiceOf).sort((a, b) => a.createdAt.localeCompare(b.createdAt)),
  };
}

function invoiceOf(invoice: Stripe.Invoice): InvoiceSnapshot {
  return {
    id: invoice.id ?? '',
    subscriptionId: subscriptionIdOf(invoice),
    status: invoice.status ?? 'draft',
    billingReason: invoice.billing_reason ?? 'manual',
    amountRemainingCents: invoice.amount_remaining,
    currency: invoice.currency,
    createdAt: fromUnixSeconds(invoice.created),
    finalizedAt: instantOf(invoice.status_transitions.finalized_at),
    attemptCount: invoice.attempt_count,
    nextAttemptAt: instantOf(invoice.next_payment_attempt),
    payUrl: invoice.hosted_invoice_url ?? null,
  };
}

function subscriptionIdOf(invoice: Stripe.Invoice): string | null {
  const parent = invoice.parent?.subscription_details?.subscription ?? null;
  return typeof parent === 'object' ? (parent?.id ?? null) : parent;
}

/** The card that is charged: the subscription's own, else the customer's default. */
function cardOf(
  customer: Stripe.Customer | Stripe.DeletedCustomer,
  subscriptions: Stripe.Subscription[],
): BillingSnapshot['paymentMethod'] {
  const own = subscriptions.find((each) => each.ended_at === null)?.default_payment_method;
  const fallback = customer.deleted ? null : customer.invoice_settings.default_payment_method;
  const method = [own, fallback].find((each) => typeof each === 'object' && each !== null);
  if (typeof method !== 'object' || !method?.card) return null;
  const { brand, last4, exp_month: expMonth, exp_year: expYear } = method.card;
  return { brand, last4, expMonth, expYear };
}

function instantOf(seconds: number | null | undefined): Instant | null {
  return seconds === null || seconds === undefined ? null : fromUnixSeconds(seconds);
}
