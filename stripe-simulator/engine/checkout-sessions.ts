import { authenticationPage, dropAuthentication } from './authentications.ts';
import { timeOf } from './clock.ts';
import { createCustomer, findCustomer } from './customers.ts';
import { change, emit } from './events.ts';
import { newId, randomToken } from './ids.ts';
import { mergeMetadata } from './metadata.ts';
import type { Customer, Metadata, Price } from './objects.ts';
import { attachToken, createPaymentMethod, rememberSetUp, testCardOf } from './payment-methods.ts';
import { amountOf, findPrice, isMetered } from './prices.ts';
import type { Checkout, CheckoutSession, LineItem } from './session-objects.ts';
import { invalidRequest, noSuch, StripeError } from './stripe-error.ts';
import { createSubscription } from './subscriptions.ts';
import { declineMessage } from './test-cards.ts';
import type { World } from './world.ts';

/** https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-expires_at */
const LONGEST_SECONDS = 24 * 3600;
const SHORTEST_SECONDS = 30 * 60;
const MAX_TRIAL_DAYS = 730;

export interface CheckoutCreation {
  line_items: { price: string; quantity?: number | undefined; metadata?: Metadata | null | undefined }[];
  subscription_data?: Checkout['subscription'] | undefined;
  customer?: string | undefined;
  customer_email?: string | undefined;
  client_reference_id?: string | undefined;
  success_url: string;
  cancel_url?: string | undefined;
  expires_at?: number | undefined;
  payment_method_collection?: CheckoutSession['payment_method_collection'] | undefined;
  billing_address_collection?: 'auto' | 'required' | undefined;
  locale?: string | undefined;
  metadata?: Metadata | null | undefined;
}

/** @throws StripeError `resource_missing` */
export function findCheckoutSession(world: World, id: string): CheckoutSession {
  const session = world.state.checkoutSessions[id];
  if (!session) throw noSuch('checkout.session', id, 'id');
  return session;
}

/**
 * Opens a page on which a subscription is bought. Nothing is made before its payment is complete, and no event says that
 * it was opened. https://docs.stripe.com/api/checkout/sessions/create,
 * https://docs.stripe.com/changelog/basil/2025-03-31/checkout-legacy-subscription-upgrade
 */
export function createCheckoutSession(world: World, fields: CheckoutCreation): CheckoutSession {
  const customer = fields.customer === undefined ? null : findCustomer(world, fields.customer);
  const now = timeOf(world, customer?.test_clock ?? null);
  const lineItems = fields.line_items.map((each, index) => lineItemOf(world, each, index));
  const [first] = lineItems;
  if (!first) throw invalidRequest('Missing required param: line_items.', 'line_items', 'parameter_missing');
  requireOneRhythm(lineItems);
  const expiresAt = fields.expires_at ?? now + LONGEST_SECONDS;
  if (expiresAt < now + SHORTEST_SECONDS || expiresAt > now + LONGEST_SECONDS) {
    throw invalidRequest(
      'The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from Checkout Session creation.',
      'expires_at',
    );
  }
  requireTrial(fields.subscription_data, now);
  const trial = hasTrial(fields.subscription_data);
  const total = trial ? 0 : lineItems.reduce((sum, each) => sum + each.amount_total, 0);
  const id = `cs_test_${randomToken(58)}`;
  const session: CheckoutSession = {
    id,
    object: 'checkout.session',
    adaptive_pricing: null,
    after_expiration: null,
    allow_promotion_codes: null,
    allowed_payment_method_types: null,
    amount_subtotal: total,
    amount_total: total,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    billing_address_collection: fields.billing_address_collection ?? null,
    cancel_url: fields.cancel_url ?? null,
    client_reference_id: fields.client_reference_id ?? null,
    client_secret: null,
    collected_information: null,
    consent: null,
    consent_collection: null,
    created: now,
    currency: first.currency,
    currency_conversion: null,
    custom_fields: [],
    custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
    customer: customer?.id ?? null,
    customer_account: null,
    customer_creation: customer ? null : 'always',
    customer_details: detailsOf(customer?.email ?? fields.customer_email ?? null, customer?.name ?? null),
    customer_email: fields.customer_email ?? null,
    discounts: [],
    expires_at: expiresAt,
    integration_identifier: null,
    invoice: null,
    invoice_creation: null,
    livemode: false,
    locale: fields.locale ?? null,
    managed_payments: null,
    metadata: mergeMetadata({}, fields.metadata),
    mode: 'subscription',
    optional_items: null,
    origin_context: null,
    payment_intent: null,
    payment_link: null,
    payment_method_collection: fields.payment_method_collection ?? 'always',
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: ['card'],
    payment_status: 'unpaid',
    permissions: null,
    phone_number_collection: { enabled: false },
    recovered_from: null,
    saved_payment_method_options: null,
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: 'open',
    submit_type: null,
    subscription: null,
    success_url: fields.success_url,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: 'hosted_page',
    url: `/checkout/${id}`,
    wallet_options: null,
  };
  world.state.checkoutSessions[id] = session;
  world.state.checkouts[id] = { lineItems, subscription: fields.subscription_data ?? {}, waiting: null };
  return session;
}

