import { askForAuthentication } from './authentications.ts';
import { timeOf } from './clock.ts';
import { findCustomer } from './customers.ts';
import { emit } from './events.ts';
import { newId, randomToken } from './ids.ts';
import type { CardFailure, Charge, Invoice, InvoicePayment, PaymentIntent } from './objects.ts';
import { asksForAuthentication, decliningCard, findPaymentMethod, rememberSetUp } from './payment-methods.ts';
import { declineMessage, type TestCard } from './test-cards.ts';
import type { World } from './world.ts';

/**
 * The payment that a finalised invoice is collected with: a PaymentIntent and the InvoicePayment that joins the two.
 * Emits `payment_intent.created`. https://docs.stripe.com/api/invoice-payment/object
 */
export function openPayment(world: World, invoice: Invoice): void {
  const created = timeOf(world, invoice.test_clock);
  const id = newId('pi');
  const intent: PaymentIntent = {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount: invoice.amount_remaining,
    amount_capturable: 0,
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic',
    client_secret: `${id}_secret_${randomToken(24)}`,
    confirmation_method: 'automatic',
    created,
    currency: invoice.currency,
    customer: invoice.customer,
    customer_account: null,
    description: invoice.billing_reason === 'subscription_create' ? 'Subscription creation' : 'Subscription update',
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: {},
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: ['card'],
    payment_record: null,
    processing: null,
    receipt_email: null,
    review: null,
    // Checkout and the first payment of a subscription set its card up. https://docs.stripe.com/payments/save-and-reuse
    setup_future_usage: invoice.billing_reason === 'subscription_create' ? 'off_session' : null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: 'requires_payment_method',
    transfer_data: null,
    transfer_group: null,
  };
  const payment: InvoicePayment = {
    id: newId('inpay'),
    object: 'invoice_payment',
    amount_paid: null,
    amount_requested: invoice.amount_remaining,
    created,
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: true,
    livemode: false,
    payment: { payment_intent: id, type: 'payment_intent' },
    status: 'open',
    status_transitions: { canceled_at: null, paid_at: null },
  };
  world.state.paymentIntents[id] = intent;
  world.state.invoicePayments[payment.id] = payment;
  emit(world, 'payment_intent.created', intent);
}

export interface ChargeOptions {
  /** The card's holder is not there. */
  offSession: boolean;
  /** Its holder has just authenticated. */
  authenticated?: boolean | undefined;
}

/**
 * Charges a card for an invoice. Emits `charge.succeeded`, `payment_intent.succeeded` and `invoice_payment.paid`; or
 * `charge.failed` and `payment_intent.payment_failed`; or `payment_intent.requires_action` when its holder must
 * authenticate first. https://docs.stripe.com/payments/paymentintents/lifecycle
 *
 * @returns why it failed, or `null` when the money is there
 */
export function chargeCard(
  world: World,
  invoice: Invoice,
  paymentMethodId: string,
  { offSession, authenticated = false }: ChargeOptions,
): CardFailure | 'requires-action' | null {
  const payment = paymentOf(world, invoice);
  const intent = payment && world.state.paymentIntents[payment.payment.payment_intent];
  if (!intent) throw new Error(`Invoice ${invoice.id} has no payment to collect.`);
  const method = findPaymentMethod(world, paymentMethodId, 'payment_method');
  intent.payment_method = method.id;
  intent.next_action = null;
  if (!authenticated && asksForAuthentication(world, method.id, offSession)) {
    intent.status = 'requires_action';
    intent.next_action = askForAuthentication(world, intent.id, method.id, invoice.hosted_invoice_url);
    emit(world, 'payment_intent.requires_action', intent);
    return 'requires-action';
  }
  const declines = decliningCard(world, paymentMethodId);
  const charge = addCharge(world, invoice, intent, method.id, declines);
  intent.latest_charge = charge.id;
  if (declines) {
    const failure = cardFailure(world, method.id, declines, charge.id);
    intent.status = 'requires_payment_method';
    intent.last_payment_error = failure;
    intent.payment_method = null;
    emit(world, 'charge.failed', charge);
    emit(world, 'payment_intent.payment_failed', intent);
    return failure;
  }
  if (authenticated && intent.setup_future_usage !== null) rememberSetUp(world, method.id);
  intent.status = 'succeeded';
  intent.last_payment_error = null;
  intent.amount_received = intent.amount;
  payment.status = 'paid';
  payment.amount_paid = payment.amount_requested;
  payment.status_transitions.paid_at = timeOf(world, invoice.test_clock);
  emit(world, 'charge.succeeded', charge);
  emit(world, 'payment_intent.succeeded', intent);
  emit(world, 'invoice_payment.paid', payment, null, invoice.customer);
  return null;
}

