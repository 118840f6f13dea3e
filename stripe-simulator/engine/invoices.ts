import { cancelPayment, cardFor, chargeCard, chargeOf, failAuthentication, openPayment } from './charging.ts';
import { timeOf } from './clock.ts';
import { findCustomer } from './customers.ts';
import { disputeAsCardAsks } from './disputes.ts';
import { change, emit } from './events.ts';
import { newId, randomToken } from './ids.ts';
import type {
  CardFailure,
  Customer,
  Invoice,
  InvoiceLine,
  PaymentIntent,
  Subscription,
  SubscriptionItem,
} from './objects.ts';
import { attachPaymentMethod, findPaymentMethod } from './payment-methods.ts';
import { isOfPendingUpdate, settlePendingUpdate } from './pending-updates.ts';
import { amountOf, isMetered } from './prices.ts';
import { productNameOf } from './products.ts';
import { invalidRequest, noSuch, StripeError } from './stripe-error.ts';
import { collectionFailed, findSubscription, followInvoices } from './subscription-status.ts';
import { meteredAmount, usageOf } from './usage.ts';
import type { World } from './world.ts';

/** A renewal's invoice stays a draft for an hour. https://docs.stripe.com/billing/invoices/subscription */
export const DRAFT_SECONDS = 3600;
const DAY_S = 86_400;

/** @throws StripeError `resource_missing` */
export function findInvoice(world: World, id: string, param = 'invoice'): Invoice {
  const invoice = world.state.invoices[id];
  if (!invoice) throw noSuch('invoice', id, param);
  return invoice;
}

export interface DraftOptions {
  usagePeriod: { start: number; end: number };
  free: boolean;
  autoAdvance: boolean;
  /** What is charged whole; default the subscription's items. */
  items?: SubscriptionItem[];
  /** Credits and charges for the rest of a period, beside those that wait. */
  prorations?: InvoiceLine[];
}

/** Drafts a subscription's invoice; emits `invoice.created`. https://docs.stripe.com/billing/invoices/subscription */
export function draftInvoice(
  world: World,
  subscription: Subscription,
  reason: Invoice['billing_reason'],
  options: DraftOptions,
): Invoice {
  const invoice = composeInvoice(world, subscription, reason, options);
  delete world.state.pendingProrations[subscription.id];
  world.state.invoices[invoice.id] = invoice;
  emit(world, 'invoice.created', invoice);
  return invoice;
}

/**
 * What a subscription's invoice would be for the period that its items are in; changes nothing.
 *
 * @param options.usagePeriod the invoice's own period: the one that has ended
 * @param options.free nothing is charged, for a trial
 */
