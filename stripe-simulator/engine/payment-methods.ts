import { createHash } from 'node:crypto';
import { timeOf, wallSeconds } from './clock.ts';
import { change, emit } from './events.ts';
import { newId } from './ids.ts';
import { mergeMetadata } from './metadata.ts';
import type { Customer, Metadata, PaymentMethod } from './objects.ts';
import { invalidRequest, noSuch, StripeError } from './stripe-error.ts';
import { type TestCard, testCardOfNumber, testCardOfPaymentMethod, testCardOfToken } from './test-cards.ts';
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
    refuseDeclined(card.declines === 'attach', card.declineCode);
    const added = add(world, card, timeOf(world, customer.test_clock), {}, undefined);
    added.customer = customer.id;
    return added;
  }
  const found = findPaymentMethod(world, id, 'id');
  if (found.customer && found.customer !== customer.id) {
    throw invalidRequest('The payment method you provided has already been attached to a customer.', 'payment_method');
  }
  const declines = world.state.decliningCards[id];
  refuseDeclined(declines?.startsWith('attach:') ?? false, 'generic_decline');
  found.customer = customer.id;
  return found;
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

/** Stripe's decline code when charges of this card fail, else `null`. */
export function declineCodeOf(world: World, paymentMethod: string): string | null {
  return world.state.decliningCards[paymentMethod]?.replace(/^attach:/, '') ?? null;
}

function refuseDeclined(declined: boolean, declineCode: string): void {
  if (!declined) return;
  throw new StripeError(402, {
    type: 'card_error',
    code: 'card_declined',
    decline_code: declineCode,
    doc_url: 'https://docs.stripe.com/error-codes/card-declined',
    message: 'Your card was declined.',
  });
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
      fingerprint: createHash('sha256').update(card.number).digest('hex').slice(0, 16),
      funding: 'credit',
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
  if (card.declines === 'charge') world.state.decliningCards[paymentMethod.id] = card.declineCode;
  if (card.declines === 'attach') world.state.decliningCards[paymentMethod.id] = `attach:${card.declineCode}`;
  return paymentMethod;
}
