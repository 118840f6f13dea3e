import { nextRenewal } from './billing-cycle.ts';
import { type ChargeOptions, cardFailure, cardFor } from './charging.ts';
import { timeOf } from './clock.ts';
import { findCustomer } from './customers.ts';
import { change, emit } from './events.ts';
import { newId } from './ids.ts';
import {
  actionRequired,
  collect,
  DRAFT_SECONDS,
  declined,
  draftInvoice,
  finalizeInvoice,
  noDefaultCard,
  requireCardOf,
  voidInvoice,
} from './invoices.ts';
import { changeItems, type ItemChange, type ItemsChange } from './item-changes.ts';
import { mergeMetadata } from './metadata.ts';
import type {
  CancellationFeedback,
  Customer,
  Invoice,
  Metadata,
  Price,
  Subscription,
  SubscriptionItem,
} from './objects.ts';
import { asksForAuthentication, decliningCard } from './payment-methods.ts';
import { PENDING_SECONDS } from './pending-updates.ts';
import { amountOf, findPrice, isMetered, planOf } from './prices.ts';
import { createSetupIntent } from './setup-intents.ts';
import { invalidRequest, notSimulated, StripeError } from './stripe-error.ts';
import { type Ending, endSubscription, findSubscription, hasEnded, invoicesOf } from './subscription-status.ts';
import type { World } from './world.ts';

const DAY_S = 86_400;
const MAX_TRIAL_DAYS = 730;

/** An incomplete subscription waits 23 hours for its first payment. https://docs.stripe.com/billing/subscriptions/overview */
export const INCOMPLETE_SECONDS = 23 * 3600;
/** `trial_will_end` comes three days before. https://docs.stripe.com/billing/subscriptions/trials */
export const TRIAL_NOTICE_SECONDS = 3 * DAY_S;

export interface SubscriptionFields {
  cancel_at_period_end?: boolean | undefined;
  cancel_at?: number | null | undefined;
  default_payment_method?: string | null | undefined;
  description?: string | null | undefined;
  metadata?: Metadata | null | undefined;
  proration_behavior?: string | undefined;
  /** The customer is not there to authenticate; default false. */
  off_session?: boolean | undefined;
}

export interface SubscriptionCreation extends SubscriptionFields {
  customer: string;
  items: { price: string; quantity?: number | undefined; metadata?: Metadata | null | undefined }[];
  trial_period_days?: number | undefined;
  trial_end?: number | 'now' | undefined;
  trial_settings?: Subscription['trial_settings'] | undefined;
  payment_behavior?: 'allow_incomplete' | 'default_incomplete' | 'error_if_incomplete' | undefined;
  payment_settings?: { save_default_payment_method?: 'off' | 'on_subscription' | undefined } | undefined;
  billing_mode?: { type: 'classic' | 'flexible' } | undefined;
  /** Its customer has just authenticated, on Checkout's page. */
  authenticated?: boolean | undefined;
}

export interface SubscriptionUpdate extends SubscriptionFields {
  pause_collection?:
    | { behavior: 'keep_as_draft' | 'mark_uncollectible' | 'void'; resumes_at?: number | undefined }
    | null
    | undefined;
  items?: ItemChange[] | undefined;
  trial_end?: number | 'now' | undefined;
  trial_settings?: Subscription['trial_settings'] | undefined;
  payment_behavior?: 'allow_incomplete' | 'error_if_incomplete' | 'pending_if_incomplete' | undefined;
  cancellation_details?: { comment?: string | undefined; feedback?: CancellationFeedback | undefined } | undefined;
}

/**
 * Starts a subscription: its first invoice is made, finalised and, unless `default_incomplete`, tried at once. Emits the
 * invoice's and the payment's events and `customer.subscription.created`; a later payment of an incomplete one emits
 * `customer.subscription.updated`. https://docs.stripe.com/api/subscriptions/create, https://docs.stripe.com/billing/subscriptions/webhooks
 *
 * @throws StripeError `card_declined` with `error_if_incomplete`, and then nothing is made
 */
