import type { Instant } from './time.ts';

/** Stripe's list is open: a status not known yet counts as neither open nor paid. */
export type InvoiceStatus = 'draft' | 'open' | 'paid' | 'void' | 'uncollectible' | (string & {});

/** An invoice as Stripe has it, in our units. */
export interface InvoiceSnapshot {
  id: string;
  subscriptionId: string | null;
  status: InvoiceStatus;
  /** Why Stripe made it: `subscription_create`, `subscription_cycle`, `subscription_update`, … An open list. */
  billingReason: string;
  /** Still to be paid, in minor units of `currency`. */
  amountRemainingCents: number;
  currency: string;
  createdAt: Instant;
  /** When it was finalised, which is when Stripe first tried to collect it; `null` for a draft. */
  finalizedAt: Instant | null;
  /** Attempts to collect so far. */
  attemptCount: number;
  nextAttemptAt: Instant | null;
}

/** An invoice that has been made final not long ago, of whatever it is for. */
export interface FinalizedInvoice {
  id: string;
  finalizedAt: Instant;
  /** All that it asks for, in minor units of `currency`. */
  amountCents: number;
  currency: string;
}

/** Whether an invoice charges for a change of plan in the middle of a period. */
export function isForUpgrade(invoice: InvoiceSnapshot): boolean {
  return invoice.billingReason === 'subscription_update';
}

/** Stripe's subscription statuses that are known today; the list is open, so any string can occur. */
export type SubscriptionStatus =
  | 'incomplete'
  | 'incomplete_expired'
  | 'trialing'
  | 'active'
  | 'past_due'
  | 'unpaid'
  | 'paused'
  | 'canceled'
  | (string & {});

/** What a subscription is for. `unknown`: neither its price nor its metadata says. */
export type SubscriptionRole = 'base' | 'add-on' | 'unknown';

export interface SubscriptionSnapshot {
  id: string;
  role: SubscriptionRole;
  status: SubscriptionStatus;
  /** `pause_collection` is set: the status stays `active`, our policy decides on access. */
  collectionPaused: boolean;
  /** The catalog's plan of its price, or `null` when the price is no plan's. */
  planId: string | null;
  /** The catalog's add-on of its price, or `null` when the price is no add-on's. */
  addOnId: string | null;
  /** How many of an add-on. */
  quantity: number;
  createdAt: Instant;
  currentPeriodStart: Instant;
  currentPeriodEnd: Instant;
  /** When a cancel that has been asked for takes effect (`cancel_at`, or the period's end). */
  cancelAt: Instant | null;
  endedAt: Instant | null;
  /** `payment_failed` when Stripe's own retry settings ended it, `payment_disputed` when a dispute did. */
  cancelReason: 'cancellation_requested' | 'payment_disputed' | 'payment_failed' | null | (string & {});
  trialEnd: Instant | null;
  /** A change of price that a schedule at Stripe makes later; `planId` is `null` when the price is no plan's. */
  plannedChange: { planId: string | null; at: Instant } | null;
  /** The invoice of the current period, when all that was paid of it was given back. */
  refundedInvoiceId: string | null;
  latestInvoiceId: string | null;
  /** Its open invoices and the latest one, oldest first. */
  invoices: InvoiceSnapshot[];
}

/** Stripe's statuses of a dispute that are known today; the list is open. */
export type DisputeStatus =
  | 'warning_needs_response'
  | 'warning_under_review'
  | 'warning_closed'
  | 'needs_response'
  | 'under_review'
  | 'prevented'
  | 'won'
  | 'lost'
  | (string & {});

/** A payment that the customer's bank has taken back, or asks about. */
export interface DisputeSnapshot {
  id: string;
  status: DisputeStatus;
  createdAt: Instant;
}

/** The card or account that is charged by default. What a person would recognise it by is not here: it is in no workflow. */
export interface CardSnapshot {
  id: string;
  /** The first instant at which it can't be charged any more; `null` for what does not expire. */
  expiresAt: Instant | null;
}

/** What a read of Stripe found, normalised. Order and duplicates of events do not matter to it. Holds nothing personal. */
export interface BillingSnapshot {
  /** The workflow's time at which the read began. */
  readAt: Instant;
  /** Of every role, newest first, ended ones included. */
  subscriptions: SubscriptionSnapshot[];
  card: CardSnapshot | null;
  /** Of the newest payments. */
  disputes: DisputeSnapshot[];
  /** Those of the last weeks. */
  finalizedInvoices: FinalizedInvoice[];
  /** A payment is processing or disputed: nothing may be cancelled or deleted. */
  paymentInDoubt: boolean;
}

/** A customer that Stripe does not know (yet): an account on the free plan. */
export function emptySnapshot(readAt: Instant): BillingSnapshot {
  return { readAt, subscriptions: [], card: null, disputes: [], finalizedInvoices: [], paymentInDoubt: false };
}
