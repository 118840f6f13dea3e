import { timeOf } from './clock.ts';
import { change, emit } from './events.ts';
import { newId } from './ids.ts';
import { mergeMetadata } from './metadata.ts';
import type { Charge, Metadata } from './objects.ts';
import { findPaymentMethod, testCardOf } from './payment-methods.ts';
import type { BalanceTransaction, Dispute, DisputeStatus } from './payment-objects.ts';
import { invalidRequest, noSuch } from './stripe-error.ts';
import type { World } from './world.ts';

/** https://docs.stripe.com/disputes/how-disputes-work: 7 to 21 days, by network. */
const DUE_SECONDS = 9 * 86_400;
/** https://stripe.com/pricing: what a dispute costs, in cents. */
const FEE = 1500;
/** https://docs.stripe.com/disputes/categories */
const NETWORK_REASONS: Record<string, string> = { fraudulent: '10.4', product_not_received: '13.1' };

/** @throws StripeError `resource_missing` */
export function findDispute(world: World, id: string): Dispute {
  const dispute = world.state.disputes[id];
  if (!dispute) throw noSuch('dispute', id, 'id');
  return dispute;
}

/** A card of the tests for disputes is disputed as soon as it has been charged. https://docs.stripe.com/testing#disputes */
export function disputeAsCardAsks(world: World, charge: Charge): void {
  const { disputed } = testCardOf(findPaymentMethod(world, charge.payment_method, 'payment_method'));
  if (disputed) openDispute(world, charge, disputed);
}

/**
 * A cardholder disputes a charge. Emits `charge.dispute.created` and, unless it is an inquiry, takes the money and emits
 * `charge.dispute.funds_withdrawn`. https://docs.stripe.com/disputes/how-disputes-work
 */
export function openDispute(world: World, charge: Charge, how: { reason: string; inquiry: boolean }): Dispute {
  if (!charge.paid || charge.refunded) throw invalidRequest(`Charge ${charge.id} holds no money to dispute.`, 'charge');
  if (charge.disputed) throw invalidRequest(`Charge ${charge.id} is already disputed.`, 'charge');
  const created = timeOfCharge(world, charge);
  const { brand } = findPaymentMethod(world, charge.payment_method, 'payment_method').card;
  const dispute: Dispute = {
    id: newId('du'),
    object: 'dispute',
    amount: charge.amount - charge.amount_refunded,
    balance_transactions: [],
    charge: charge.id,
    created,
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: noEvidence(),
    evidence_details: {
      due_by: created + DUE_SECONDS,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'manual',
    },
    intended_submission_method: null,
    is_charge_refundable: how.inquiry,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    payment_method_details: {
      card: {
        brand,
        case_type: how.inquiry ? 'inquiry' : 'chargeback',
        network: brand,
        network_reason_code: NETWORK_REASONS[how.reason] ?? '10.4',
      },
      type: 'card',
    },
    reason: how.reason,
    status: how.inquiry ? 'warning_needs_response' : 'needs_response',
  };
  world.state.disputes[dispute.id] = dispute;
  charge.disputed = true;
  emit(world, 'charge.dispute.created', dispute, null, charge.customer);
  if (!how.inquiry) {
    dispute.balance_transactions.push(movement(dispute, created, -1));
    emit(world, 'charge.dispute.funds_withdrawn', dispute, null, charge.customer);
  }
  return dispute;
}

export interface DisputeFields {
  evidence?: Record<string, string> | undefined;
  metadata?: Metadata | null | undefined;
  submit?: boolean | undefined;
}

/**
 * Evidence is handed in; emits `charge.dispute.updated`. As in test mode, the texts `winning_evidence` and
 * `losing_evidence` decide it. https://docs.stripe.com/api/disputes/update, https://docs.stripe.com/testing#disputes
 */
