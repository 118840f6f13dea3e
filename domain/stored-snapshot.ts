import { type BillingSnapshot, emptySnapshot, type InvoiceSnapshot, type SubscriptionSnapshot } from './snapshot.ts';

type StoredSubscription = Omit<SubscriptionSnapshot, 'plannedChange' | 'refundedInvoiceId' | 'invoices'> &
  Partial<Pick<SubscriptionSnapshot, 'plannedChange' | 'refundedInvoiceId'>> & {
    invoices: (InvoiceSnapshot & { payUrl?: unknown })[];
  };

/** A snapshot as any version has read it: histories of workflows hold older ones. */
export type StoredSnapshot = Omit<BillingSnapshot, 'subscriptions' | 'card' | 'disputes' | 'finalizedInvoices'> &
  Partial<Pick<BillingSnapshot, 'card' | 'disputes' | 'finalizedInvoices'>> & {
    subscriptions: StoredSubscription[];
    paymentMethod?: unknown;
  };

/** A snapshot with what it lacks, and without what older versions read and is personal. */
export function presentSnapshot({ paymentMethod: _, ...stored }: StoredSnapshot): BillingSnapshot {
  return {
    ...emptySnapshot(stored.readAt),
    ...stored,
    subscriptions: stored.subscriptions.map((each) => ({
      ...each,
      plannedChange: each.plannedChange ?? null,
      refundedInvoiceId: each.refundedInvoiceId ?? null,
      invoices: each.invoices.map(({ payUrl: _, ...invoice }) => invoice),
    })),
  };
}
