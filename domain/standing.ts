import type { Dunning, Standing } from './account-state.ts';
import type { Catalog } from './catalog.ts';
import type { BillingSnapshot, InvoiceSnapshot, SubscriptionSnapshot } from './snapshot.ts';

const ENDED = new Set(['canceled', 'incomplete_expired']);
const OWED = new Set(['past_due', 'unpaid']);

/** Lower ranks govern: a subscription in good standing before one that owes, before one that never began. */
const RANK: Record<string, number> = { active: 0, trialing: 0, past_due: 1, unpaid: 1, paused: 2, incomplete: 3 };
const RANK_OF_UNKNOWN = 2;

/** Whether a subscription is over for good. */
export function hasEnded(subscription: SubscriptionSnapshot): boolean {
  return ENDED.has(subscription.status);
}

/** Whether an invoice charges for a change of plan in the middle of a period. */
export function isForUpgrade(invoice: InvoiceSnapshot): boolean {
  return invoice.billingReason === 'subscription_update';
}

/** Whether a subscription owes a renewal. A declined upgrade on its own is no reason for grace: the old plan was paid for. */
export function owesRenewal(subscription: SubscriptionSnapshot): boolean {
  if (!OWED.has(subscription.status)) return false;
  const open = openInvoices(subscription);
  return open.length === 0 || open.some((invoice) => !isForUpgrade(invoice));
}

/** Whether a subscription that owed a renewal still does. Under a status that is not known, its open invoices tell. */
export function stillOwesRenewal(subscription: SubscriptionSnapshot): boolean {
  return isKnown(subscription)
    ? owesRenewal(subscription)
    : openInvoices(subscription).some((invoice) => !isForUpgrade(invoice));
}

/** Whether a subscription may take the place of one that was dunned: it has begun, and its status is understood. */
export function canReplace(subscription: SubscriptionSnapshot): boolean {
  return isKnown(subscription) && subscription.status !== 'incomplete';
}

/** The base subscription that decides the account's standing: the best one that has not ended, the newest of equals. */
export function governingSubscription(snapshot: BillingSnapshot): SubscriptionSnapshot | null {
  const live = snapshot.subscriptions.filter((each) => !hasEnded(each));
  const rank = (each: SubscriptionSnapshot) => RANK[each.status] ?? RANK_OF_UNKNOWN;
  return live.sort((a, b) => rank(a) - rank(b) || b.createdAt.localeCompare(a.createdAt))[0] ?? null;
}

/**
 * The one table from Stripe's status, the state of collection and the stage of dunning to the account's standing.
 * Statuses: https://docs.stripe.com/api/subscriptions/object#subscription_object-status
 *
 * @param before the standing so far: a status that Stripe adds one day changes nothing by itself
 */
export function standingOf(
  snapshot: BillingSnapshot,
  dunning: Dunning | null,
  before: Standing,
  catalog: Pick<Catalog, 'onCancel' | 'onCollectionPaused'>,
): Standing {
  if (dunning?.stage === 'canceled' || dunning?.stage === 'deleted') return 'canceled';
  const governing = governingSubscription(snapshot);
  if (!governing) {
    const wasCustomer = snapshot.subscriptions.some((each) => each.status === 'canceled');
    return wasCustomer && catalog.onCancel === 'stop-services' ? 'canceled' : 'free';
  }
  if (governing.collectionPaused && catalog.onCollectionPaused === 'hold') return 'paused';
  switch (governing.status) {
    case 'active':
      return 'active';
    case 'trialing':
      return 'trialing';
    case 'incomplete':
      return 'incomplete';
    case 'paused':
      return 'paused';
    case 'past_due':
    case 'unpaid':
      return dunning ? standingInDunning(dunning) : 'active';
    default:
      if (dunning) return standingInDunning(dunning);
      return before === 'grace' || before === 'suspended' ? 'active' : before;
  }
}

function standingInDunning(dunning: Dunning): Standing {
  return dunning.stage === 'suspended' ? 'suspended' : 'grace';
}

function isKnown(subscription: SubscriptionSnapshot): boolean {
  return Object.hasOwn(RANK, subscription.status) || hasEnded(subscription);
}

function openInvoices(subscription: SubscriptionSnapshot): InvoiceSnapshot[] {
  return subscription.invoices.filter((invoice) => invoice.status === 'open');
}
