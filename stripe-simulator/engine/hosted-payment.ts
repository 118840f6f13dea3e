import { findCustomer } from './customers.ts';
import { change, emit } from './events.ts';
import { confirmPayment, payInvoice, subscriptionOf } from './invoices.ts';
import type { Invoice, PaymentIntent } from './objects.ts';
import { attachToken } from './payment-methods.ts';
import type { World } from './world.ts';

/**
 * Pays an invoice with a test card, as a customer does on its hosted page. A card that is kept is attached and becomes
 * the default from which this subscription is charged. https://docs.stripe.com/invoicing/hosted-invoice-page
 *
 * @param token like `pm_card_visa`
 * @param back where its holder goes on after authenticating
 * @returns the page on which its holder must authenticate, or `null` once it is paid
 * @throws StripeError as `payInvoice` does; a declined card is not kept
 */
export function payOnHostedPage(
  world: World,
  invoice: Invoice,
  token: string,
  keepCard: boolean,
  back: string,
): string | null {
  const customer = findCustomer(world, invoice.customer);
  const card = attachToken(world, token, customer);
  let asked: string | null = null;
  try {
    const intent = openIntentOf(world, invoice);
    if (intent) asked = authenticationOf(world, confirmPayment(world, intent, { payment_method: card.id }), back);
    else payInvoice(world, invoice.id, { payment_method: card.id, off_session: false });
  } catch (error) {
    card.customer = null;
    throw error;
  }
  if (!keepCard && asked === null) {
    card.customer = null;
    return null;
  }
  emit(world, 'payment_method.attached', card);
  const subscription = subscriptionOf(world, invoice);
  if (subscription.default_payment_method !== null) {
    change(world, 'customer.subscription.updated', subscription, (each) => {
      each.default_payment_method = card.id;
    });
  } else {
    change(world, 'customer.updated', customer, (each) => {
      each.invoice_settings.default_payment_method = card.id;
    });
  }
  return asked;
}

/** The payment of an invoice that is open. */
export function openIntentOf(world: World, invoice: Invoice): PaymentIntent | undefined {
  const payment = Object.values(world.state.invoicePayments).find(
    (each) => each.invoice === invoice.id && each.status === 'open',
  );
  return world.state.paymentIntents[payment?.payment.payment_intent ?? ''];
}

/** The page that a payment waits for, or `null`; its holder comes back to `back`. */
function authenticationOf(world: World, intent: PaymentIntent, back: string): string | null {
  const { next_action: action } = intent;
  if (action?.type !== 'use_stripe_sdk') return null;
  const page = action.use_stripe_sdk.stripe_js;
  const asked = world.state.authentications[page.split('/').at(-1) ?? ''];
  if (asked) asked.back = back;
  return page;
}
