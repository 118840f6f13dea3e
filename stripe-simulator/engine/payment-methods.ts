import { createHash } from 'node:crypto';
import { timeOf, wallSeconds } from './clock.ts';
import { change, emit } from './events.ts';
import { newId } from './ids.ts';
import { mergeMetadata } from './metadata.ts';
import type { Customer, Metadata, PaymentMethod } from './objects.ts';
import { invalidRequest, noSuch, StripeError } from './stripe-error.ts';
import {
  declineMessage,
  TEST_CARDS,
  type TestCard,
  testCardOfNumber,
  testCardOfPaymentMethod,
  testCardOfToken,
} from './test-cards.ts';
import type { World } from './world.ts';

export interface CardDetails {
  token?: string | undefined;
  number?: string | undefined;
  exp_month?: number | undefined;
  exp_year?: number | undefined;
}

/** @throws StripeError `resource_missing` */
export function findPaymentMethod(world: World, id: string, param: string): PaymentMethod {
  const found = world.state.paymentMethods[id];
  if (!found) throw noSuch('PaymentMethod', id, param);
  return found;
}

export function isTestToken(id: string): boolean {
  return testCardOfPaymentMethod(id) !== undefined;
}

/** A card that belongs to nobody yet; emits nothing, as at Stripe. https://docs.stripe.com/api/payment_methods/create */
export function createPaymentMethod(
  world: World,
  details: CardDetails,
  metadata: Metadata | null | undefined,
): PaymentMethod {
  const card = details.token ? testCardOfToken(details.token) : testCardOfNumber(details.number ?? '');
  if (!card && details.number && !isLuhn(details.number)) {
    throw new StripeError(402, {
      type: 'card_error',
      code: 'incorrect_number',
      doc_url: 'https://docs.stripe.com/error-codes/incorrect-number',
      message: 'Your card number is incorrect.',
      param: 'number',
    });
  }
  if (!card) {
    throw invalidRequest(
      'The Stripe simulator takes its test cards only, by token or number; see its README.',
      details.token ? 'card[token]' : 'card[number]',
      'incorrect_number',
    );
  }
  return add(world, card, wallSeconds(world), details, metadata);
}

/**
 * Attaches a card, or a fresh one for a token like `pm_card_visa`; emits `payment_method.attached`.
 * https://docs.stripe.com/api/payment_methods/attach
 */
export function attachPaymentMethod(world: World, id: string, customer: Customer): PaymentMethod {
  const attached = attachToken(world, id, customer);
  emit(world, 'payment_method.attached', attached);
  return attached;
}

/** Attaches and emits nothing: for requests that attach on the way. */
export function attachToken(world: World, id: string, customer: Customer): PaymentMethod {
  const card = testCardOfPaymentMethod(id);
  if (card) {
    refuseDeclined(card);
    const added = add(world, card, timeOf(world, customer.test_clock), {}, undefined);
    added.customer = customer.id;
    return added;
  }
  const found = findPaymentMethod(world, id, 'id');
  if (found.customer && found.customer !== customer.id) {
    throw invalidRequest('The payment method you provided has already been attached to a customer.', 'payment_method');
  }
  refuseDeclined(testCardOf(found));
  found.customer = customer.id;
  return found;
}

/** The payment method itself, or a fresh one for a token like `pm_card_visa`; attached to nobody. */
export function methodFor(world: World, id: string, created: number): PaymentMethod {
  const card = testCardOfPaymentMethod(id);
  return card ? add(world, card, created, {}, undefined) : findPaymentMethod(world, id, 'payment_method');
}

/** Detaches for good; emits `payment_method.detached`, and `customer.updated` when it was the default. https://docs.stripe.com/api/payment_methods/detach */
export function detachPaymentMethod(world: World, id: string): PaymentMethod {
  const found = findPaymentMethod(world, id, 'id');
  const customer = found.customer ? world.state.customers[found.customer] : undefined;
  if (!customer) {
    throw invalidRequest('The payment method you provided is not attached to a customer so detachment is impossible.');
  }
  found.customer = null;
  emit(world, 'payment_method.detached', found, { customer: customer.id }, customer.id);
  change(world, 'customer.updated', customer, (each) => {
    if (each.invoice_settings.default_payment_method === id) each.invoice_settings.default_payment_method = null;
  });
  for (const subscription of Object.values(world.state.subscriptions)) {
    if (subscription.default_payment_method !== id) continue;
    change(world, 'customer.subscription.updated', subscription, (each) => {
      each.default_payment_method = null;
    });
  }
  return found;
}

