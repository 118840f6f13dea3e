import type { Debt } from './account-state.ts';
import type { InvoiceSnapshot, SubscriptionSnapshot } from './snapshot.ts';

/**
 * What is owed on a subscription. Of the open invoices the newest is named: paying it is what restores the subscription.
 * The amount is all that is open.
 */
export function debtOf(subscription: SubscriptionSnapshot | null): Debt | null {
  // A first payment that waits for its customer (3D Secure) may not have been attempted: it is what begins the subscription.
  const isAsked = ({ attemptCount }: InvoiceSnapshot) => attemptCount > 0 || subscription?.status === 'incomplete';
  const open = subscription?.invoices.filter((invoice) => invoice.status === 'open' && isAsked(invoice)) ?? [];
  const newest = open.at(-1);
  if (!newest) return null;
  return {
    invoiceId: newest.id,
    amountCents: open.reduce((sum, invoice) => sum + invoice.amountRemainingCents, 0),
    currency: newest.currency,
    nextAttemptAt: newest.nextAttemptAt,
  };
}
