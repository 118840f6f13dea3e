import { findCustomer } from './customers.ts';
import { change, emit } from './events.ts';
import { payInvoice, subscriptionOf } from './invoices.ts';
import type { Invoice } from './objects.ts';
import { attachToken } from './payment-methods.ts';
import type { World } from './world.ts';

/**
 * Pays an invoice with a test card, as a customer does on its hosted page. A card that is kept is attached and becomes
 * the default from which this subscription is charged. https://docs.stripe.com/invoicing/hosted-invoice-page
 *
 * @param token like `pm_card_visa`
 * @throws StripeError as `payInvoice` does; a declined card is not kept
 */
export function payOnHostedPage(world: World, invoice: Invoice, token: string, keepCard: boolean): void {
  const customer = findCustomer(world, invoice.customer);
  const card = attachToken(world, token, customer);
  try {
    payInvoice(world, invoice.id, { payment_method: card.id });
  } catch (error) {
    card.customer = null;
    throw error;
  }
  if (!keepCard) {
    card.customer = null;
    return;
  }
  emit(world, 'payment_method.attached', card);
  const subscription = subscriptionOf(world, invoice);
  if (subscription.default_payment_method !== null) {
    change(world, 'customer.subscription.updated', subscription, (each) => {
      each.default_payment_method = card.id;
    });
    return;
  }
  change(world, 'customer.updated', customer, (each) => {
    each.invoice_settings.default_payment_method = card.id;
  });
}
