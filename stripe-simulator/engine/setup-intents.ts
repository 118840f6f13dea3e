import { askForAuthentication, dropAuthentication } from './authentications.ts';
import { cardFailure } from './charging.ts';
import { timeOf } from './clock.ts';
import { findCustomer } from './customers.ts';
import { change, emit } from './events.ts';
import { newId, randomToken } from './ids.ts';
import { mergeMetadata } from './metadata.ts';
import type { CardFailure, Metadata } from './objects.ts';
import { findPaymentMethod, methodFor, rememberSetUp, testCardOf } from './payment-methods.ts';
import type { SetupIntent } from './payment-objects.ts';
import { invalidRequest, noSuch, StripeError } from './stripe-error.ts';
import type { World } from './world.ts';

export interface SetupIntentCreation {
  customer?: string | undefined;
  payment_method?: string | undefined;
  description?: string | null | undefined;
  metadata?: Metadata | null | undefined;
  usage?: SetupIntent['usage'] | undefined;
  automatic_payment_methods?: { enabled: boolean; allow_redirects?: 'always' | 'never' | undefined } | undefined;
  confirm?: boolean | undefined;
  return_url?: string | undefined;
}

/** @throws StripeError `resource_missing` */
export function findSetupIntent(world: World, id: string): SetupIntent {
  const found = world.state.setupIntents[id];
  if (!found) throw noSuch('setupintent', id, 'id');
  return found;
}

/** Emits `setup_intent.created`. https://docs.stripe.com/api/setup_intents/create */
export function createSetupIntent(world: World, fields: SetupIntentCreation): SetupIntent {
  const customer = fields.customer === undefined ? null : findCustomer(world, fields.customer);
  const created = timeOf(world, customer?.test_clock ?? null);
  const method = fields.payment_method === undefined ? null : methodFor(world, fields.payment_method, created);
  const id = newId('seti');
  const automatic = fields.automatic_payment_methods;
  const intent: SetupIntent = {
    id,
    object: 'setup_intent',
    allowed_payment_method_types: null,
    application: null,
    automatic_payment_methods: automatic
      ? { allow_redirects: automatic.allow_redirects ?? 'always', enabled: automatic.enabled }
      : null,
    cancellation_reason: null,
    client_secret: `${id}_secret_${randomToken(24)}`,
    created,
    customer: customer?.id ?? null,
    customer_account: null,
    description: fields.description ?? null,
    excluded_payment_method_types: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: false,
    managed_payments: null,
    mandate: null,
    metadata: mergeMetadata({}, fields.metadata),
    next_action: null,
    on_behalf_of: null,
    payment_method: method?.id ?? null,
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: ['card'],
    single_use_mandate: null,
    status: method ? 'requires_confirmation' : 'requires_payment_method',
    usage: fields.usage ?? 'off_session',
  };
  world.state.setupIntents[id] = intent;
  emit(world, 'setup_intent.created', intent);
  if (fields.confirm) confirmSetupIntent(world, id, { return_url: fields.return_url });
  return intent;
}

/**
 * Sets a card up: succeeds, waits for its holder (`setup_intent.requires_action`), or is declined
 * (`setup_intent.setup_failed`). https://docs.stripe.com/payments/paymentintents/lifecycle, https://docs.stripe.com/api/setup_intents/confirm
 *
 * @throws StripeError `card_declined`
 */
export function confirmSetupIntent(
  world: World,
  id: string,
  fields: { payment_method?: string | undefined; return_url?: string | undefined },
): SetupIntent {
  const intent = findSetupIntent(world, id);
  if (intent.status === 'succeeded' || intent.status === 'canceled') throw unexpectedState(intent, 'confirmed');
  if (fields.payment_method !== undefined) {
    intent.payment_method = methodFor(world, fields.payment_method, timeOfIntent(world, intent)).id;
  }
  if (intent.payment_method === null) {
    throw invalidRequest(
      "You cannot confirm this SetupIntent because it's missing a payment method.",
      'payment_method',
      'setup_intent_unexpected_state',
    );
  }
  const card = testCardOf(findPaymentMethod(world, intent.payment_method, 'payment_method'));
  if (card.declines === 'attach') {
    const failure = cardFailure(world, intent.payment_method, card);
    fail(world, intent, failure);
    const { payment_method: _, ...body } = failure;
    throw new StripeError(402, { ...body, setup_intent: structuredClone(intent) });
  }
  // https://docs.stripe.com/testing#authentication-and-setup
  const asks = card.threeDSecure === 'always' || card.threeDSecure === 'unless-set-up';
  if (!asks) succeed(world, intent);
  else {
    intent.status = 'requires_action';
    intent.next_action = askForAuthentication(world, id, intent.payment_method, null, fields.return_url ?? null);
    emit(world, 'setup_intent.requires_action', intent);
  }
  return intent;
}