export function composeInvoice(
  world: World,
  subscription: Subscription,
  reason: Invoice['billing_reason'],
  options: DraftOptions,
): Invoice {
  const customer = findCustomer(world, subscription.customer);
  const created = timeOf(world, customer.test_clock);
  const id = newId('in');
  // Usage is charged for the period that has ended, so that there is none on the first invoice.
  const billed = (options.items ?? subscription.items.data).filter(
    (item) => reason === 'subscription_cycle' || reason === 'upcoming' || !isMetered(item.price),
  );
  const waiting = [...(world.state.pendingProrations[subscription.id] ?? []), ...(options.prorations ?? [])];
  const lines = [
    ...waiting.map((line) => ({ ...line, invoice: id })),
    ...billed.map((item) => lineFor(world, id, subscription.customer, item, options)),
  ];
  const total = lines.reduce((sum, line) => sum + line.amount, 0);
  const finalizesByItself = reason === 'subscription_cycle' && options.autoAdvance;
  const invoice: Invoice = {
    id,
    object: 'invoice',
    account_country: 'US',
    account_name: 'Stripe simulator',
    account_tax_ids: null,
    amount_due: Math.max(0, total),
    amount_overpaid: 0,
    amount_paid: 0,
    amount_paid_off_stripe: 0,
    amount_remaining: Math.max(0, total),
    amount_shipping: 0,
    application: null,
    attempt_count: 0,
    attempted: false,
    auto_advance: options.autoAdvance,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
    automatically_finalizes_at: finalizesByItself ? created + DRAFT_SECONDS : null,
    billing_reason: reason,
    collection_method: 'charge_automatically',
    created,
    currency: subscription.currency,
    custom_fields: null,
    customer: customer.id,
    customer_account: null,
    customer_address: null,
    customer_email: customer.email,
    customer_name: customer.name,
    customer_phone: customer.phone,
    customer_shipping: null,
    customer_tax_exempt: 'none',
    customer_tax_ids: [],
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    due_date: null,
    effective_at: null,
    ending_balance: null,
    footer: null,
    from_invoice: null,
    hosted_invoice_url: null,
    invoice_pdf: null,
    issuer: { type: 'self' },
    last_finalization_error: null,
    latest_revision: null,
    lines: { object: 'list', data: lines, has_more: false, total_count: lines.length, url: `/v1/invoices/${id}/lines` },
    livemode: false,
    metadata: {},
    next_payment_attempt: finalizesByItself ? created + DRAFT_SECONDS : null,
    number: null,
    on_behalf_of: null,
    parent: {
      quote_details: null,
      subscription_details: { metadata: structuredClone(subscription.metadata), subscription: subscription.id },
      type: 'subscription_details',
    },
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: options.usagePeriod.end,
    period_start: options.usagePeriod.start,
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    receipt_number: null,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    starting_balance: 0,
    statement_descriptor: null,
    status: 'draft',
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    subtotal: total,
    subtotal_excluding_tax: total,
    test_clock: customer.test_clock,
    total,
    total_discount_amounts: [],
    total_excluding_tax: total,
    total_pretax_credit_amounts: [],
    total_taxes: [],
    webhooks_delivered_at: created,
  };
  return invoice;
}

/** Usage that came in while it was a draft is on it too. https://docs.stripe.com/billing/subscriptions/usage-based/manage-billing-setup */
function recountUsage(world: World, invoice: Invoice): void {
  for (const line of invoice.lines.data) {
    const price = world.state.prices[line.pricing.price_details.price];
    if (!price || !isMetered(price)) continue;
    const used = usageOf(world, price, invoice.customer, line.period);
    Object.assign(line, meteredAmount(price, used));
  }
  const total = invoice.lines.data.reduce((sum, line) => sum + line.amount, 0);
  invoice.total = total;
  invoice.subtotal = total;
  invoice.subtotal_excluding_tax = total;
  invoice.total_excluding_tax = total;
}

/**
 * Makes a draft final: it gets its number, its hosted page and a payment; nothing is charged yet. Emits
 * `payment_intent.created` and `invoice.finalized`; an invoice over nothing is paid at once.
 * https://docs.stripe.com/invoicing/integration/workflow-transitions#finalized
 */
export function finalizeInvoice(world: World, invoice: Invoice): void {
  const at = timeOf(world, invoice.test_clock);
  const customer = findCustomer(world, invoice.customer);
  const token = randomToken(40);
  world.state.hostedInvoices[token] = invoice.id;
  invoice.status = 'open';
  invoice.number = `${customer.invoice_prefix}-${String(customer.next_invoice_sequence).padStart(4, '0')}`;
  customer.next_invoice_sequence += 1;
  invoice.hosted_invoice_url = `/invoice/${token}`;
  invoice.invoice_pdf = `/invoice/${token}/pdf`;
  invoice.automatically_finalizes_at = null;
  invoice.effective_at = at;
  recountUsage(world, invoice);
  settleBalance(world, invoice, customer);
  invoice.status_transitions.finalized_at = at;
  if (invoice.amount_remaining > 0) openPayment(world, invoice);
  emit(world, 'invoice.finalized', invoice);
  if (invoice.amount_remaining === 0) markPaid(world, invoice, 'charged');
}