export function createSubscription(world: World, fields: SubscriptionCreation): Subscription {
  const customer = findCustomer(world, fields.customer);
  const now = timeOf(world, customer.test_clock);
  const prices = fields.items.map((item, index) =>
    subscribable(findPrice(world, item.price, `items[${index}][price]`)),
  );
  const recurring = sameRecurrence(prices);
  if (fields.default_payment_method) {
    requireCardOf(world, fields.default_payment_method, customer.id, 'default_payment_method');
  }
  const behavior = fields.payment_behavior ?? 'allow_incomplete';
  const trialEnd = trialEndOf(fields, now);
  const total = fields.items.reduce(
    (sum, item, index) => sum + (prices[index] ? amountOf(prices[index], item.quantity ?? 1) : 0),
    0,
  );
  const card = cardFor(world, customer.id, fields.default_payment_method ?? null);
  const chargesNow = trialEnd === null && total > 0 && behavior !== 'default_incomplete';
  const how = { offSession: fields.off_session ?? false, authenticated: fields.authenticated };
  if (chargesNow) requireChargeable(world, card, behavior, how);

  const subscription = build(customer, prices, recurring, fields, { now, trialEnd });
  const { id } = subscription;
  scheduleCancel(subscription, fields, now);
  world.state.subscriptions[id] = subscription;
  rememberCurrency(world, customer, subscription.currency);

  const usagePeriod = { start: now, end: now };
  const invoice = draftInvoice(world, subscription, 'subscription_create', {
    usagePeriod,
    free: trialEnd !== null,
    autoAdvance: true,
  });
  subscription.latest_invoice = invoice.id;
  subscription.status = trialEnd === null ? 'incomplete' : 'trialing';
  if (total === 0 && trialEnd === null) subscription.status = 'active';
  if (chargesNow) {
    // Stripe announces a subscription once its first attempt is over, with the status that came of it.
    world.unannounced = id;
    finalizeInvoice(world, invoice);
    collect(world, invoice, { kind: 'automatic', ...how });
    world.unannounced = null;
  } else finalizeInvoice(world, invoice);
  if (behavior === 'default_incomplete' && invoice.amount_due === 0 && card === null) {
    // https://docs.stripe.com/billing/subscriptions/deferred-payment
    subscription.pending_setup_intent = createSetupIntent(world, { customer: customer.id }).id;
  }
  emit(world, 'customer.subscription.created', subscription);
  return subscription;
}

/** A subscription that is not kept: what its first invoice would be made of. */
export function previewSubscription(
  world: World,
  fields: Pick<SubscriptionCreation, 'customer' | 'items'>,
): Subscription {
  const customer = findCustomer(world, fields.customer);
  const prices = fields.items.map(({ price }) => subscribable(findPrice(world, price, 'items')));
  const now = timeOf(world, customer.test_clock);
  return build(customer, prices, sameRecurrence(prices), fields, { now, trialEnd: null });
}

function build(
  customer: Customer,
  prices: Price[],
  recurring: NonNullable<Price['recurring']>,
  fields: SubscriptionCreation,
  { now, trialEnd }: { now: number; trialEnd: number | null },
): Subscription {
  const id = newId('sub');
  const anchor = trialEnd ?? now;
  const period = { start: now, end: trialEnd ?? nextRenewal(anchor, recurring, now) };
  const items = fields.items.map((item, index) => itemFor(id, prices[index], item, now, period));
  return newSubscription(id, customer, items, fields, { now, anchor, trialEnd });
}

