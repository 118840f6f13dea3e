import { emit } from './events.ts';
import type { Customer } from './objects.ts';
import { endSubscription, hasEnded } from './subscription-status.ts';
import type { World } from './world.ts';

/**
 * Deletes a customer for good: its subscriptions end at once, its cards go; invoices and charges stay readable. Emits
 * `customer.subscription.deleted` and `customer.deleted`. https://docs.stripe.com/api/customers/delete
 */
export function deleteCustomer(world: World, customer: Customer): void {
  const { state } = world;
  for (const subscription of Object.values(state.subscriptions)) {
    if (subscription.customer !== customer.id || hasEnded(subscription)) continue;
    endSubscription(world, subscription, { reason: 'cancellation_requested' });
  }
  emit(world, 'customer.deleted', customer);
  forget(state.paymentMethods, (each) => each.customer === customer.id);
  delete state.customers[customer.id];
  state.deletedCustomers[customer.id] = true;
}

/** What a deleted test clock takes with it. https://docs.stripe.com/api/test_clocks/delete */
export function forgetCustomer({ state }: World, id: string): void {
  const owned = (each: { customer: string | null }) => each.customer === id;
  forget(state.subscriptions, owned);
  forget(state.invoices, owned);
  forget(state.paymentIntents, owned);
  forget(state.setupIntents, owned);
  forget(state.disputes, (each) => state.charges[each.charge]?.customer === id);
  forget(state.charges, owned);
  forget(state.refunds, owned);
  forget(state.checkoutSessions, owned);
  forget(state.portalSessions, owned);
  forget(state.subscriptionSchedules, owned);
  forget(state.meterEvents, owned);
  forget(state.invoicePayments, (each) => state.invoices[each.invoice] === undefined);
  for (const [token, invoice] of Object.entries(state.hostedInvoices)) {
    if (!state.invoices[invoice]) delete state.hostedInvoices[token];
  }
}

function forget<T extends { id: string }>(table: Record<string, T>, gone: (each: T) => boolean): void {
  for (const [key, each] of Object.entries(table)) if (gone(each)) delete table[key];
}