/**
 * A credit that the customer has is used first; an invoice below zero adds to it. https://docs.stripe.com/billing/customer/balance
 */
function settleBalance(world: World, invoice: Invoice, customer: Customer): void {
  const sum = customer.balance + invoice.total;
  invoice.starting_balance = customer.balance;
  invoice.ending_balance = Math.min(0, sum);
  invoice.amount_due = Math.max(0, sum);
  invoice.amount_remaining = invoice.amount_due;
  change(world, 'customer.updated', customer, (each) => {
    each.balance = Math.min(0, sum);
  });
}

/**
 * A draft's hour is over: it is finalised and tried for the first time, unless collection is paused.
 * https://docs.stripe.com/billing/subscriptions/pause-payment
 */
export function finalizeByItself(world: World, invoice: Invoice): void {
  finalizeInvoice(world, invoice);
  if (invoice.status !== 'open') return;
  const pause = subscriptionOf(world, invoice).pause_collection;
  if (pause?.behavior === 'void') voidInvoice(world, invoice);
  else if (pause?.behavior === 'mark_uncollectible') markUncollectible(world, invoice);
  else collect(world, invoice, { kind: 'automatic' });
}

/** Why an invoice was not collected. */
export type CollectionFailure = CardFailure | 'no-payment-method' | 'requires-action';

/**
 * Tries to collect an open invoice. Success emits `invoice.updated`, `invoice.paid` and `invoice.payment_succeeded`;
 * failure `invoice.updated` and `invoice.payment_failed`, or `invoice.payment_action_required` when the card's holder must
 * authenticate; either is followed by `customer.subscription.updated` when its status changes. Any first attempt counts;
 * after it only automatic ones do, and only those plan the next.
 * https://docs.stripe.com/billing/subscriptions/webhooks, https://docs.stripe.com/api/invoices/object#invoice_object-attempt_count
 *
 * @param attempt.offSession its holder is not there; default for automatic attempts at anything but a first invoice
 * @returns `null` when paid
 */
export function collect(
  world: World,
  invoice: Invoice,
  attempt: {
    kind: 'automatic' | 'manual';
    paymentMethod?: string | undefined;
    offSession?: boolean | undefined;
    authenticated?: boolean | undefined;
  },
): CollectionFailure | null {
  const subscription = subscriptionOf(world, invoice);
  const card = attempt.paymentMethod ?? cardFor(world, invoice.customer, subscription.default_payment_method);
  const automatic = attempt.kind === 'automatic';
  const offSession = attempt.offSession ?? (automatic && invoice.billing_reason === 'subscription_cycle');
  const failure =
    card === null
      ? 'no-payment-method'
      : chargeCard(world, invoice, card, { offSession, authenticated: attempt.authenticated });
  const attempts = automatic || invoice.attempt_count === 0 ? invoice.attempt_count + 1 : invoice.attempt_count;
  if (failure === null) {
    markPaid(world, invoice, 'charged', attempts);
    if (card !== null) keepAsDefault(world, subscription, card);
    const charge = chargeOf(world, invoice);
    if (charge) disputeAsCardAsks(world, charge);
    return null;
  }
  const retryDays = world.policy.retryAfterDays[attempts - 1];
  const retried = invoice.billing_reason !== 'subscription_create' && !isOfPendingUpdate(world, invoice);
  const retries = automatic && retried && retryDays !== undefined;
  change(world, 'invoice.updated', invoice, (each) => {
    each.attempted = true;
    each.attempt_count = attempts;
    if (automatic) {
      each.next_payment_attempt = retries ? timeOf(world, each.test_clock) + retryDays * DAY_S : null;
    }
  });
  const outcome = failure === 'requires-action' ? 'payment_action_required' : 'payment_failed';
  emit(world, `invoice.${outcome}`, invoice);
  setDelinquent(world, invoice.customer, true);
  followInvoices(world, subscription);
  if (automatic && !retries && retried) collectionFailed(world, subscription);
  return failure;
}