/** Its holder has answered. https://docs.stripe.com/payments/paymentintents/lifecycle */
export function authenticateSetup(world: World, intent: SetupIntent, succeeded: boolean): void {
  if (intent.status !== 'requires_action' || intent.payment_method === null) return;
  if (succeeded) {
    rememberSetUp(world, intent.payment_method);
    succeed(world, intent);
    return;
  }
  fail(world, intent, {
    code: 'setup_intent_authentication_failure',
    doc_url: 'https://docs.stripe.com/error-codes/setup-intent-authentication-failure',
    message:
      'The latest attempt to set up the payment method has failed because authentication failed. Provide a new payment method to attempt again.',
    payment_method: structuredClone(findPaymentMethod(world, intent.payment_method, 'payment_method')),
    type: 'invalid_request_error',
  });
}

export interface SetupIntentFields {
  description?: string | null | undefined;
  metadata?: Metadata | null | undefined;
  payment_method?: string | undefined;
}

/** Emits nothing. https://docs.stripe.com/api/setup_intents/update */
export function updateSetupIntent(world: World, id: string, fields: SetupIntentFields): SetupIntent {
  const intent = findSetupIntent(world, id);
  if (fields.payment_method !== undefined) {
    if (intent.status === 'succeeded' || intent.status === 'canceled') throw unexpectedState(intent, 'updated');
    intent.payment_method = methodFor(world, fields.payment_method, timeOfIntent(world, intent)).id;
    intent.status = 'requires_confirmation';
  }
  if (fields.description !== undefined) intent.description = fields.description;
  intent.metadata = mergeMetadata(intent.metadata, fields.metadata);
  return intent;
}

/** Emits `setup_intent.canceled`. https://docs.stripe.com/api/setup_intents/cancel */
export function cancelSetupIntent(
  world: World,
  id: string,
  reason: NonNullable<SetupIntent['cancellation_reason']> | undefined,
): SetupIntent {
  const intent = findSetupIntent(world, id);
  if (intent.status === 'succeeded' || intent.status === 'canceled') throw unexpectedState(intent, 'canceled');
  dropAuthentication(world, id);
  intent.status = 'canceled';
  intent.next_action = null;
  intent.cancellation_reason = reason ?? null;
  emit(world, 'setup_intent.canceled', intent);
  return intent;
}

/** The card is attached to the customer, and becomes the default of a subscription that waited for it. */
function succeed(world: World, intent: SetupIntent): void {
  const method = findPaymentMethod(world, intent.payment_method ?? '', 'payment_method');
  intent.status = 'succeeded';
  intent.next_action = null;
  intent.last_setup_error = null;
  const customer = intent.customer === null ? null : findCustomer(world, intent.customer);
  if (customer && method.customer === null) {
    method.customer = customer.id;
    emit(world, 'payment_method.attached', method);
  }
  if (intent.usage === 'off_session' && testCardOf(method).threeDSecure === 'none') rememberSetUp(world, method.id);
  emit(world, 'setup_intent.succeeded', intent);
  const waiting = Object.values(world.state.subscriptions).find((each) => each.pending_setup_intent === intent.id);
  if (!waiting) return;
  change(world, 'customer.subscription.updated', waiting, (each) => {
    each.pending_setup_intent = null;
    each.default_payment_method = method.id;
  });
}

function fail(world: World, intent: SetupIntent, failure: CardFailure): void {
  intent.status = 'requires_payment_method';
  intent.next_action = null;
  intent.payment_method = null;
  intent.last_setup_error = failure;
  emit(world, 'setup_intent.setup_failed', intent);
}

function timeOfIntent(world: World, intent: SetupIntent): number {
  const customer = intent.customer === null ? undefined : world.state.customers[intent.customer];
  return timeOf(world, customer?.test_clock ?? null);
}

function unexpectedState(intent: SetupIntent, done: string): StripeError {
  return invalidRequest(
    `This SetupIntent's status is ${intent.status}: it can't be ${done}.`,
    undefined,
    'setup_intent_unexpected_state',
  );
}
