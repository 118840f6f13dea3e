import type { Dunning } from './account-state.ts';
import { type BillingSnapshot, type InvoiceSnapshot, isForUpgrade, type SubscriptionSnapshot } from './snapshot.ts';

const ENDED = new Set(['canceled', 'incomplete_expired']);
const OWED = new Set(['past_due', 'unpaid']);
/** Why Stripe ended a subscription, where that was not its customer's wish. */
const ENDED_FOR_MONEY = new Set<string | null>(['payment_failed', 'payment_disputed']);

/** Lower ranks govern: a subscription in good standing before one that owes, before one that never began. */
const RANK: Record<string, number> = { active: 0, trialing: 0, past_due: 1, unpaid: 1, paused: 2, incomplete: 3 };
const RANK_OF_UNKNOWN = 2;

/**
 * What is to be said of a renewal that failed:
 * - `owes`: it is unpaid
 * - `paid`: it was paid, or there was none
 * - `waived`: it is no longer asked for, without a payment: its invoice was voided or written off
 * - `lapsed`: the subscription is over for want of payment
 * - `ended`: the subscription is over by its customer's wish
 * - `replaced`: another subscription has taken the place of the one that was dunned
 */
export type Verdict = 'owes' | 'paid' | 'waived' | 'lapsed' | 'ended' | 'replaced';

/** Whose subscription counts: what covers an account, and what is to be said of its debt. */
export interface Cover {
  /**
   * The base subscription that decides the account's standing: the best one that has not ended. Of several in good standing
   * the one that governed before, else the oldest; of others the newest.
   */
  governing: SubscriptionSnapshot | null;
  /** The one that is dunned, or is to be; `null` when there is none, or when Stripe lists it no more. */
  dunned: SubscriptionSnapshot | null;
  verdict: Verdict;
  /** Nothing governs, and a subscription that had begun is over. */
  hasEnded: boolean;
  /** The governing one had a trial, and nothing was ever there to pay for it with: it covers nothing, and gets no grace. */
  isFreeRide: boolean;
}

/**
 * @param dunning the dunning so far
 * @param governedBy id of the subscription that governed so far
 */
export function coverOf(snapshot: BillingSnapshot, dunning: Dunning | null, governedBy: string | null): Cover {
  const governing = governingSubscription(snapshot, governedBy);
  const hasEnded = !governing && snapshot.subscriptions.some((each) => each.status === 'canceled');
  const isFreeRide = !dunning && governing !== null && endedTrialUnpayable(governing, snapshot);
  if (!dunning) {
    const dunned = governing && !isFreeRide && owesRenewal(governing) ? governing : null;
    return { governing, dunned, verdict: dunned ? 'owes' : 'paid', hasEnded, isFreeRide };
  }
  const dunned = snapshot.subscriptions.find((each) => each.id === dunning.subscriptionId) ?? null;
  return { governing, dunned, verdict: verdictOn(dunning, dunned, governing, snapshot), hasEnded, isFreeRide };
}

function verdictOn(
  dunning: Dunning,
  dunned: SubscriptionSnapshot | null,
  governing: SubscriptionSnapshot | null,
  snapshot: BillingSnapshot,
): Verdict {
  const other = governing && governing.id !== dunning.subscriptionId && canReplace(governing) ? governing : null;
  const inRetention = dunning.stage === 'canceled' || dunning.stage === 'deleted';
  if (inRetention || !dunned || isOver(dunned)) {
    if (other) return 'replaced';
    return inRetention || lapsed(dunning, dunned, snapshot) ? 'lapsed' : 'ended';
  }
  if (!stillOwesRenewal(dunned)) return isPaid(dunned) ? 'paid' : 'waived';
  return other && !owesRenewal(other) ? 'replaced' : 'owes';
}

function governingSubscription(snapshot: BillingSnapshot, governedBy: string | null): SubscriptionSnapshot | null {
  const live = snapshot.subscriptions.filter((each) => !isOver(each));
  const rank = (each: SubscriptionSnapshot) => RANK[each.status] ?? RANK_OF_UNKNOWN;
  const inOrder = (a: SubscriptionSnapshot, b: SubscriptionSnapshot) => {
    const age = a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id);
    return isInGoodStanding(a) ? age : -age;
  };
  const governed = live.find((each) => each.id === governedBy && isInGoodStanding(each));
  return governed ?? live.sort((a, b) => rank(a) - rank(b) || inOrder(a, b))[0] ?? null;
}

/** Whether a subscription is in its first period after a trial, unpaid, and there is nothing to charge. */
function endedTrialUnpayable(subscription: SubscriptionSnapshot, { card }: BillingSnapshot): boolean {
  const { status, trialEnd, currentPeriodStart } = subscription;
  return OWED.has(status) && trialEnd !== null && currentPeriodStart <= trialEnd && card === null;
}

/** Whether a subscription that is over was ended by our dunning, by Stripe's or by a dispute; otherwise its customer did. */
function lapsed(dunning: Dunning, dunned: SubscriptionSnapshot | null, snapshot: BillingSnapshot): boolean {
  const byUs = dunning.stage === 'suspended' && snapshot.readAt >= dunning.cancelAt;
  return byUs || ENDED_FOR_MONEY.has(dunned?.cancelReason ?? null);
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

/** Whether it was money that settled a renewal. An invoice that is neither open nor the latest is not read: it was paid. */
function isPaid(subscription: SubscriptionSnapshot): boolean {
  const latest = subscription.invoices.find((invoice) => invoice.id === subscription.latestInvoiceId);
  return !latest || latest.status === 'paid' || isForUpgrade(latest);
}

/** Whether a subscription may take the place of one that was dunned: it has begun, and its status is understood. */
function canReplace(subscription: SubscriptionSnapshot): boolean {
  return isKnown(subscription) && subscription.status !== 'incomplete';
}

/** Whether a subscription is paid for, or in its trial. */
export function isInGoodStanding(subscription: SubscriptionSnapshot): boolean {
  return RANK[subscription.status] === 0;
}

/** Whether a subscription is over for good. */
export function isOver(subscription: SubscriptionSnapshot): boolean {
  return ENDED.has(subscription.status);
}

/** Whether the status of a subscription is one that is known today. */
export function isKnown(subscription: SubscriptionSnapshot): boolean {
  return Object.hasOwn(RANK, subscription.status) || isOver(subscription);
}

function openInvoices(subscription: SubscriptionSnapshot): InvoiceSnapshot[] {
  return subscription.invoices.filter((invoice) => invoice.status === 'open');
}