/** Emits `customer.subscription.updated`. https://docs.stripe.com/api/subscriptions/update */
export function updateSubscription(
  world: World,
  id: string,
  fields: SubscriptionUpdate,
  by: 'request' | 'schedule' = 'request',
): Subscription {
  const subscription = findSubscription(world, id, 'id');
  if (hasEnded(subscription)) {
    throw invalidRequest(
      'A canceled subscription can only update its cancellation_details and metadata.',
      undefined,
      'resource_missing',
    );
  }
  if (fields.default_payment_method) {
    requireCardOf(world, fields.default_payment_method, subscription.customer, 'default_payment_method');
  }
  const now = timeOf(world, subscription.test_clock);
  if (by === 'request') refuseBesideSchedule(subscription, fields);
  refuseBesidePending(subscription, fields);
  // On a copy first: what is refused leaves nothing behind.
  const tried = structuredClone(subscription);
  extendTrial(tried, fields, now);
  scheduleCancel(tried, fields, now);
  const billing = fields.items ? billChange(world, subscription, fields, fields.items, now) : null;
  change(world, 'customer.subscription.updated', subscription, (each) => {
    if (billing) applyBilling(world, each, billing, now);
    extendTrial(each, fields, now);
    scheduleCancel(each, fields, now);
    each.metadata = mergeMetadata(each.metadata, fields.metadata);
    if (fields.description !== undefined) each.description = fields.description;
    if (fields.default_payment_method !== undefined) each.default_payment_method = fields.default_payment_method;
    if (fields.pause_collection !== undefined) {
      each.pause_collection = fields.pause_collection
        ? { behavior: fields.pause_collection.behavior, resumes_at: fields.pause_collection.resumes_at ?? null }
        : null;
    }
    const details = fields.cancellation_details;
    if (details?.comment !== undefined) each.cancellation_details.comment = details.comment;
    if (details?.feedback !== undefined) each.cancellation_details.feedback = details.feedback;
  });
  if (billing?.invoice) {
    finalizeInvoice(world, billing.invoice);
    if (billing.invoice.status === 'open') {
      collect(world, billing.invoice, { kind: 'automatic', offSession: fields.off_session ?? false });
    }
  }
  if (fields.trial_end === 'now' && subscription.status === 'trialing') endTrialNow(world, subscription, now);
  return subscription;
}

export interface Billing {
  change: ItemsChange;
  /** What is charged at once. */
  invoice: Invoice | null;
  /** It takes effect once the invoice is paid. */
  waits: boolean;
}

/**
 * Drafts what a change of items costs at once: with `always_invoice`, and where a new period begins. Prorations of
 * `create_prorations`, the default, wait for the next invoice. https://docs.stripe.com/api/subscriptions/update#update_subscription-proration_behavior
 *
 * @throws StripeError `card_declined` with `error_if_incomplete`, and then nothing is changed
 */
function billChange(
  world: World,
  subscription: Subscription,
  fields: SubscriptionUpdate,
  items: ItemChange[],
  now: number,
): Billing {
  const prorations = fields.proration_behavior ?? 'create_prorations';
  const change = changeItems(world, subscription, items, now, prorations !== 'none');
  const atOnce = change.resets || (prorations === 'always_invoice' && change.prorations.length > 0);
  if (!atOnce) {
    if (change.prorations.length > 0) {
      world.state.pendingProrations[subscription.id] = [
        ...(world.state.pendingProrations[subscription.id] ?? []),
        ...change.prorations,
      ];
    }
    return { change, invoice: null, waits: false };
  }
  const behavior = fields.payment_behavior ?? 'allow_incomplete';
  const card = cardFor(world, subscription.customer, subscription.default_payment_method);
  const charged = change.resets ? change.items : [];
  const owed = [...change.prorations, ...(world.state.pendingProrations[subscription.id] ?? [])].reduce(
    (sum, line) => sum + line.amount,
    charged.reduce((sum, item) => sum + amountOf(item.price, item.quantity ?? 1), 0),
  );
  const balance = findCustomer(world, subscription.customer).balance;
  const asks = card !== null && asksForAuthentication(world, card, fields.off_session ?? false);
  const fails = owed + balance > 0 && (card === null || asks || decliningCard(world, card) !== null);
  if (fails && behavior === 'error_if_incomplete') {
    requireChargeable(world, card, behavior, { offSession: fields.off_session ?? false });
  }
  const invoice = draftInvoice(world, subscription, 'subscription_update', {
    usagePeriod: { start: firstItem(subscription).current_period_start, end: now },
    free: false,
    autoAdvance: true,
    items: charged,
    prorations: change.prorations,
  });
  return { change, invoice, waits: fails && behavior === 'pending_if_incomplete' };
}