/** Nothing but metadata can be changed here. https://docs.stripe.com/api/checkout/sessions/update */
export function updateCheckoutSession(
  world: World,
  id: string,
  metadata: Metadata | null | undefined,
): CheckoutSession {
  const session = findCheckoutSession(world, id);
  session.metadata = mergeMetadata(session.metadata, metadata);
  return session;
}

/** Closes its page; emits `checkout.session.expired`. https://docs.stripe.com/api/checkout/sessions/expire */
export function expireCheckoutSession(world: World, session: CheckoutSession): void {
  if (session.status !== 'open') {
    throw invalidRequest(
      `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of ${session.status}.`,
    );
  }
  dropAuthentication(world, session.id);
  session.status = 'expired';
  session.url = null;
  emit(world, 'checkout.session.expired', session);
}

/** The clock that a session lives on: its customer's. */
export function clockOfSession(world: World, session: CheckoutSession): string | null {
  return world.state.customers[session.customer ?? '']?.test_clock ?? null;
}

/** Whether its page asks for a card. https://docs.stripe.com/payments/checkout/free-trials#collect-payment */
export function needsCard(session: CheckoutSession): boolean {
  return session.payment_method_collection === 'always' || session.amount_total > 0;
}

/** What a person fills in on the page. */
export interface CheckoutForm {
  email: string;
  name: string | null;
  card: { number: string; exp_month: number; exp_year: number } | null;
}

/**
 * Pays on the page. A card that is declined leaves nothing behind, and the page stays open.
 * https://docs.stripe.com/payments/checkout/how-checkout-works
 *
 * @returns where the browser goes: the page that authenticates its holder, or back to the merchant
 * @throws StripeError `card_error`
 */
export function payCheckout(world: World, session: CheckoutSession, form: CheckoutForm): string {
  if (session.status !== 'open') throw invalidRequest('This page is no longer open.');
  if (form.card === null || !needsCard(session)) return complete(world, session, form, null);
  const method = createPaymentMethod(world, form.card, undefined);
  method.billing_details.email = form.email;
  method.billing_details.name = form.name;
  method.allow_redisplay = 'limited';
  const card = testCardOf(method);
  if (card.threeDSecure !== 'none') {
    const checkout = checkoutOf(world, session);
    checkout.waiting = { email: form.email, name: form.name };
    return authenticationPage(world, { of: session.id, paymentMethod: method.id, back: session.url });
  }
  return complete(world, session, form, method.id);
}

/**
 * The holder of the card has answered. https://docs.stripe.com/payments/3d-secure/authentication-flow
 *
 * @returns where the browser goes
 * @throws StripeError `card_error` for a card that is declined all the same
 */
export function authenticateCheckout(world: World, session: CheckoutSession, paymentMethod: string): string {
  const checkout = checkoutOf(world, session);
  const { waiting } = checkout;
  if (session.status !== 'open' || !waiting) throw invalidRequest('This page is no longer open.');
  checkout.waiting = null;
  rememberSetUp(world, paymentMethod);
  return complete(world, session, waiting, paymentMethod);
}

/**
 * Makes the customer if there was none, attaches the card as the subscription's default, makes the subscription with its
 * invoice, and then emits `checkout.session.completed`.
 * https://docs.stripe.com/payments/checkout/build-subscriptions, https://docs.stripe.com/billing/subscriptions/webhooks
 */
function complete(
  world: World,
  session: CheckoutSession,
  payer: Pick<CheckoutForm, 'email' | 'name'>,
  paymentMethod: string | null,
): string {
  const { lineItems, subscription: data } = checkoutOf(world, session);
  if (paymentMethod !== null) refuseDeclined(world, paymentMethod, session.amount_total > 0);
  const customer = customerFor(world, session, payer);
  if (paymentMethod !== null) {
    const attached = attachToken(world, paymentMethod, customer);
    emit(world, 'payment_method.attached', attached);
  }
  const subscription = createSubscription(world, {
    customer: customer.id,
    items: lineItems.map(({ price, quantity, metadata }) => ({
      price: price.id,
      quantity: quantity ?? undefined,
      metadata,
    })),
    default_payment_method: paymentMethod,
    authenticated: true,
    ...data,
    trial_settings: data.trial_settings,
  });
  session.customer = customer.id;
  session.customer_details = detailsOf(payer.email, payer.name ?? customer.name);
  session.invoice = subscription.latest_invoice;
  session.subscription = subscription.id;
  session.payment_status = session.amount_total > 0 ? 'paid' : 'no_payment_required';
  session.status = 'complete';
  session.url = null;
  emit(world, 'checkout.session.completed', session);
  return successUrl(session);
}

