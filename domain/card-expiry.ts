import type { AccountState, CardWarnings } from './account-state.ts';
import { isOver } from './cover.ts';
import type { Effect, MailEffect } from './effect.ts';
import type { BillingSnapshot, CardSnapshot } from './snapshot.ts';
import { addDays, type Instant } from './time.ts';

/** Days before a card expires on which its owner is told. */
const WARNING_DAYS = [30, 7];

export interface CardStep {
  cardWarnings: CardWarnings | null;
  effects: MailEffect[];
  /** What is left of the outbox: warnings of a card that was replaced are not sent any more. */
  outbox: Effect[];
}

/** The first instant at which a card with this month printed on it is over: it is good to the month's end. */
export function cardExpiresAt(expMonth: number, expYear: number): Instant {
  return new Date(Date.UTC(expYear, expMonth, 1)).toISOString();
}

/**
 * Warns a month and a week before the card that is charged expires, once each, as long as something will be charged to it.
 * Another card, or a new date of the same one, begins anew.
 */
export function advanceCard(state: AccountState, outbox: Effect[], snapshot: BillingSnapshot, now: Instant): CardStep {
  const { card, readAt } = snapshot;
  const kept = outbox.filter((effect) => !isWarning(effect) || isOf(card, effect.facts));
  if (!card || card.expiresAt === null) return { cardWarnings: null, effects: [], outbox: kept };
  const { id: cardId, expiresAt } = card;
  const before = state.cardWarnings && isOf(card, state.cardWarnings) ? state.cardWarnings : null;
  const warnings: CardWarnings = before ?? { cardId, expiresAt, toldDays: [] };
  const isCharged = snapshot.subscriptions.some((each) => !isOver(each) && each.cancelAt === null);
  const due = WARNING_DAYS.filter((day) => addDays(expiresAt, -day) <= readAt && !warnings.toldDays.includes(day));
  const day = due.at(-1);
  if (day === undefined || !isCharged || readAt >= expiresAt) {
    return { cardWarnings: warnings, effects: [], outbox: kept };
  }
  const { plan } = state;
  return {
    cardWarnings: { ...warnings, toldDays: [...warnings.toldDays, ...due] },
    effects: [
      {
        kind: 'mail',
        id: `mail/card-expiring/${cardId}/${expiresAt.slice(0, 7)}/day-${day}`,
        template: 'card-expiring',
        facts: { planId: plan.id, planName: plan.name, cardId, expiresAt },
        emittedAt: now,
        readyWhen: 'now',
        droppedWhenDunningEnds: false,
      },
    ],
    outbox: kept,
  };
}

/** When an account looks whether to warn. What was due at the last read was decided by it. */
export function cardDeadlines({ cardWarnings, billingReadAt }: AccountState): Instant[] {
  if (!cardWarnings) return [];
  const { expiresAt, toldDays } = cardWarnings;
  return WARNING_DAYS.filter((day) => !toldDays.includes(day))
    .map((day) => addDays(expiresAt, -day))
    .filter((at) => billingReadAt === null || at > billingReadAt);
}

function isWarning(effect: Effect): effect is MailEffect {
  return effect.kind === 'mail' && effect.template === 'card-expiring';
}

function isOf(card: CardSnapshot | null, { cardId, expiresAt }: { cardId?: string; expiresAt?: Instant }): boolean {
  return card?.id === cardId && card?.expiresAt === expiresAt;
}