function applyBilling(
  world: World,
  subscription: Subscription,
  { change, invoice, waits }: Billing,
  now: number,
): void {
  const { items, anchor, resets } = change;
  if (invoice) subscription.latest_invoice = invoice.id;
  if (!waits) {
    subscription.items.data = items;
    subscription.items.total_count = items.length;
    subscription.billing_cycle_anchor = anchor;
    return;
  }
  if (!invoice) throw new Error('An update that waits for no payment.');
  world.state.pendingUpdates[subscription.id] = { invoice: invoice.id, items, anchor };
  subscription.pending_update = {
    billing_cycle_anchor: resets ? anchor : null,
    cancel_at_period_end: null,
    discount: null,
    discounts: null,
    expires_at: Math.min(now + PENDING_SECONDS, firstItem(subscription).current_period_end),
    metadata: null,
    prebilling_iterations: null,
    subscription_items: items,
    trial_end: null,
    trial_from_plan: null,
  };
}

/** https://docs.stripe.com/billing/subscriptions/subscription-schedules#managing-subscription-schedules */
function refuseBesideSchedule(subscription: Subscription, fields: SubscriptionUpdate): void {
  if (subscription.schedule === null || (fields.cancel_at === undefined && fields.cancel_at_period_end === undefined)) {
    return;
  }
  throw invalidRequest(
    `The subscription is managed by the subscription schedule \`${subscription.schedule}\`, and updating any cancelation behavior directly is not allowed. Please update the schedule instead.`,
    fields.cancel_at === undefined ? 'cancel_at_period_end' : 'cancel_at',
  );
}

/** What may not come together with an update that waits for its payment. https://docs.stripe.com/billing/subscriptions/pending-updates-reference */
function refuseBesidePending(subscription: Subscription, fields: SubscriptionUpdate): void {
  if (subscription.pending_update && (fields.items || fields.trial_end !== undefined)) {
    throw notSimulated('changing a subscription whose pending update waits for its payment', 'items');
  }
  if (fields.payment_behavior !== 'pending_if_incomplete') return;
  const supported = new Set(['items', 'payment_behavior', 'proration_behavior', 'off_session']);
  const [param] = Object.entries(fields).find(([name, value]) => value !== undefined && !supported.has(name)) ?? [];
  if (param === undefined) return;
  throw invalidRequest(
    `When \`payment_behavior\` is \`pending_if_incomplete\`, you can only pass supported params. Received unsupported param: ${param}`,
    param,
  );
}

/** A trial gets another end, and its period with it. https://docs.stripe.com/api/subscriptions/update#update_subscription-trial_end */
function extendTrial(subscription: Subscription, fields: SubscriptionUpdate, now: number): void {
  if (fields.trial_settings !== undefined) subscription.trial_settings = fields.trial_settings;
  const { trial_end } = fields;
  if (trial_end === undefined) return;
  if (subscription.status !== 'trialing') throw notSimulated('a trial for a subscription that is in none', 'trial_end');
  if (trial_end === 'now') return;
  if (trial_end <= now) {
    throw invalidRequest('Invalid timestamp: must be an integer Unix timestamp in the future.', 'trial_end');
  }
  subscription.trial_end = trial_end;
  subscription.billing_cycle_anchor = trial_end;
  for (const item of subscription.items.data) item.current_period_end = trial_end;
}

/** `trial_end=now`: the first paid period begins, and is charged at once. https://docs.stripe.com/billing/subscriptions/trials */
function endTrialNow(world: World, subscription: Subscription, now: number): void {
  change(world, 'customer.subscription.updated', subscription, (each) => {
    each.trial_end = now;
    each.billing_cycle_anchor = now;
    for (const item of each.items.data) item.current_period_end = now;
  });
  renewSubscription(world, subscription);
  const invoice = world.state.invoices[subscription.latest_invoice ?? ''];
  if (subscription.status !== 'active' || !invoice) return;
  finalizeInvoice(world, invoice);
  collect(world, invoice, { kind: 'automatic' });
}

/** The payment did not come: its invoice is voided and the update dropped. https://docs.stripe.com/billing/subscriptions/pending-updates */
export function expirePendingUpdate(world: World, subscription: Subscription): void {
  const pending = world.state.pendingUpdates[subscription.id];
  const invoice = pending && world.state.invoices[pending.invoice];
  if (invoice) voidInvoice(world, invoice);
}

