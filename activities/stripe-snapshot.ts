import type Stripe from 'stripe';
import { mainItemOf, planIdOf, productIdOf, roleOf } from '#billing/stripe-role.ts';
import { cardExpiresAt } from '#domain/card-expiry.ts';
import type {
  BillingSnapshot,
  CardSnapshot,
  FinalizedInvoice,
  InvoiceSnapshot,
  SubscriptionSnapshot,
} from '#domain/snapshot.ts';
import { addDays, fromUnixSeconds, type Instant } from '#domain/time.ts';
import type { StripeReading } from './stripe-reading.ts';

/** Invoices that were made final longer ago are news to nobody. */
const RECENT_DAYS = 35;

/** Stripe's shapes in ours. Fields: https://docs.stripe.com/api/subscriptions/object, https://docs.stripe.com/api/invoices/object */
export function snapshotOf(reading: StripeReading): BillingSnapshot {
  const { readAt, subscriptions, disputes, recentInvoices, paymentInDoubt } = reading;
  return {
    readAt,
    subscriptions: subscriptions
      .map((each) => subscriptionOf(each, reading))
      .sort((a, b) => b.createdAt.localeCompare(a.createdAt)),
    card: cardOf(reading),
    disputes: disputes.map(({ id, status, created }) => ({ id, status, createdAt: fromUnixSeconds(created) })),
    finalizedInvoices: recentInvoices.flatMap((each) => finalizedOf(each, addDays(readAt, -RECENT_DAYS))),
    paymentInDoubt,
  };
}

function subscriptionOf(subscription: Stripe.Subscription, reading: StripeReading): SubscriptionSnapshot {
  const { openInvoices, plannedPrices, productMetadata, catalog } = reading;
  const planned = plannedPrices.get(subscription.id);
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
    plannedChange: planned ? { planId: planIdOf(planned.price, catalog), at: fromUnixSeconds(planned.at) } : null,
    refundedInvoiceId: refundedInvoiceOf(subscription, reading),
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
  };
}

function finalizedOf(invoice: Stripe.Invoice, since: Instant): FinalizedInvoice[] {
  const { id, status, total: amountCents, currency } = invoice;
  const finalizedAt = instantOf(invoice.status_transitions.finalized_at);
  if (!id || finalizedAt === null || finalizedAt < since || status === 'void') return [];
  return [{ id, finalizedAt, amountCents, currency }];
}

/** The invoice of the current period, when every payment of it was given back in full. What an upgrade cost is not it. */
function refundedInvoiceOf(
  subscription: Stripe.Subscription,
  { recentInvoices, charges }: StripeReading,
): string | null {
  const [ofPeriod] = recentInvoices
    .filter((each) => subscriptionIdOf(each) === subscription.id)
    .filter((each) => each.status !== 'void' && each.billing_reason !== 'subscription_update')
    .sort((a, b) => b.created - a.created);
  if (!ofPeriod?.id || ofPeriod.status !== 'paid') return null;
  const intents = paymentIntentsOf(ofPeriod);
  const paid = charges.filter((each) => each.paid && intents.includes(idOf(each.payment_intent) ?? ''));
  return paid.length > 0 && paid.every((each) => each.refunded) ? ofPeriod.id : null;
}

/** What an invoice was paid with; it has to have its `payments`. */
export function paymentIntentsOf(invoice: Stripe.Invoice): string[] {
  return (invoice.payments?.data ?? []).flatMap(({ payment }) => idOf(payment.payment_intent) ?? []);
}

/** The id of what may be expanded. */
export function idOf(reference: string | { id: string } | null | undefined): string | null {
  return typeof reference === 'object' ? (reference?.id ?? null) : (reference ?? null);
}

/** The subscription that an invoice is of. */
export function subscriptionIdOf(invoice: Stripe.Invoice): string | null {
  return idOf(invoice.parent?.subscription_details?.subscription);
}

/** What is charged: the subscription's own, else the customer's default. */
export function methodOf({
  customer,
  subscriptions,
}: Pick<StripeReading, 'customer' | 'subscriptions'>): Stripe.PaymentMethod | null {
  const own = subscriptions.find((each) => each.ended_at === null)?.default_payment_method;
  const fallback = customer.deleted ? null : customer.invoice_settings.default_payment_method;
  const method = [own, fallback].find((each) => typeof each === 'object' && each !== null);
  return typeof method === 'object' ? method : null;
}

function cardOf(reading: StripeReading): CardSnapshot | null {
  const method = methodOf(reading);
  if (!method) return null;
  const { exp_month: month, exp_year: year } = method.card ?? {};
  return { id: method.id, expiresAt: month && year ? cardExpiresAt(month, year) : null };
}

/** Stripe's seconds, where they may be missing. */
export function instantOf(seconds: number | null | undefined): Instant | null {
  return seconds === null || seconds === undefined ? null : fromUnixSeconds(seconds);
}
