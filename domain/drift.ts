import type { AccountState } from './account-state.ts';
import type { Catalog } from './catalog.ts';
import { decide } from './decide.ts';
import { isHolding } from './disputes.ts';
import type { BillingSnapshot } from './snapshot.ts';
import { type Instant, later } from './time.ts';

/** What of an account is compared with Stripe. */
export type DriftKind =
  | 'plan'
  | 'standing'
  | 'subscription'
  | 'planned-change'
  | 'duplicates'
  | 'add-ons'
  | 'debt'
  | 'invoices'
  | 'card'
  | 'disputes';

/** Where an account is not as Stripe says that it should be. */
export interface Drift {
  kind: DriftKind;
  /** What is here, and what it should be, for people. */
  here: string;
  there: string;
}

const NONE = 'none';

/**
 * Compares what is remembered of an account with what would be decided from Stripe now. An account that has seen all of
 * Stripe shows no drift, whatever Stripe says: that a plan waits for the payment of its upgrade, say, is no drift.
 *
 * @param now wall time; an account whose own time is ahead of it is compared in its own
 */
export function driftOf(state: AccountState, read: BillingSnapshot, now: Instant, catalog: Catalog): Drift[] {
  const readAt = later(read.readAt, state.billingReadAt ?? read.readAt);
  const due = decide(state, { ...read, readAt }, later(now, readAt), catalog).state;
  const kinds: Record<DriftKind, (of: AccountState) => string> = {
    plan: ({ plan }) => plan.id,
    standing: ({ standing }) => standing,
    subscription: subscriptionText,
    'planned-change': ({ plannedChange }) => (plannedChange ? `${plannedChange.plan.id} at ${plannedChange.at}` : NONE),
    duplicates: ({ duplicates }) => listText(duplicates.map(({ subscriptionId }) => subscriptionId)),
    'add-ons': addOnsText,
    debt: ({ debt }) => (debt ? `${debt.invoiceId}: ${debt.amountCents} ${debt.currency}` : NONE),
    // Those that Stripe no longer shows are forgotten, which is no drift.
    invoices: ({ toldInvoices }) => listText(toldInvoices.filter((id) => !state.toldInvoices.includes(id))),
    card: ({ card }) => (card ? `${card.id}${card.expiresAt ? ` until ${card.expiresAt}` : ''}` : NONE),
    // What is over and holds nothing may leave the page that Stripe shows.
    disputes: ({ disputes }) => listText(disputes.filter(isHolding).map(({ id, state: stage }) => `${id}: ${stage}`)),
  };
  return Object.entries(kinds).flatMap(([kind, textOf]) => {
    const [here, there] = [textOf(state), textOf(due)];
    return here === there ? [] : [{ kind: kind as DriftKind, here, there }];
  });
}

function subscriptionText({ subscription }: AccountState): string {
  if (!subscription) return NONE;
  const { id, status, currentPeriodEnd, cancelAt, trialEnd, collectionPaused } = subscription;
  return [
    `${id}: ${status} until ${currentPeriodEnd}`,
    ...(cancelAt ? [`ends ${cancelAt}`] : []),
    ...(trialEnd ? [`trial until ${trialEnd}`] : []),
    ...(collectionPaused ? ['collection is paused'] : []),
  ].join(', ');
}

function addOnsText({ addOns }: AccountState): string {
  const texts = addOns.map(
    ({ subscriptionId, addOnId, quantity, status, currentPeriodEnd, endsAt }) =>
      `${quantity} × ${addOnId} (${subscriptionId}): ${status} until ${currentPeriodEnd}${endsAt ? `, ends ${endsAt}` : ''}`,
  );
  return listText(texts);
}

function listText(texts: string[]): string {
  return texts.length === 0 ? NONE : texts.toSorted().join('; ');
}
