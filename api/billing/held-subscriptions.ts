import type Stripe from 'stripe';
import { roleOf } from '#billing/stripe-role.ts';
import type { AccountState } from '#domain/account-state.ts';
import type { Catalog } from '#domain/catalog.ts';
import { Problem } from '../problem.ts';
import { debtFirst } from './refusals.ts';

const PAGE = 100;
const OVER = new Set(['canceled', 'incomplete_expired']);
const IN_GOOD_STANDING = new Set(['active', 'trialing']);
const OWING = new Set(['past_due', 'unpaid']);

/** What a customer has at Stripe at this moment. */
export interface HeldSubscriptions {
  /** The one that governs the plan, or `null`. */
  plan: Stripe.Subscription | null;
  /** To a plan, of which the first payment has not come. */
  unfinished: Stripe.Subscription[];
  /** Everything beside the plan that is not over, add-ons among it. */
  others: Stripe.Subscription[];
  /** Whether any plan was ever had, a trial included. */
  hadPlan: boolean;
}

/** The least of an account that is needed to tell its plan's subscription from others. */
export type Governed = Pick<AccountState, 'subscription'>;

/** Read from Stripe itself: what is saved here may be a moment old. Latest invoices are expanded. */
export async function heldSubscriptions(
  stripe: Stripe,
  catalog: Catalog,
  customer: string,
  { subscription }: Governed,
): Promise<HeldSubscriptions> {
  const { data } = await stripe.subscriptions.list({
    customer,
    status: 'all',
    limit: PAGE,
    expand: ['data.latest_invoice'],
  });
  const isPlan = (each: Stripe.Subscription) =>
    each.id === subscription?.id || roleOf(each, catalog, undefined).role === 'base';
  const plans = data.filter(isPlan);
  const live = plans.filter((each) => !OVER.has(each.status));
  const begun = live.filter((each) => each.status !== 'incomplete');
  return {
    plan:
      begun.find((each) => each.id === subscription?.id) ??
      begun.find((each) => IN_GOOD_STANDING.has(each.status)) ??
      begun[0] ??
      null,
    unfinished: live.filter((each) => each.status === 'incomplete'),
    others: data.filter((each) => !OVER.has(each.status) && !isPlan(each)),
    hadPlan: plans.some((each) => each.status !== 'incomplete' && each.status !== 'incomplete_expired'),
  };
}

/** @throws Problem 402 `debt-first` when the subscription's renewal is unpaid */
export function refuseOwing(subscription: Stripe.Subscription): void {
  if (!OWING.has(subscription.status)) return;
  const invoice = latestInvoiceOf(subscription);
  throw debtFirst(
    invoice && {
      invoiceId: invoice.id ?? '',
      amountCents: invoice.amount_remaining,
      currency: invoice.currency,
      payUrl: invoice.hosted_invoice_url ?? null,
    },
  );
}

/** The subscription's newest invoice, where it was expanded. */
export function latestInvoiceOf({ latest_invoice: invoice }: Stripe.Subscription): Stripe.Invoice | null {
  return typeof invoice === 'object' ? invoice : null;
}

/** @throws Problem 409 `no-subscription` */
export function requirePlan({ plan, unfinished }: HeldSubscriptions): Stripe.Subscription {
  if (plan) return plan;
  if (unfinished.length > 0) {
    throw new Problem(
      409,
      'payment-pending',
      'The first payment has not come',
      'The subscription begins with its first payment. Finish it, or cancel it with DELETE …/billing/subscription.',
    );
  }
  throw new Problem(
    409,
    'no-subscription',
    'There is no subscription',
    'The account is on its free plan, or its subscription has ended. Buy a plan with POST …/billing/checkout.',
  );
}