/**
 * The holder of the card answered. Authenticated: the payment goes on. Not: emits `payment_intent.payment_failed` and
 * `invoice.payment_failed`. https://docs.stripe.com/billing/subscriptions/overview#requires-action
 */
export function authenticatePayment(world: World, intentId: string, paymentMethod: string, succeeded: boolean): void {
  const payment = Object.values(world.state.invoicePayments).find(
    (each) => each.payment.payment_intent === intentId && each.status === 'open',
  );
  const intent = world.state.paymentIntents[intentId];
  if (!payment || intent?.status !== 'requires_action') return;
  const invoice = findInvoice(world, payment.invoice);
  if (succeeded) {
    collect(world, invoice, { kind: 'manual', paymentMethod, authenticated: true });
    return;
  }
  failAuthentication(world, intent, paymentMethod);
  emit(world, 'invoice.payment_failed', invoice);
}

export interface Confirmation {
  payment_method?: string | undefined;
  /** Default false: its customer is there. */
  off_session?: boolean | undefined;
}

/**
 * Confirms the payment of an invoice, as Stripe.js does with its client secret: with the card that is given, which is
 * attached first, or with the default. https://docs.stripe.com/api/payment_intents/confirm
 *
 * @throws StripeError `card_declined`, or `payment_intent_unexpected_state` when nothing is to be paid
 */
export function confirmPayment(world: World, intent: PaymentIntent, fields: Confirmation): PaymentIntent {
  const payment = Object.values(world.state.invoicePayments).find(
    (each) => each.payment.payment_intent === intent.id && each.status === 'open',
  );
  if (!payment || intent.status === 'succeeded' || intent.status === 'canceled') {
    throw invalidRequest(
      `This PaymentIntent's status is ${intent.status}: it can't be confirmed.`,
      undefined,
      'payment_intent_unexpected_state',
    );
  }
  const invoice = findInvoice(world, payment.invoice);
  const customer = findCustomer(world, invoice.customer);
  const given = fields.payment_method;
  const isAttached = given !== undefined && world.state.paymentMethods[given]?.customer === customer.id;
  const card = given === undefined || isAttached ? given : attachPaymentMethod(world, given, customer).id;
  const failure = collect(world, invoice, {
    kind: 'manual',
    paymentMethod: card,
    offSession: fields.off_session ?? false,
  });
  if (failure === 'no-payment-method') throw noDefaultCard();
  if (failure === null || failure === 'requires-action') return intent;
  const { body } = declined(failure);
  throw new StripeError(402, { ...body, payment_intent: structuredClone(intent) });
}

export interface InvoicePayment {
  payment_method?: string | undefined;
  paid_out_of_band?: boolean | undefined;
  /** Default true: https://docs.stripe.com/api/invoices/pay#pay_invoice-off_session */
  off_session?: boolean | undefined;
}

/**
 * Pays an invoice on request. A decline is recorded and then answered with 402. https://docs.stripe.com/api/invoices/pay
 *
 * @throws StripeError `card_declined`, or `invalid_request_error` when there is nothing to pay or nothing to pay with
 */