/**
 * Its holder did not authenticate: the intent waits for another payment method. Emits `payment_intent.payment_failed`.
 * https://docs.stripe.com/payments/paymentintents/lifecycle
 */
export function failAuthentication(world: World, intent: PaymentIntent, paymentMethod: string): void {
  intent.status = 'requires_payment_method';
  intent.next_action = null;
  intent.payment_method = null;
  intent.last_payment_error = {
    code: 'payment_intent_authentication_failure',
    doc_url: 'https://docs.stripe.com/error-codes/payment-intent-authentication-failure',
    message: 'The provided payment method has failed authentication. Provide a new payment method to try again.',
    payment_method: structuredClone(findPaymentMethod(world, paymentMethod, 'payment_method')),
    type: 'invalid_request_error',
  };
  emit(world, 'payment_intent.payment_failed', intent);
}

/** A decline in Stripe's words. https://docs.stripe.com/declines/codes */
export function cardFailure(world: World, paymentMethod: string, card: TestCard, charge?: string): CardFailure {
  return {
    ...(charge === undefined ? {} : { charge }),
    code: card.code,
    decline_code: card.declineCode,
    doc_url: `https://docs.stripe.com/error-codes/${card.code.replaceAll('_', '-')}`,
    message: declineMessage(card),
    payment_method: structuredClone(findPaymentMethod(world, paymentMethod, 'payment_method')),
    type: 'card_error',
  };
}

/** Gives up collecting: the invoice was voided or paid elsewhere. Emits `payment_intent.canceled`. */
export function cancelPayment(world: World, invoice: Invoice): void {
  const payment = paymentOf(world, invoice);
  const intent = payment && world.state.paymentIntents[payment.payment.payment_intent];
  if (!intent || payment.status !== 'open') return;
  const at = timeOf(world, invoice.test_clock);
  payment.status = 'canceled';
  payment.status_transitions.canceled_at = at;
  intent.status = 'canceled';
  intent.canceled_at = at;
  intent.next_action = null;
  intent.cancellation_reason = 'void_invoice';
  emit(world, 'payment_intent.canceled', intent);
}

/** The card that a subscription's invoices are charged to: its own default, else the customer's. https://docs.stripe.com/billing/subscriptions/payment-methods-setting */
export function cardFor(world: World, customerId: string, subscriptionDefault: string | null): string | null {
  return subscriptionDefault ?? findCustomer(world, customerId).invoice_settings.default_payment_method;
}

export function paymentsOf(world: World, invoiceId: string): InvoicePayment[] {
  return Object.values(world.state.invoicePayments).filter((each) => each.invoice === invoiceId);
}

/** The charge that paid an invoice. */
export function chargeOf(world: World, invoice: Invoice): Charge | undefined {
  const intent = world.state.paymentIntents[paymentOf(world, invoice)?.payment.payment_intent ?? ''];
  return intent?.status === 'succeeded' ? world.state.charges[intent.latest_charge ?? ''] : undefined;
}

function paymentOf(world: World, invoice: Invoice): InvoicePayment | undefined {
  return paymentsOf(world, invoice.id).at(-1);
}

function addCharge(
  world: World,
  invoice: Invoice,
  intent: PaymentIntent,
  paymentMethod: string,
  declines: TestCard | null,
): Charge {
  const paid = declines === null;
  const charge: Charge = {
    id: newId('ch'),
    object: 'charge',
    amount: intent.amount,
    amount_captured: paid ? intent.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: findPaymentMethod(world, paymentMethod, 'payment_method').billing_details,
    calculated_statement_descriptor: null,
    captured: paid,
    created: timeOf(world, invoice.test_clock),
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: declines?.code ?? null,
    failure_message: declines ? declineMessage(declines) : null,
    fraud_details: {},
    livemode: false,
    metadata: {},
    on_behalf_of: null,
    outcome: null,
    paid,
    payment_intent: intent.id,
    payment_method: paymentMethod,
    payment_method_details: null,
    receipt_email: null,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: paid ? 'succeeded' : 'failed',
    transfer_data: null,
    transfer_group: null,
  };
  world.state.charges[charge.id] = charge;
  return charge;
}
