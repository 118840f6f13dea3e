import type { AccountState, Debt, Dunning } from './account-state.ts';
import { debtOf } from './debt.ts';
import { dunningSchedule } from './dunning-schedule.ts';
import { type DunningStep, type Look, quietly } from './dunning-step.ts';
import type { MailEffect, MailFacts, MailTemplate } from './effect.ts';
import { addDays, type Instant, later } from './time.ts';

/** Reminds of the debt and of the day on which workspaces stop. */
export function remind(look: Look, dunning: Dunning): DunningStep<Dunning> {
  const notice = noticeDue(dunning, 'reminder', look.snapshot.readAt);
  if (!notice) return quietly(dunning);
  const template = dunning.decidedDays.length === 0 ? 'grace-started' : 'grace-reminder';
  const told = { ...dunning, decidedDays: notice.decidedDays };
  return { ...quietly(told), effects: [mail(look, told, template, { day: notice.day })] };
}

/**
 * Warns of the deletion. Between the last warning and the deletion lies what the policy promises: when the warning is late,
 * the deletion is as well.
 */
export function warnOfDeletion(look: Look, dunning: Dunning): DunningStep<Dunning> {
  const notice = noticeDue(dunning, 'deletion-warning', look.snapshot.readAt);
  if (!notice) return quietly(dunning);
  const { deletionWarningDays, deleteAfterDays } = dunning.policy;
  const isLast = notice.day === deletionWarningDays.at(-1);
  const deleteAt = isLast ? later(dunning.deleteAt, addDays(look.now, deleteAfterDays - notice.day)) : dunning.deleteAt;
  const told = { ...dunning, decidedDays: notice.decidedDays, deleteAt };
  return { ...quietly(told), effects: [mail(look, told, 'deletion-warning', { day: notice.day })] };
}

/** A mail of a dunning; by default it goes at once, and not at all once the dunning has ended. */
export function mail(
  look: Look,
  dunning: Dunning,
  template: MailTemplate,
  { day, ...changes }: { day?: number } & Partial<Pick<MailEffect, 'readyWhen' | 'droppedWhenDunningEnds'>> = {},
): MailEffect {
  return {
    kind: 'mail',
    id: `mail/${template}/${dunning.id}${day === undefined ? '' : `/day-${day}`}`,
    template,
    facts: factsOf(look, dunning),
    emittedAt: look.now,
    readyWhen: 'now',
    droppedWhenDunningEnds: true,
    ...changes,
  };
}

/** The newest of the notices that are due; older ones that were missed are overtaken by it. */
function noticeDue(
  dunning: Dunning,
  kind: 'reminder' | 'deletion-warning',
  readAt: Instant,
): { day: number; decidedDays: number[] } | null {
  const days = dunningSchedule(dunning)
    .filter((step) => step.kind === kind && step.at <= readAt)
    .flatMap((step) => (step.day === null || dunning.decidedDays.includes(step.day) ? [] : step.day));
  const day = days.at(-1);
  return day === undefined ? null : { day, decidedDays: [...dunning.decidedDays, ...days] };
}

function factsOf({ state, cover }: Look, dunning: Dunning): MailFacts {
  return dunningFacts(state.plan, debtOf(cover.dunned), dunning);
}

/** What mails of a dunning tell. */
export function dunningFacts(plan: AccountState['plan'], owed: Debt | null, dunning: Dunning): MailFacts {
  return {
    planId: plan.id,
    planName: plan.name,
    ...(owed ? { amountCents: owed.amountCents, currency: owed.currency, invoiceId: owed.invoiceId } : {}),
    suspendAt: dunning.suspendAt,
    cancelAt: dunning.cancelAt,
    deleteAt: dunning.deleteAt,
  };
}