/** Ends it now. https://docs.stripe.com/api/subscriptions/cancel */
export function cancelSubscription(world: World, id: string, ending: Omit<Ending, 'reason'>): Subscription {
  const subscription = findSubscription(world, id, 'id');
  if (hasEnded(subscription))
    throw new StripeError(404, {
      type: 'invalid_request_error',
      code: 'resource_missing',
      message: `No such subscription: '${id}'`,
      param: 'id',
    });
  endSubscription(world, subscription, { reason: 'cancellation_requested', ...ending });
  return subscription;
}

/**
 * A period is over: the next one begins and its invoice is drafted. The status stays as it is, except that a trial
 * becomes active; the charge follows an hour later. Emits `invoice.created` and `customer.subscription.updated`.
 * https://docs.stripe.com/billing/subscriptions/webhooks#active-subscriptions
 */
export function renewSubscription(world: World, subscription: Subscription): void {
  const trialEnds = subscription.status === 'trialing';
  const card = cardFor(world, subscription.customer, subscription.default_payment_method);
  if (trialEnds && card === null && subscription.trial_settings.end_behavior.missing_payment_method === 'cancel') {
    endSubscription(world, subscription, { reason: 'payment_failed' });
    return;
  }
  if (trialEnds && card === null && subscription.trial_settings.end_behavior.missing_payment_method === 'pause') {
    // https://docs.stripe.com/billing/subscriptions/trials#create-free-trials-without-payment
    change(world, 'customer.subscription.updated', subscription, (each) => {
      each.status = 'paused';
    });
    emit(world, 'customer.subscription.paused', subscription);
    return;
  }
  const first = firstItem(subscription);
  const ended = { start: first.current_period_start, end: first.current_period_end };
  const end = nextRenewal(subscription.billing_cycle_anchor, recurrenceOf(first.price), ended.end);
  const paused = subscription.pause_collection?.behavior === 'keep_as_draft';
  change(world, 'customer.subscription.updated', subscription, (each) => {
    if (trialEnds) each.status = 'active';
    for (const item of each.items.data) {
      item.current_period_start = ended.end;
      item.current_period_end = end;
    }
    each.latest_invoice = draftInvoice(world, each, 'subscription_cycle', {
      usagePeriod: ended,
      free: false,
      autoAdvance: each.status !== 'unpaid' && !paused,
    }).id;
  });
}

/**
 * A subscription that its trial's end has paused goes on: a new period begins and is charged an hour later, and once its
 * invoice is paid, uncollectible or over nothing, the subscription is active. Emits `customer.subscription.resumed`, or
 * leaves it paused until the payment. https://docs.stripe.com/api/subscriptions/resume,
 * https://docs.stripe.com/changelog/endive/2026-09-30/pause-subscription
 *
 * @param onSuccess the payment is tried at once, and only its success resumes
 */
export function resumeSubscription(world: World, id: string, onSuccess: boolean): Subscription {
  const subscription = findSubscription(world, id, 'id');
  if (subscription.status !== 'paused') {
    throw invalidRequest(`Only a paused subscription can be resumed; this one is ${subscription.status}.`);
  }
  if (world.state.resumptions[id]) throw invalidRequest('This subscription is already being resumed.');
  const now = timeOf(world, subscription.test_clock);
  const end = nextRenewal(now, recurrenceOf(firstItem(subscription).price), now);
  let invoice: Invoice | undefined;
  change(world, 'customer.subscription.updated', subscription, (each) => {
    each.billing_cycle_anchor = now;
    for (const item of each.items.data) {
      item.current_period_start = now;
      item.current_period_end = end;
    }
    invoice = draftInvoice(world, each, 'subscription_update', {
      usagePeriod: { start: now, end: now },
      free: false,
      autoAdvance: true,
    });
    each.latest_invoice = invoice.id;
    world.state.resumptions[id] = invoice.id;
  });
  if (!invoice) throw new Error('A resumption without its invoice.');
  finalizeInvoice(world, invoice);
  if (invoice.status !== 'open') return subscription;
  if (onSuccess) collect(world, invoice, { kind: 'automatic', offSession: true });
  else invoice.next_payment_attempt = now + DRAFT_SECONDS;
  return subscription;
}

