import { timeOf } from './clock.ts';
import { change, emit } from './events.ts';
import { newId } from './ids.ts';
import { mergeMetadata } from './metadata.ts';
import type { Charge, Metadata } from './objects.ts';
import type { Refund } from './payment-objects.ts';
import { invalidRequest, noSuch } from './stripe-error.ts';
import type { World } from './world.ts';

export interface RefundCreation {
  /** Default: all that is left. */
  amount?: number | undefined;
  charge?: string | undefined;
  payment_intent?: string | undefined;
  reason?: Refund['reason'] | undefined;
  metadata?: Metadata | null | undefined;
}

/** @throws StripeError `resource_missing` */
export function findRefund(world: World, id: string): Refund {
  const refund = world.state.refunds[id];
  if (!refund) throw noSuch('refund', id, 'id');
  return refund;
}

/**
 * Gives back a charge, whole or in part; the invoice stays paid. Emits `refund.created` and `charge.refunded`, also for
 * a part.
 * https://docs.stripe.com/refunds, https://docs.stripe.com/api/refunds/create
 */
export function createRefund(world: World, fields: RefundCreation): Refund {
  const charge = refundable(world, fields);
  const left = charge.amount - charge.amount_refunded;
  const amount = fields.amount ?? left;
  if (charge.refunded || left === 0) {
    throw invalidRequest(`Charge ${charge.id} has already been refunded.`, undefined, 'charge_already_refunded');
  }
  if (amount > left) {
    throw invalidRequest(`Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`, 'amount');
  }
  const dispute = Object.values(world.state.disputes).find((each) => each.charge === charge.id);
  if (dispute && !dispute.is_charge_refundable) {
    throw invalidRequest(
      `Charge ${charge.id} has been charged back; cannot issue a refund.`,
      undefined,
      'charge_disputed',
    );
  }
  const created = timeOf(world, world.state.customers[charge.customer]?.test_clock ?? null);
  const refund: Refund = {
    id: newId('re'),
    object: 'refund',
    amount,
    balance_transaction: null,
    charge: charge.id,
    created,
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    destination_details: {
      card: { type: 'refund', reference_status: 'pending', reference_type: 'acquirer_reference_number' },
      type: 'card',
    },
    metadata: mergeMetadata({}, fields.metadata),
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: fields.reason ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: 'succeeded',
    transfer_reversal: null,
  };
  world.state.refunds[refund.id] = refund;
  emit(world, 'refund.created', refund);
  change(world, 'charge.refunded', charge, (each) => {
    each.amount_refunded += amount;
    each.refunded = each.amount_refunded === each.amount;
  });
  return refund;
}

/** Emits `refund.updated`. Nothing but metadata can be changed. https://docs.stripe.com/api/refunds/update */
export function updateRefund(world: World, id: string, metadata: Metadata | null | undefined): Refund {
  const refund = findRefund(world, id);
  change(world, 'refund.updated', refund, (each) => {
    each.metadata = mergeMetadata(each.metadata, metadata);
  });
  return refund;
}

function refundable(world: World, { charge, payment_intent }: RefundCreation): Charge {
  if ((charge === undefined) === (payment_intent === undefined)) {
    throw invalidRequest('One of charge or payment_intent must be given.', 'charge', 'parameter_missing');
  }
  const intent = payment_intent === undefined ? undefined : world.state.paymentIntents[payment_intent];
  if (payment_intent !== undefined && !intent) throw noSuch('payment_intent', payment_intent, 'payment_intent');
  const found = world.state.charges[charge ?? intent?.latest_charge ?? ''];
  if (!found) {
    if (charge !== undefined) throw noSuch('charge', charge, 'charge');
    throw invalidRequest('This PaymentIntent does not have a successful charge to refund.', 'payment_intent');
  }
  if (!found.paid)
    throw invalidRequest(`Charge ${found.id} was not successful, so there is nothing to refund.`, 'charge');
  return found;
}
