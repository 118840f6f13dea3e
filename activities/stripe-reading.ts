import Stripe from 'stripe';
import { mainItemOf, productIdOf, productsToRead, roleOf } from '#billing/stripe-role.ts';
import type { Catalog } from '#domain/catalog.ts';
import { isUndecided } from '#domain/disputes.ts';
import type { Instant } from '#domain/time.ts';

/** Most subscriptions, open invoices and payment methods that are read of one customer: Stripe's largest page. */
const PAGE = 100;
/** Most invoices and payments of the past that are read. */
const RECENT = 24;
const ON_ITS_WAY = new Set(['processing', 'requires_capture']);
const UNFINISHED = new Set([...ON_ITS_WAY, 'requires_action']);
const IN_GOOD_STANDING = new Set(['active', 'trialing']);

/** What Stripe answered, in Stripe's shapes. */
export interface StripeReading {
  readAt: Instant;
  customer: Stripe.Customer | Stripe.DeletedCustomer;
  /** With `latest_invoice` and `default_payment_method` expanded. */
  subscriptions: Stripe.Subscription[];
  openInvoices: Stripe.Invoice[];
  /** The newest, open ones included, with `payments` expanded. */
  recentInvoices: Stripe.Invoice[];
  /** The newest. */
  charges: Stripe.Charge[];
  /** Of those charges. */
  disputes: Stripe.Dispute[];
  paymentMethods: Stripe.PaymentMethod[];
  /** The price that a schedule changes to, and when (seconds), by subscription. */
  plannedPrices: ReadonlyMap<string, { price: Stripe.Price; at: number }>;
  /** Metadata by product, of those that are needed to tell what a subscription is for. */
  productMetadata: ReadonlyMap<string, Stripe.Metadata>;
  paymentInDoubt: boolean;
  catalog: Catalog;
}

/** Reads all that is known of a customer: six requests at once, and further ones only where something is out of the ordinary. */
export async function readStripe(
  stripe: Stripe,
  { customerId, readAt, catalog }: { customerId: string; readAt: Instant; catalog: Catalog },
): Promise<StripeReading> {
  const [customer, subscriptions, openInvoices, recentInvoices, charges, paymentMethods] = await Promise.all([
    stripe.customers.retrieve(customerId, { expand: ['invoice_settings.default_payment_method'] }),
    stripe.subscriptions.list({
      customer: customerId,
      status: 'all',
      limit: PAGE,
      expand: ['data.latest_invoice', 'data.default_payment_method'],
    }),
    stripe.invoices.list({ customer: customerId, status: 'open', limit: PAGE }),
    stripe.invoices.list({ customer: customerId, limit: RECENT, expand: ['data.payments'] }),
    stripe.charges.list({ customer: customerId, limit: RECENT }),
    paymentMethodsOf(stripe, customerId),
  ]);
  const productMetadata = await metadataOf(stripe, productsToRead(subscriptions.data, catalog));
  const plans = subscriptions.data.filter((each) => {
    const product = productIdOf(mainItemOf(each, catalog)) ?? '';
    return roleOf(each, catalog, productMetadata.get(product)).role === 'base';
  });
  const disputes = await disputesOf(stripe, charges.data);
  // From an account with a subscription in good standing nothing is taken for money on its way, so nobody asks.
  // An add-on covers nothing, nor does what nobody knows.
  const isCovered = plans.some((each) => IN_GOOD_STANDING.has(each.status));
  const isOnItsWay = !isCovered && (await isPaymentInDoubt(stripe, openInvoices.data, plans));
  return {
    readAt,
    customer,
    subscriptions: subscriptions.data,
    openInvoices: openInvoices.data,
    recentInvoices: recentInvoices.data,
    charges: charges.data,
    disputes,
    paymentMethods,
    plannedPrices: await plannedPricesOf(stripe, subscriptions.data),
    productMetadata,
    paymentInDoubt: isOnItsWay || disputes.some(isUndecided),
    catalog,
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

/** A customer that was deleted at Stripe has none. */
async function paymentMethodsOf(stripe: Stripe, customerId: string): Promise<Stripe.PaymentMethod[]> {
  try {
    return (await stripe.customers.listPaymentMethods(customerId, { limit: PAGE })).data;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing') return [];
    throw error;
  }
}

async function disputesOf(stripe: Stripe, charges: Stripe.Charge[]): Promise<Stripe.Dispute[]> {
  const disputed = charges.filter((each) => each.disputed);
  const lists = await Promise.all(disputed.map(({ id }) => stripe.disputes.list({ charge: id, limit: PAGE })));
  return lists.flatMap(({ data }) => data);
}

/** The first change of price that lies ahead. https://docs.stripe.com/billing/subscriptions/subscription-schedules */
async function plannedPricesOf(
  stripe: Stripe,
  subscriptions: Stripe.Subscription[],
): Promise<Map<string, { price: Stripe.Price; at: number }>> {
  const planned = new Map<string, { price: Stripe.Price; at: number }>();
  for (const subscription of subscriptions) {
    if (subscription.schedule === null || subscription.ended_at !== null) continue;
    const id = typeof subscription.schedule === 'string' ? subscription.schedule : subscription.schedule.id;
    const { phases, current_phase: current } = await stripe.subscriptionSchedules.retrieve(id);
    const now = new Set(subscription.items.data.map(({ price }) => price.id));
    const next = phases
      .filter((phase) => phase.start_date >= (current?.end_date ?? 0))
      .flatMap((phase) => phase.items.map(({ price }) => ({ price, at: phase.start_date })))
      .find(({ price }) => !now.has(typeof price === 'string' ? price : price.id));
    if (!next) continue;
    const priceId = typeof next.price === 'string' ? next.price : next.price.id;
    planned.set(subscription.id, { price: await stripe.prices.retrieve(priceId), at: next.at });
  }
  return planned;
}

/** An expansion reaches four levels deep, and a product lies at the fifth: the few that are needed are read by themselves. */
async function metadataOf(stripe: Stripe, productIds: string[]): Promise<Map<string, Stripe.Metadata>> {
  const products = await Promise.all(productIds.map((id) => stripe.products.retrieve(id)));
  return new Map(products.map((each) => [each.id, each.metadata]));
}
