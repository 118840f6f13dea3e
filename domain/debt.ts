import type { Debt } from './account-state.ts';
import type { SubscriptionSnapshot } from './snapshot.ts';

/**
 * What is owed on a subscription. Of the open invoices the newest is named: paying it is what restores the subscription.
 * The amount is all that is open.
 */
export function debtOf(subscription: SubscriptionSnapshot | null): Debt | null {
  const open = subscription?.invoices.filter((invoice) => invoice.status === 'open' && invoice.attemptCount > 0) ?? [];
  const newest = open.at(-1);
  if (!newest) return null;
  return {
    invoiceId: newest.id,
    amountCents: open.reduce((sum, invoice) => sum + invoice.amountRemainingCents, 0),
    currency: newest.currency,
    payUrl: newest.payUrl,
    nextAttemptAt: newest.nextAttemptAt,
  };
}