export function payInvoice(world: World, id: string, how: InvoicePayment): Invoice {
  const invoice = findInvoice(world, id, 'id');
  if (invoice.status === 'paid') throw invalidRequest('Invoice is already paid', undefined, 'invoice_already_paid');
  if (invoice.status === 'void') throw invalidRequest('This invoice is voided and cannot be paid.');
  const subscription = subscriptionOf(world, invoice);
  if (how.payment_method) requireCardOf(world, how.payment_method, invoice.customer);
  else if (!how.paid_out_of_band && cardFor(world, invoice.customer, subscription.default_payment_method) === null) {
    throw noDefaultCard();
  }
  if (invoice.status === 'draft') finalizeInvoice(world, invoice);
  if (isPaid(invoice)) return invoice;
  if (how.paid_out_of_band) {
    cancelPayment(world, invoice);
    markPaid(world, invoice, 'out-of-band');
    return invoice;
  }
  const failure = collect(world, invoice, {
    kind: 'manual',
    paymentMethod: how.payment_method,
    offSession: how.off_session ?? true,
  });
  if (failure === null) return invoice;
  if (failure === 'no-payment-method') throw noDefaultCard();
  if (failure === 'requires-action') throw actionRequired('invoice');
  throw declined(failure);
}

/** Emits `invoice.voided`. Only open and uncollectible invoices can be voided. https://docs.stripe.com/api/invoices/void */
export function voidInvoice(world: World, invoice: Invoice): void {
  if (invoice.status !== 'open' && invoice.status !== 'uncollectible') {
    throw invalidRequest(
      `This invoice can't be voided: its status is ${invoice.status}. You can only void open invoices.`,
    );
  }
  cancelPayment(world, invoice);
  change(world, 'invoice.updated', invoice, (each) => {
    each.status = 'void';
    each.auto_advance = false;
    each.next_payment_attempt = null;
    each.status_transitions.voided_at = timeOf(world, each.test_clock);
  });
  emit(world, 'invoice.voided', invoice);
  const used = (invoice.ending_balance ?? 0) - invoice.starting_balance;
  change(world, 'customer.updated', findCustomer(world, invoice.customer), (each) => {
    each.balance -= used;
  });
  const subscription = subscriptionOf(world, invoice);
  settlePendingUpdate(world, invoice, subscription);
  followInvoices(world, subscription);
}

/** Emits `invoice.marked_uncollectible`. https://docs.stripe.com/api/invoices/mark_uncollectible */
export function markUncollectible(world: World, invoice: Invoice): void {
  if (invoice.status !== 'open') {
    throw invalidRequest(`This invoice can't be marked uncollectible: its status is ${invoice.status}.`);
  }
  change(world, 'invoice.updated', invoice, (each) => {
    each.status = 'uncollectible';
    each.auto_advance = false;
    each.next_payment_attempt = null;
    each.status_transitions.marked_uncollectible_at = timeOf(world, each.test_clock);
  });
  emit(world, 'invoice.marked_uncollectible', invoice);
  setDelinquent(world, invoice.customer, false);
  followInvoices(world, subscriptionOf(world, invoice));
}

/** A declined charge as the API answers it. */
export function declined(failure: CardFailure): StripeError {
  const { payment_method: _, ...body } = failure;
  return new StripeError(402, body);
}

/**
 * A payment that waits for its card's holder, as the API answers it.
 * https://docs.stripe.com/error-codes#invoice-payment-intent-requires-action
 */
export function actionRequired(of: 'invoice' | 'subscription'): StripeError {
  const code = `${of}_payment_intent_requires_action`;
  return new StripeError(402, {
    type: 'card_error',
    code,
    doc_url: `https://docs.stripe.com/error-codes/${code.replaceAll('_', '-')}`,
    message: `This ${of}'s payment requires additional user action before it can be completed. Payment can be completed using the PaymentIntent associated with it.`,
  });
}

/** Nothing to charge. https://docs.stripe.com/error-codes#resource-missing */
export function noDefaultCard(): StripeError {
  return invalidRequest(
    'This customer has no attached payment source or default payment method. Please consider adding a default payment method. For more information, visit https://docs.stripe.com/billing/subscriptions/payment-methods-setting#payment-method-priority.',
    undefined,
    'resource_missing',
  );
}