/** A cancel that was asked for takes effect. */
export function cancelAsScheduled(world: World, subscription: Subscription): void {
  endSubscription(world, subscription, { reason: 'cancellation_requested' });
}

/** 23 hours without a first payment: the invoice is voided, the subscription expires. */
export function expireIncomplete(world: World, subscription: Subscription): void {
  for (const invoice of invoicesOf(world, subscription)) {
    if (invoice.status === 'open') voidInvoice(world, invoice);
  }
}

/** `pause_collection.resumes_at` has come. https://docs.stripe.com/billing/subscriptions/pause-payment */
export function resumeCollection(world: World, subscription: Subscription): void {
  change(world, 'customer.subscription.updated', subscription, (each) => {
    each.pause_collection = null;
  });
}

/** Emits `customer.subscription.trial_will_end`, once. */
export function announceTrialEnd(world: World, subscription: Subscription): void {
  world.state.trialEndAnnounced[subscription.id] = true;
  emit(world, 'customer.subscription.trial_will_end', subscription);
}

export function firstItem(subscription: Subscription): SubscriptionItem {
  const item = subscription.items.data[0];
  if (!item) throw new Error(`Subscription ${subscription.id} has no items.`);
  return item;
}

export function recurrenceOf(price: Price): NonNullable<Price['recurring']> {
  if (!price.recurring) throw new Error(`Price ${price.id} does not recur.`);
  return price.recurring;
}

function subscribable(price: Price): Price {
  if (!price.recurring) {
    throw invalidRequest(
      `The price specified is set to \`type=one_time\` but this field only accepts prices with \`type=recurring\`.`,
      'items',
    );
  }
  if (!price.active)
    throw invalidRequest('The price specified is inactive. This field only accepts active prices.', 'items');
  return price;
}

function sameRecurrence(prices: Price[]): NonNullable<Price['recurring']> {
  const first = prices[0];
  if (!first) throw invalidRequest('Missing required param: items.', 'items', 'parameter_missing');
  const recurring = recurrenceOf(first);
  for (const price of prices) {
    const other = recurrenceOf(price);
    if (price.currency !== first.currency) throw invalidRequest('All prices must have the same currency.', 'items');
    if (other.interval !== recurring.interval || other.interval_count !== recurring.interval_count) {
      throw notSimulated('subscriptions whose items renew in different intervals', 'items');
    }
  }
  return recurring;
}

function trialEndOf(fields: SubscriptionCreation, now: number): number | null {
  if (fields.trial_end !== undefined && fields.trial_period_days !== undefined) {
    throw invalidRequest('You may only specify one of these parameters: trial_end, trial_period_days.', 'trial_end');
  }
  if (typeof fields.trial_end === 'number') {
    if (fields.trial_end <= now)
      throw invalidRequest('Invalid timestamp: must be an integer Unix timestamp in the future.', 'trial_end');
    return fields.trial_end;
  }
  if (!fields.trial_period_days) return null;
  if (fields.trial_period_days > MAX_TRIAL_DAYS) {
    throw invalidRequest(`Trial periods last ${MAX_TRIAL_DAYS} days at most.`, 'trial_period_days');
  }
  return now + fields.trial_period_days * DAY_S;
}

function requireChargeable(world: World, card: string | null, behavior: string, how: ChargeOptions): void {
  if (card === null) throw noDefaultCard();
  if (behavior !== 'error_if_incomplete') return;
  if (!how.authenticated && asksForAuthentication(world, card, how.offSession)) throw actionRequired('subscription');
  const declines = decliningCard(world, card);
  if (declines) throw declined(cardFailure(world, card, declines));
}

