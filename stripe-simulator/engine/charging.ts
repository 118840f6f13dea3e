import { timeOf } from './clock.ts';
import { findCustomer } from './customers.ts';
import { emit } from './events.ts';
import { newId, randomToken } from './ids.ts';
import type { CardFailure, Charge, Invoice, InvoicePayment, PaymentIntent } from './objects.ts';
import { declineCodeOf, findPaymentMethod } from './payment-methods.ts';
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
    setup_future_usage: null,
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

/**
 * Charges a card for an invoice. Emits `charge.succeeded`, `payment_intent.succeeded` and `invoice_payment.paid`, or
 * `charge.failed` and `payment_intent.payment_failed`. https://docs.stripe.com/payments/paymentintents/lifecycle
 *
 * @returns why it failed, or `null` when the money is there
 */
export function chargeCard(world: World, invoice: Invoice, paymentMethodId: string): CardFailure | null {
  const payment = paymentOf(world, invoice);
  const intent = payment && world.state.paymentIntents[payment.payment.payment_intent];
  if (!intent) throw new Error(`Invoice ${invoice.id} has no payment to collect.`);
  const method = findPaymentMethod(world, paymentMethodId, 'payment_method');
  const declineCode = declineCodeOf(world, paymentMethodId);
  const charge = addCharge(world, invoice, intent, method.id, declineCode);
  intent.latest_charge = charge.id;
  if (declineCode !== null) {
    const failure: CardFailure = {
      charge: charge.id,
      code: 'card_declined',
      decline_code: declineCode,
      doc_url: 'https://docs.stripe.com/error-codes/card-declined',
      message: 'Your card was declined.',
      payment_method: structuredClone(method),
      type: 'card_error',
    };
    intent.last_payment_error = failure;
    intent.payment_method = null;
    emit(world, 'charge.failed', charge);
    emit(world, 'payment_intent.payment_failed', intent);
    return failure;
  }
  intent.status = 'succeeded';
  intent.payment_method = method.id;
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

function paymentOf(world: World, invoice: Invoice): InvoicePayment | undefined {
  return paymentsOf(world, invoice.id).at(-1);
}

function addCharge(
  world: World,
  invoice: Invoice,
  intent: PaymentIntent,
  paymentMethod: string,
  declineCode: string | null,
): Charge {
  const paid = declineCode === null;
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
    failure_code: paid ? null : 'card_declined',
    failure_message: paid ? null : 'Your card was declined.',
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