/** @throws StripeError when the card is not this customer's */
export function requireCardOf(world: World, paymentMethod: string, customer: string, param = 'payment_method'): void {
  if (findPaymentMethod(world, paymentMethod, param).customer === customer) return;
  throw invalidRequest(
    `The customer does not have a payment method with the ID ${paymentMethod}. The payment method must be attached to the customer.`,
    param,
    'resource_missing',
  );
}

export function subscriptionOf(world: World, invoice: Invoice): Subscription {
  return findSubscription(world, invoice.parent.subscription_details.subscription);
}

function isPaid(invoice: Invoice): boolean {
  return invoice.status === 'paid';
}

function markPaid(
  world: World,
  invoice: Invoice,
  how: 'charged' | 'out-of-band',
  attempts: number = invoice.attempt_count,
): void {
  change(world, 'invoice.updated', invoice, (each) => {
    each.status = 'paid';
    each.attempted = true;
    each.attempt_count = attempts;
    each.amount_paid = each.amount_due;
    each.amount_paid_off_stripe = how === 'out-of-band' ? each.amount_due : 0;
    each.amount_remaining = 0;
    each.auto_advance = false;
    each.next_payment_attempt = null;
    each.status_transitions.paid_at = timeOf(world, each.test_clock);
  });
  emit(world, 'invoice.paid', invoice);
  emit(world, 'invoice.payment_succeeded', invoice);
  setDelinquent(world, invoice.customer, false);
  const subscription = subscriptionOf(world, invoice);
  settlePendingUpdate(world, invoice, subscription);
  followInvoices(world, subscription);
}

/** https://docs.stripe.com/api/subscriptions/create#create_subscription-payment_settings-save_default_payment_method */
function keepAsDefault(world: World, subscription: Subscription, paymentMethod: string): void {
  if (subscription.payment_settings.save_default_payment_method !== 'on_subscription') return;
  if (world.unannounced === subscription.id) subscription.default_payment_method = paymentMethod;
  else {
    change(world, 'customer.subscription.updated', subscription, (each) => {
      each.default_payment_method = paymentMethod;
    });
  }
}

/** `delinquent` follows the latest change of any invoice. https://docs.stripe.com/api/customers/object#customer_object-delinquent */
function setDelinquent(world: World, customerId: string, delinquent: boolean): void {
  change(world, 'customer.updated', findCustomer(world, customerId), (each) => {
    each.delinquent = delinquent;
  });
}

function lineFor(
  world: World,
  invoice: string,
  customer: string,
  item: SubscriptionItem,
  { free, usagePeriod }: { free: boolean; usagePeriod: { start: number; end: number } },
): InvoiceLine {
  const { price } = item;
  const metered = isMetered(price);
  const used = metered && !free ? usageOf(world, price, customer, usagePeriod) : '0';
  const quantity = metered ? meteredAmount(price, used).quantity : (item.quantity ?? 1);
  const amount = free ? 0 : metered ? meteredAmount(price, used).amount : amountOf(price, quantity);
  return {
    id: newId('il'),
    object: 'line_item',
    amount,
    currency: price.currency,
    description: free
      ? `Trial period for ${productNameOf(world, price)}`
      : `${quantity} × ${productNameOf(world, price)}`,
    discount_amounts: [],
    discountable: true,
    discounts: [],
    invoice,
    livemode: false,
    metadata: {},
    parent: {
      invoice_item_details: null,
      subscription_item_details: {
        invoice_item: null,
        proration: false,
        proration_details: { credited_items: null },
        subscription: item.subscription,
        subscription_item: item.id,
      },
      type: 'subscription_item_details',
    },
    period: metered ? usagePeriod : { end: item.current_period_end, start: item.current_period_start },
    pretax_credit_amounts: [],
    pricing: {
      price_details: { price: price.id, product: price.product },
      type: 'price_details',
      unit_amount_decimal: free ? '0' : price.unit_amount_decimal,
    },
    quantity,
    quantity_decimal: metered ? used : String(quantity),
    subscription: item.subscription,
    subtotal: amount,
    taxes: [],
  };
}
