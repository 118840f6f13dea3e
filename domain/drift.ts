import type { AccountState } from './account-state.ts';
import type { Catalog } from './catalog.ts';
import { decide } from './decide.ts';
import type { BillingSnapshot } from './snapshot.ts';
import { type Instant, later } from './time.ts';

/** What of an account is compared with Stripe. */
export type DriftKind = 'plan' | 'standing' | 'subscription' | 'add-ons' | 'debt';

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
    'add-ons': addOnsText,
    debt: ({ debt }) => (debt ? `${debt.invoiceId}: ${debt.amountCents} ${debt.currency}` : NONE),
  };
  return Object.entries(kinds).flatMap(([kind, textOf]) => {
    const [here, there] = [textOf(state), textOf(due)];
    return here === there ? [] : [{ kind: kind as DriftKind, here, there }];
  });
}

function subscriptionText({ subscription }: AccountState): string {
  if (!subscription) return NONE;
  const { id, status, currentPeriodEnd, cancelAt } = subscription;
  return `${id}: ${status} until ${currentPeriodEnd}${cancelAt ? `, ends ${cancelAt}` : ''}`;
}

function addOnsText({ addOns }: AccountState): string {
  const texts = addOns.map(
    ({ subscriptionId, addOnId, quantity, status, currentPeriodEnd, endsAt }) =>
      `${quantity} × ${addOnId} (${subscriptionId}): ${status} until ${currentPeriodEnd}${endsAt ? `, ends ${endsAt}` : ''}`,
  );
  return texts.length === 0 ? NONE : texts.toSorted().join('; ');
}
