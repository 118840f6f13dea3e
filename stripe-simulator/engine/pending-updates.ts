import { change, emit } from './events.ts';
import type { Invoice, Subscription } from './objects.ts';
import type { World } from './world.ts';

/** A pending update waits 23 hours for its payment. https://docs.stripe.com/billing/subscriptions/pending-updates */
export const PENDING_SECONDS = 23 * 3600;

/** Whether an invoice is that of an update that waits for its payment. */
export function isOfPendingUpdate(world: World, invoice: Invoice): boolean {
  const pending = world.state.pendingUpdates[invoice.parent.subscription_details.subscription];
  return pending?.invoice === invoice.id;
}

/**
 * The invoice of a pending update was paid, or voided: the update takes effect, or is dropped. Emits
 * `customer.subscription.pending_update_applied` or `.pending_update_expired`, each with its `updated`.
 * https://docs.stripe.com/billing/subscriptions/pending-updates
 */
export function settlePendingUpdate(world: World, invoice: Invoice, subscription: Subscription): void {
  const pending = world.state.pendingUpdates[subscription.id];
  if (pending?.invoice !== invoice.id) return;
  delete world.state.pendingUpdates[subscription.id];
  const applies = invoice.status === 'paid';
  change(world, 'customer.subscription.updated', subscription, (each) => {
    each.pending_update = null;
    if (!applies) return;
    each.items.data = pending.items;
    each.items.total_count = pending.items.length;
    each.billing_cycle_anchor = pending.anchor;
  });
  emit(world, `customer.subscription.pending_update_${applies ? 'applied' : 'expired'}`, subscription);
}