export function updateDispute(world: World, id: string, fields: DisputeFields): Dispute {
  const dispute = findDispute(world, id);
  const isOpen = dispute.status === 'needs_response' || dispute.status === 'warning_needs_response';
  if (fields.evidence && !isOpen) throw invalidRequest('This dispute takes no more evidence.', 'evidence');
  const submits = fields.evidence !== undefined && fields.submit !== false;
  changeDispute(world, dispute, (each) => {
    Object.assign(each.evidence, fields.evidence);
    each.metadata = mergeMetadata(each.metadata, fields.metadata);
    if (fields.evidence) each.evidence_details.has_evidence = true;
    if (!submits) return;
    each.evidence_details.submission_count += 1;
    each.status = each.status === 'needs_response' ? 'under_review' : 'warning_under_review';
  });
  const text = fields.evidence?.uncategorized_text;
  if (submits && text === 'winning_evidence') closeDispute(world, dispute, 'won');
  if (submits && text === 'losing_evidence') closeDispute(world, dispute, 'lost');
  return dispute;
}

/**
 * The bank has decided. Emits `charge.dispute.closed`; a dispute that is won gives the money back and emits
 * `charge.dispute.funds_reinstated`. https://docs.stripe.com/disputes/how-disputes-work
 */
export function closeDispute(world: World, dispute: Dispute, outcome: 'lost' | 'won'): void {
  const closed: DisputeStatus[] = ['lost', 'won', 'warning_closed'];
  if (closed.includes(dispute.status)) {
    throw invalidRequest(`This dispute is already closed: ${dispute.status}.`, undefined, 'dispute_already_closed');
  }
  const customer = customerOfDispute(world, dispute);
  const inquiry = dispute.status.startsWith('warning_');
  dispute.status = inquiry ? 'warning_closed' : outcome;
  const charge = world.state.charges[dispute.charge];
  if (!inquiry && outcome === 'won' && charge) {
    dispute.balance_transactions.push(movement(dispute, timeOfCharge(world, charge), 1));
  }
  emit(world, 'charge.dispute.closed', dispute, null, customer);
  if (!inquiry && outcome === 'won') emit(world, 'charge.dispute.funds_reinstated', dispute, null, customer);
}

function changeDispute(world: World, dispute: Dispute, mutate: (dispute: Dispute) => void): void {
  change(world, 'charge.dispute.updated', dispute, mutate, customerOfDispute(world, dispute));
}

function customerOfDispute(world: World, dispute: Dispute): string | null {
  return world.state.charges[dispute.charge]?.customer ?? null;
}

function timeOfCharge(world: World, charge: Charge): number {
  return timeOf(world, world.state.customers[charge.customer]?.test_clock ?? null);
}

function movement(dispute: Dispute, created: number, sign: 1 | -1): BalanceTransaction {
  const fee = sign < 0 ? FEE : 0;
  return {
    id: newId('txn'),
    object: 'balance_transaction',
    amount: sign * dispute.amount,
    available_on: created,
    balance_type: 'payments',
    created,
    currency: dispute.currency,
    description: `Chargeback ${sign < 0 ? 'withdrawal' : 'reversal'} for ${dispute.charge}`,
    exchange_rate: null,
    fee,
    fee_details:
      fee === 0
        ? []
        : [
            {
              amount: fee,
              application: null,
              currency: dispute.currency,
              description: 'Dispute fee',
              type: 'stripe_fee',
            },
          ],
    net: sign * dispute.amount - fee,
    reporting_category: sign < 0 ? 'dispute' : 'dispute_reversal',
    source: dispute.id,
    status: 'available',
    type: 'adjustment',
  };
}

/** Every kind of evidence, none of it given. https://docs.stripe.com/api/disputes/evidence_object */
export const EVIDENCE_TEXTS = [
  'access_activity_log',
  'billing_address',
  'cancellation_policy_disclosure',
  'cancellation_rebuttal',
  'customer_email_address',
  'customer_name',
  'customer_purchase_ip',
  'duplicate_charge_explanation',
  'duplicate_charge_id',
  'product_description',
  'refund_policy_disclosure',
  'refund_refusal_explanation',
  'service_date',
  'shipping_address',
  'shipping_carrier',
  'shipping_date',
  'shipping_tracking_number',
  'uncategorized_text',
] as const;
const EVIDENCE_FILES = [
  'cancellation_policy',
  'customer_communication',
  'customer_signature',
  'duplicate_charge_documentation',
  'receipt',
  'refund_policy',
  'service_documentation',
  'shipping_documentation',
  'uncategorized_file',
] as const;

function noEvidence(): Dispute['evidence'] {
  return {
    ...Object.fromEntries([...EVIDENCE_TEXTS, ...EVIDENCE_FILES].map((name) => [name, null])),
    enhanced_evidence: {},
  };
}
