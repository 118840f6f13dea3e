import type { SubscriptionSnapshot } from './snapshot.ts';

/**
 * Subscriptions, those of which the current period's payment was given back in full counted as over: nobody is covered by
 * money that they have back. The subscription itself goes on at Stripe until somebody cancels it; the next period that is
 * paid covers again.
 */
export function withRefundedOnesOver(subscriptions: readonly SubscriptionSnapshot[]): SubscriptionSnapshot[] {
  return subscriptions.map((each) =>
    each.refundedInvoiceId === null ? each : { ...each, status: 'canceled', cancelReason: 'cancellation_requested' },
  );
}
