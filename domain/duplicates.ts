import type { AccountState, DuplicateSubscription } from './account-state.ts';
import type { Catalog } from './catalog.ts';
import type { CommandOutcome } from './commands.ts';
import { isInGoodStanding, isOver } from './cover.ts';
import type { Effect, EndDuplicateEffect } from './effect.ts';
import type { SubscriptionSnapshot } from './snapshot.ts';
import type { Instant } from './time.ts';
import type { Happened } from './timeline.ts';

export interface DuplicatesStep {
  duplicates: DuplicateSubscription[];
  effects: EndDuplicateEffect[];
  happened: Happened[];
  /** What is left of the outbox. */
  outbox: Effect[];
}

/** What a look for duplicates rests on. */
export interface DuplicatesLook {
  state: AccountState;
  /** Of the outbox: what is still right otherwise. */
  outbox: Effect[];
  /** Those for plans. */
  subscriptions: readonly SubscriptionSnapshot[];
  /** The one that stays. */
  governing: SubscriptionSnapshot | null;
  now: Instant;
  catalog: Catalog;
}

/**
 * An account has one plan. Of several that are paid (two Checkouts, say) the governing one stays; each other is cancelled at
 * once and the payment of its current period is given back, once. Nothing is ended while none that stays is in good
 * standing, nor in an account that is being closed, which cancels everything anyway.
 */
export function endDuplicates({
  state,
  outbox,
  subscriptions,
  governing,
  now,
  catalog,
}: DuplicatesLook): DuplicatesStep {
  const isPaid = (id: string) => subscriptions.some((each) => each.id === id && isInGoodStanding(each));
  const kept = outbox.filter((effect) => effect.kind !== 'end-duplicate' || isPaid(effect.survivorId));
  const isDropped = ({ subscriptionId }: DuplicateSubscription) =>
    state.outbox.some((effect) => isEndOf(subscriptionId, effect) && !kept.includes(effect));
  const isListed = ({ subscriptionId }: DuplicateSubscription) =>
    kept.some((effect) => isEndOf(subscriptionId, effect)) ||
    subscriptions.some((each) => each.id === subscriptionId && !isOver(each));
  const known = state.duplicates.filter((each) => !isDropped(each) && isListed(each));
  const found =
    governing && isInGoodStanding(governing) && !state.closing
      ? subscriptions.filter((each) => each.id !== governing.id && isInGoodStanding(each))
      : [];
  const fresh = found.filter(({ id }) => !known.some((each) => each.subscriptionId === id));
  const planNameOf = ({ planId }: SubscriptionSnapshot) =>
    catalog.plans.find((each) => each.id === planId)?.name ?? 'a plan';
  return {
    duplicates: [
      ...known,
      ...fresh.map((each) => ({ subscriptionId: each.id, planName: planNameOf(each), foundAt: now })),
    ],
    effects: fresh.map((each) => ({
      kind: 'end-duplicate',
      id: `end-duplicate/${each.id}`,
      emittedAt: now,
      readyWhen: 'now',
      droppedWhenDunningEnds: false,
      subscriptionId: each.id,
      survivorId: governing?.id ?? '',
      invoiceId: each.invoices.find(({ id, status }) => id === each.latestInvoiceId && status === 'paid')?.id ?? null,
      planName: planNameOf(each),
    })),
    happened: fresh.map((each) => ({
      id: `duplicate-found/${each.id}`,
      at: now,
      kind: 'duplicate-found',
      text: `There is a second subscription, to ${planNameOf(each)} (${each.id}). It is ended and what was paid for it is given back.`,
    })),
    outbox: kept,
  };
}

/** What became of the end of a second subscription. */
export interface DuplicateResult {
  /** `survivor-gone`: the one that was to stay is not in good standing; nothing was done. */
  done: 'ended' | 'survivor-gone';
  /** What was given back; `null` when nothing had been paid. */
  refunded: { amountCents: number; currency: string } | null;
}

/** The end has been carried out: its customer is told, once. When it could not be, the next look decides anew. */
export function afterDuplicate(
  state: AccountState,
  effect: EndDuplicateEffect,
  { done, refunded }: DuplicateResult,
  now: Instant,
): CommandOutcome {
  const { subscriptionId, planName } = effect;
  const outbox = state.outbox.filter((each) => each.id !== effect.id);
  if (done === 'survivor-gone') {
    const duplicates = state.duplicates.filter((each) => each.subscriptionId !== subscriptionId);
    return { state: { ...state, outbox, duplicates }, happened: [] };
  }
  const mail: Effect = {
    kind: 'mail',
    id: `mail/duplicate-ended/${subscriptionId}`,
    template: 'duplicate-ended',
    facts: { planId: state.plan.id, planName, ...refunded },
    emittedAt: now,
    readyWhen: 'now',
    droppedWhenDunningEnds: false,
  };
  const back = refunded ? ' What was paid for it was given back in full.' : ' Nothing had been paid for it.';
  const text = `The second subscription, to ${planName} (${subscriptionId}), was ended.${back}`;
  return {
    state: { ...state, outbox: [...outbox, mail] },
    happened: [{ id: `duplicate-ended/${subscriptionId}`, at: now, kind: 'duplicate-ended', text }],
  };
}

function isEndOf(subscriptionId: string, effect: Effect): boolean {
  return effect.kind === 'end-duplicate' && effect.subscriptionId === subscriptionId;
}