/** https://docs.stripe.com/payments/checkout/custom-success-page */
export function successUrl(session: CheckoutSession): string {
  return session.success_url.replaceAll('{CHECKOUT_SESSION_ID}', session.id);
}

function customerFor(world: World, session: CheckoutSession, payer: Pick<CheckoutForm, 'email' | 'name'>): Customer {
  if (session.customer === null) return createCustomer(world, { email: payer.email, name: payer.name });
  const customer = findCustomer(world, session.customer);
  // A customer without an address gets the one of the page: https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-customer
  if (customer.email === null) {
    change(world, 'customer.updated', customer, (each) => {
      each.email = payer.email;
    });
  }
  return customer;
}

/** A card that is only saved is refused when it is one that can't be attached; one that is charged, on any decline. */
function refuseDeclined(world: World, paymentMethod: string, charged: boolean): void {
  const method = world.state.paymentMethods[paymentMethod];
  if (!method) return;
  const card = testCardOf(method);
  if (card.declines === 'never' || (card.declines === 'charge' && !charged)) return;
  throw new StripeError(402, {
    type: 'card_error',
    code: card.code,
    decline_code: card.declineCode,
    message: declineMessage(card),
  });
}

function lineItemOf(world: World, given: CheckoutCreation['line_items'][number], index: number): LineItem {
  const param = `line_items[${index}]`;
  const price = findPrice(world, given.price, `${param}[price]`);
  if (!price.active) throw invalidRequest('The price specified is inactive.', `${param}[price]`);
  if (!price.recurring) {
    throw invalidRequest('The Stripe simulator sells recurring prices only in subscription mode.', `${param}[price]`);
  }
  if (isMetered(price) && given.quantity !== undefined) {
    throw invalidRequest('Quantity should not be specified where usage_type is `metered`.', `${param}[quantity]`);
  }
  if (!isMetered(price) && given.quantity === undefined) {
    throw invalidRequest('Quantity is required.', `${param}[quantity]`, 'parameter_missing');
  }
  const amount = amountOf(price, given.quantity ?? 1);
  return {
    id: newId('li'),
    object: 'item',
    adjustable_quantity: null,
    amount_discount: 0,
    amount_subtotal: amount,
    amount_tax: 0,
    amount_total: amount,
    currency: price.currency,
    description: world.state.products[price.product]?.name ?? price.product,
    metadata: mergeMetadata({}, given.metadata),
    price: structuredClone(price),
    quantity: given.quantity ?? null,
  };
}

function requireOneRhythm(lineItems: LineItem[]): void {
  const rhythm = ({ recurring, currency }: Price) => `${recurring?.interval_count} ${recurring?.interval} ${currency}`;
  if (new Set(lineItems.map(({ price }) => rhythm(price))).size > 1) {
    throw invalidRequest('Checkout does not support multiple prices with different billing intervals.', 'line_items');
  }
}

function requireTrial(data: CheckoutCreation['subscription_data'], now: number): void {
  if (data?.trial_period_days !== undefined && data.trial_end !== undefined) {
    throw invalidRequest(
      'You may only specify one of these parameters: trial_end, trial_period_days.',
      'subscription_data[trial_end]',
    );
  }
  if (data?.trial_period_days !== undefined && data.trial_period_days > MAX_TRIAL_DAYS) {
    throw invalidRequest(`Trial periods last ${MAX_TRIAL_DAYS} days at most.`, 'subscription_data[trial_period_days]');
  }
  // https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-subscription_data-trial_end
  if (data?.trial_end !== undefined && data.trial_end < now + 48 * 3600) {
    throw invalidRequest('The trial end must be at least 48 hours in the future.', 'subscription_data[trial_end]');
  }
}

function hasTrial(data: CheckoutCreation['subscription_data']): boolean {
  return data?.trial_period_days !== undefined || data?.trial_end !== undefined;
}

function detailsOf(email: string | null, name: string | null): CheckoutSession['customer_details'] {
  if (email === null && name === null) return null;
  return {
    address: null,
    business_name: null,
    email,
    individual_name: null,
    name,
    phone: null,
    tax_exempt: 'none',
    tax_ids: null,
  };
}

export function checkoutOf(world: World, session: CheckoutSession): Checkout {
  const checkout = world.state.checkouts[session.id];
  if (!checkout) throw new Error(`Session ${session.id} has lost what it sells.`);
  return checkout;
}