function itemFor(
  subscription: string,
  price: Price | undefined,
  fields: SubscriptionCreation['items'][number],
  created: number,
  period: { start: number; end: number },
): SubscriptionItem {
  if (!price) throw new Error('An item without its price.');
  if (isMetered(price) && fields.quantity !== undefined) {
    throw invalidRequest('A quantity can not be given for a metered price.', 'items');
  }
  return {
    id: newId('si'),
    object: 'subscription_item',
    billing_thresholds: null,
    created,
    current_period_end: period.end,
    current_period_start: period.start,
    current_trial: null,
    discounts: [],
    metadata: mergeMetadata({}, fields.metadata),
    plan: planOf(price),
    price: structuredClone(price),
    ...(isMetered(price) ? {} : { quantity: fields.quantity ?? 1 }),
    subscription,
    tax_rates: [],
  };
}

function newSubscription(
  id: string,
  customer: Customer,
  items: SubscriptionItem[],
  fields: SubscriptionCreation,
  times: { now: number; anchor: number; trialEnd: number | null },
): Subscription {
  const mode = fields.billing_mode?.type ?? 'flexible';
  return {
    id,
    object: 'subscription',
    application: null,
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: times.anchor,
    billing_cycle_anchor_config: null,
    billing_mode: { flexible: mode === 'flexible' ? { proration_discounts: 'included' } : null, type: mode },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    collection_method: 'charge_automatically',
    created: times.now,
    currency: items[0]?.price.currency ?? 'usd',
    customer: customer.id,
    customer_account: null,
    days_until_due: null,
    default_payment_method: fields.default_payment_method ?? null,
    default_source: null,
    default_tax_rates: [],
    description: fields.description ?? null,
    discounts: [],
    ended_at: null,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: 'self' },
    },
    items: {
      object: 'list',
      data: items,
      has_more: false,
      total_count: items.length,
      url: `/v1/subscription_items?subscription=${id}`,
    },
    latest_invoice: null,
    livemode: false,
    managed_payments: { enabled: false },
    metadata: mergeMetadata({}, fields.metadata),
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: {
      payment_method_options: null,
      payment_method_types: null,
      save_default_payment_method: fields.payment_settings?.save_default_payment_method ?? 'off',
    },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: times.now,
    status: 'incomplete',
    test_clock: customer.test_clock,
    transfer_data: null,
    trial_end: times.trialEnd,
    trial_settings: fields.trial_settings ?? { end_behavior: { missing_payment_method: 'create_invoice' } },
    trial_start: times.trialEnd === null ? null : times.now,
  };
}

/** `cancel_at_period_end` and `cancel_at`: either sets `cancel_at`, and taking back either clears both. https://docs.stripe.com/billing/subscriptions/cancel */
function scheduleCancel(subscription: Subscription, fields: SubscriptionFields, now: number): void {
  const periodEnd = firstItem(subscription).current_period_end;
  if (fields.cancel_at_period_end && fields.cancel_at) {
    throw invalidRequest('You may only specify one of these parameters: cancel_at, cancel_at_period_end.', 'cancel_at');
  }
  if (fields.cancel_at) {
    if (fields.cancel_at <= now) throw invalidRequest('cancel_at must be a timestamp in the future.', 'cancel_at');
    if (fields.cancel_at !== periodEnd && fields.proration_behavior !== 'none') {
      throw notSimulated('a cancel within a period with proration (pass proration_behavior=none)', 'cancel_at');
    }
  }
  const takesBack = fields.cancel_at_period_end === false || fields.cancel_at === null;
  const cancelAt = fields.cancel_at_period_end ? periodEnd : fields.cancel_at;
  if (cancelAt) {
    subscription.cancel_at = cancelAt;
    subscription.cancel_at_period_end = fields.cancel_at_period_end ?? false;
    subscription.canceled_at = now;
    subscription.cancellation_details.reason = 'cancellation_requested';
  } else if (takesBack && subscription.cancel_at !== null) {
    subscription.cancel_at = null;
    subscription.cancel_at_period_end = false;
    subscription.canceled_at = null;
    subscription.cancellation_details = { comment: null, feedback: null, feedback_option: null, reason: null };
  }
}

function rememberCurrency(world: World, customer: Customer, currency: string): void {
  change(world, 'customer.updated', customer, (each) => {
    each.currency ??= currency;
  });
}