/** The test card that a payment method was made of. */
export function testCardOf(paymentMethod: PaymentMethod): TestCard {
  const card = TEST_CARDS.find((each) => fingerprintOf(each) === paymentMethod.card.fingerprint);
  if (!card) throw new Error(`${paymentMethod.id} is none of the test cards.`);
  return card;
}

/** The card when charges of it fail, else `null`. */
export function decliningCard(world: World, paymentMethod: string): TestCard | null {
  const card = testCardOf(findPaymentMethod(world, paymentMethod, 'payment_method'));
  return card.declines === 'never' ? null : card;
}

/**
 * Whether its holder must authenticate first. https://docs.stripe.com/testing#authentication-and-setup
 *
 * @param offSession the holder is not there, as at a renewal
 */
export function asksForAuthentication(world: World, paymentMethod: string, offSession: boolean): boolean {
  const { threeDSecure } = testCardOf(findPaymentMethod(world, paymentMethod, 'payment_method'));
  if (threeDSecure === 'always') return true;
  if (threeDSecure === 'none') return false;
  if (!offSession) return true;
  return threeDSecure === 'unless-set-up' && !world.state.setUpCards[paymentMethod];
}

/** A card has been authenticated for payments without its holder. https://docs.stripe.com/payments/save-and-reuse */
export function rememberSetUp(world: World, paymentMethod: string): void {
  world.state.setUpCards[paymentMethod] = true;
}

export interface PaymentMethodFields {
  billing_details?: { email?: string | null; name?: string | null; phone?: string | null } | undefined;
  card?: { exp_month?: number | undefined; exp_year?: number | undefined } | undefined;
  metadata?: Metadata | null | undefined;
}

/** Emits `payment_method.updated`; only of attached ones. https://docs.stripe.com/api/payment_methods/update */
export function updatePaymentMethod(world: World, id: string, fields: PaymentMethodFields): PaymentMethod {
  const found = findPaymentMethod(world, id, 'id');
  if (!found.customer) {
    throw invalidRequest('You must save this PaymentMethod to a customer before you can update it.', 'payment_method');
  }
  change(world, 'payment_method.updated', found, (each) => {
    Object.assign(each.billing_details, fields.billing_details);
    Object.assign(each.card, fields.card);
    each.metadata = mergeMetadata(each.metadata, fields.metadata);
  });
  return found;
}

/** An attach of a card that the bank refuses. https://docs.stripe.com/testing#declined-payments */
function refuseDeclined(card: TestCard): void {
  if (card.declines !== 'attach') return;
  throw new StripeError(402, {
    type: 'card_error',
    code: card.code,
    decline_code: card.declineCode,
    doc_url: `https://docs.stripe.com/error-codes/${card.code.replaceAll('_', '-')}`,
    message: declineMessage(card),
  });
}

/** https://docs.stripe.com/testing#invalid-data: a number that fails the Luhn check is an incorrect one. */
function isLuhn(number: string): boolean {
  const digits = [...number.replaceAll(/[ -]/g, '')].reverse().map(Number);
  const sum = digits.reduce((total, digit, index) => {
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return digits.length > 11 && sum % 10 === 0;
}

function fingerprintOf({ number }: TestCard): string {
  return createHash('sha256').update(number).digest('hex').slice(0, 16);
}

function add(
  world: World,
  card: TestCard,
  created: number,
  details: CardDetails,
  metadata: Metadata | null | undefined,
): PaymentMethod {
  const paymentMethod: PaymentMethod = {
    id: newId('pm'),
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: {
      address: { city: null, country: null, line1: null, line2: null, postal_code: null, state: null },
      email: null,
      name: null,
      phone: null,
      tax_id: null,
    },
    card: {
      brand: card.brand,
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
      country: 'US',
      display_brand: card.brand,
      exp_month: details.exp_month ?? 12,
      exp_year: details.exp_year ?? new Date(created * 1000).getUTCFullYear() + 8,
      fingerprint: fingerprintOf(card),
      funding: card.funding,
      generated_from: null,
      last4: card.number.slice(-4),
      networks: { available: [card.brand], preferred: null },
      regulated_status: 'unregulated',
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created,
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: mergeMetadata({}, metadata),
    type: 'card',
  };
  world.state.paymentMethods[paymentMethod.id] = paymentMethod;
  return paymentMethod;
}
