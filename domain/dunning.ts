import type { AccountState, Dunning } from './account-state.ts';
import type { DunningPolicy } from './catalog.ts';
import { debtOf } from './debt.ts';
import type { Effect, MailFacts, MailTemplate } from './effect.ts';
import type { BillingSnapshot, InvoiceSnapshot, SubscriptionSnapshot } from './snapshot.ts';
import {
  canReplace,
  governingSubscription,
  hasEnded,
  isForUpgrade,
  owesRenewal,
  stillOwesRenewal,
} from './standing.ts';
import { addDays, addMs, DAY_MS, type Instant, later, msBetween } from './time.ts';
import type { Happened } from './timeline.ts';

/** A step that may not happen yet is looked at again after this many days. */
const POSTPONE_DAYS = 1;
/** How long a cancel that we asked for may take to be seen at Stripe before it is asked for again. */
const CANCEL_SEEN_AFTER_DAYS = 1 / 24;

/** In the order in which they follow each other; a stage may be skipped. */
const STAGES: Dunning['stage'][] = ['grace', 'suspended', 'canceled', 'deleted'];

/** What a look at the dunning came to. */
export interface DunningStep {
  dunning: Dunning | null;
  effects: Effect[];
  happened: Happened[];
  /** The debt is settled: effects of the dunning that have not been carried out are dropped. */
  settled: boolean;
}

/**
 * Opens, advances and closes the dunning of the governing subscription.
 *
 * Everything rests on a snapshot that was read at or after the deadline, so no step is taken on old news.
 */
export function advanceDunning(
  state: AccountState,
  snapshot: BillingSnapshot,
  now: Instant,
  policy: DunningPolicy,
): DunningStep {
  const current = state.dunning;
  const governing = governingSubscription(snapshot);
  if (!current) {
    if (!governing || !owesRenewal(governing)) return nothing(null);
    const opened = open(governing, now, policy);
    const failed = happened(
      `payment-failed/${opened.invoiceId}`,
      opened.startedAt,
      'payment-failed',
      'A payment failed. Grace began.',
    );
    return walk({ ...nothing(opened), happened: [failed] }, state, governing, snapshot, now);
  }
  const subscription = snapshot.subscriptions.find((each) => each.id === current.subscriptionId) ?? null;
  const other = governing && governing.id !== current.subscriptionId && canReplace(governing) ? governing : null;
  const inRetention = current.stage === 'canceled' || current.stage === 'deleted';
  const over = inRetention || !subscription || hasEnded(subscription);
  if (over && other) return closed(state, snapshot, now, policy);
  if (inRetention) return walk(nothing(current), state, subscription, snapshot, now);
  if (!subscription || hasEnded(subscription)) {
    return endedByDunning(current, subscription, snapshot)
      ? canceled(current, subscription, state, snapshot, now)
      : closed(state, snapshot, now, policy);
  }
  if (!stillOwesRenewal(subscription)) return recovered(current, state, now);
  if (other && !owesRenewal(other)) return closed(state, snapshot, now, policy);
  return walk(nothing(current), state, subscription, snapshot, now);
}

/** Ends the dunning without a payment. Another subscription that owes is dunned from here on. */
function closed(state: AccountState, snapshot: BillingSnapshot, now: Instant, policy: DunningPolicy): DunningStep {
  return { ...advanceDunning({ ...state, dunning: null }, snapshot, now, policy), settled: true };
}

/** The instants at which the dunning acts by itself. */
export function dunningDeadlines(dunning: Dunning | null): Instant[] {
  if (!dunning) return [];
  return stepsAhead(dunning)
    .filter((step) => step.stage === dunning.stage)
    .map((step) => step.at);
}

export interface ScheduledStep {
  kind: 'reminder' | 'suspend' | 'cancel' | 'deletion-warning' | 'delete';
  at: Instant;
  /** The stage in which it is taken. */
  stage: Dunning['stage'];
  /** For the steps that only tell: their day in the policy. */
  day: number | null;
}

/** What a dunning has still to do if nothing changes, in order; what is postponed stands at the next look. */
export function stepsAhead(dunning: Dunning): ScheduledStep[] {
  const { stage, notifiedDays, postponedUntil } = dunning;
  return dunningSchedule(dunning)
    .filter((step) => STAGES.indexOf(step.stage) >= STAGES.indexOf(stage))
    .filter((step) => step.day === null || !notifiedDays.includes(step.day))
    .map((step) => (postponedUntil && step.stage === stage ? { ...step, at: later(step.at, postponedUntil) } : step));
}

/** All that a dunning does, in order, done steps included. */
function dunningSchedule(dunning: Dunning): ScheduledStep[] {
  const { policy, startedAt, suspendAt, cancelAt, deleteAt } = dunning;
  return [
    ...policy.reminderDays.map(
      (day): ScheduledStep => ({ kind: 'reminder', at: addDays(startedAt, day), stage: 'grace', day }),
    ),
    { kind: 'suspend', at: suspendAt, stage: 'grace', day: null },
    { kind: 'cancel', at: cancelAt, stage: 'suspended', day: null },
    ...policy.deletionWarningDays.map(
      (day): ScheduledStep => ({
        kind: 'deletion-warning',
        at: addDays(deleteAt, day - policy.deleteAfterDays),
        stage: 'canceled',
        day,
      }),
    ),
    { kind: 'delete', at: deleteAt, stage: 'canceled', day: null },
  ];
}

function open(subscription: SubscriptionSnapshot, now: Instant, policy: DunningPolicy): Dunning {
  const oldest = subscription.invoices
    .filter((invoice) => invoice.status === 'open' && invoice.attemptCount > 0 && !isForUpgrade(invoice))
    .sort((a, b) => firstFailure(a).localeCompare(firstFailure(b)))[0];
  const startedAt = oldest ? firstFailure(oldest) : subscription.currentPeriodStart;
  const suspendAt = later(addDays(startedAt, policy.suspendAfterDays), addDays(now, policy.minimumNoticeDays));
  return {
    subscriptionId: subscription.id,
    invoiceId: oldest?.id ?? subscription.latestInvoiceId ?? subscription.id,
    policy,
    startedAt,
    suspendAt,
    cancelAt: addDays(suspendAt, policy.cancelAfterDays - policy.suspendAfterDays),
    deleteAt: addDays(suspendAt, policy.deleteAfterDays - policy.suspendAfterDays),
    notifiedDays: [],
    stage: 'grace',
    postponedUntil: null,
  };
}

/** Stripe first collects an invoice when it finalises it, so that instant is the first failure, and no later attempt moves it. */
function firstFailure(invoice: InvoiceSnapshot): Instant {
  return invoice.finalizedAt ?? invoice.createdAt;
}

/** Takes each step that is due on what was read. */
function walk(
  step: DunningStep,
  state: AccountState,
  subscription: SubscriptionSnapshot | null,
  snapshot: BillingSnapshot,
  now: Instant,
): DunningStep {
  let { dunning } = step;
  if (!dunning) return step;
  const effects = [...step.effects];
  const history = [...step.happened];
  const facts = factsOf(dunning, state, subscription);
  const isDue = (at: Instant) =>
    snapshot.readAt >= at && (!dunning?.postponedUntil || snapshot.readAt >= dunning.postponedUntil);

  if (dunning.stage === 'grace') {
    if (isDue(dunning.suspendAt)) {
      history.push(
        happened(
          `suspended/${dunning.invoiceId}`,
          now,
          'suspended',
          'Grace ended without payment. Workspaces stop; data is kept.',
        ),
      );
      dunning = { ...startedLate(dunning, dunning.suspendAt, now), stage: 'suspended', postponedUntil: null };
      effects.push(mail(dunning, 'suspended', null, factsOf(dunning, state, subscription), now, 'workspaces-settled'));
    } else {
      const told = tell(dunning, 'reminder', snapshot.readAt, now, facts);
      dunning = told.dunning;
      effects.push(...told.effects);
    }
  }
  if (dunning.stage === 'suspended' && isDue(dunning.cancelAt)) {
    effects.push({
      kind: 'cancel-subscription',
      id: `cancel-subscription/${dunning.subscriptionId}`,
      emittedAt: now,
      readyWhen: 'now',
      droppedByPayment: true,
      subscriptionId: dunning.subscriptionId,
      voidOpenInvoices: dunning.policy.voidOpenInvoicesOnCancel,
    });
    dunning = { ...dunning, postponedUntil: addDays(now, CANCEL_SEEN_AFTER_DAYS) };
  }
  if (dunning.stage === 'canceled') {
    if (snapshot.readAt < dunning.deleteAt) {
      const told = tell(dunning, 'deletion-warning', snapshot.readAt, now, facts);
      dunning = told.dunning;
      effects.push(...told.effects);
    } else if (isDue(dunning.deleteAt)) {
      if (snapshot.paymentInDoubt) {
        dunning = { ...dunning, postponedUntil: addDays(now, POSTPONE_DAYS) };
      } else {
        history.push(
          happened(
            `data-deleted/${dunning.invoiceId}`,
            now,
            'data-deleted',
            'The retention ended. The data of the workspaces is deleted.',
          ),
        );
        effects.push(mail(dunning, 'data-deleted', null, facts, now, 'workspaces-settled'));
        dunning = { ...dunning, stage: 'deleted', postponedUntil: null };
      }
    }
  }
  return { ...step, dunning, effects, happened: history };
}

/** Tells the newest of the notices that are due; older ones that were missed are overtaken by it. */
function tell(
  dunning: Dunning,
  kind: 'reminder' | 'deletion-warning',
  readAt: Instant,
  now: Instant,
  facts: MailFacts,
): { dunning: Dunning; effects: Effect[] } {
  const due = dunningSchedule(dunning).filter(
    (step) => step.kind === kind && step.at <= readAt && step.day !== null && !dunning.notifiedDays.includes(step.day),
  );
  const newest = due.at(-1);
  if (!newest) return { dunning, effects: [] };
  const template: MailTemplate =
    kind === 'deletion-warning'
      ? 'deletion-warning'
      : dunning.notifiedDays.length === 0
        ? 'grace-started'
        : 'grace-reminder';
  return {
    dunning: { ...dunning, notifiedDays: [...dunning.notifiedDays, ...due.flatMap((step) => step.day ?? [])] },
    effects: [mail(dunning, template, newest.day, facts, now, 'now')],
  };
}

function recovered(dunning: Dunning, state: AccountState, now: Instant): DunningStep {
  const first: MailTemplate = dunning.notifiedDays.length > 0 ? 'grace-started' : 'suspended';
  const decidedToTell = dunning.notifiedDays.length > 0 || dunning.stage === 'suspended';
  const wasTold = decidedToTell && !state.outbox.some((effect) => effect.kind === 'mail' && effect.template === first);
  const facts = factsOf(dunning, state, null);
  return {
    dunning: null,
    settled: true,
    effects: wasTold
      ? [{ ...mail(dunning, 'payment-received', null, facts, now, 'now'), droppedByPayment: false }]
      : [],
    happened: [
      happened(
        `payment-received/${dunning.invoiceId}`,
        now,
        'payment-received',
        'The payment arrived. All is as before.',
      ),
    ],
  };
}

/** Whether a subscription that is over was ended by our dunning or by Stripe's; otherwise its customer did. */
function endedByDunning(
  dunning: Dunning,
  subscription: SubscriptionSnapshot | null,
  snapshot: BillingSnapshot,
): boolean {
  const byUs = dunning.stage === 'suspended' && snapshot.readAt >= dunning.cancelAt;
  return byUs || subscription?.cancelReason === 'payment_failed';
}

/** The subscription is over for want of payment: data is kept until the retention ends. */
function canceled(
  current: Dunning,
  subscription: SubscriptionSnapshot | null,
  state: AccountState,
  snapshot: BillingSnapshot,
  now: Instant,
): DunningStep {
  const dunning: Dunning = { ...startedLate(current, current.cancelAt, now), stage: 'canceled', postponedUntil: null };
  const facts = factsOf(dunning, state, subscription);
  const step: DunningStep = {
    dunning,
    settled: true,
    effects: [mail(dunning, 'subscription-canceled', null, facts, now, 'now')],
    happened: [
      happened(
        `subscription-canceled/${dunning.subscriptionId}`,
        now,
        'subscription-canceled',
        'The subscription ended without payment. Data is kept until the retention ends.',
      ),
    ],
  };
  return walk(step, state, subscription, snapshot, now);
}

/** When a step is taken late (an outage of ours), what follows it moves as far: nobody's notice is shortened by our fault. */
function startedLate(dunning: Dunning, dueAt: Instant, now: Instant): Dunning {
  const lateMs = msBetween(dueAt, now);
  if (lateMs < DAY_MS) return dunning;
  const cancelAt = dunning.stage === 'grace' ? addMs(dunning.cancelAt, lateMs) : dunning.cancelAt;
  return { ...dunning, cancelAt, deleteAt: addMs(dunning.deleteAt, lateMs) };
}

function factsOf(dunning: Dunning, state: AccountState, subscription: SubscriptionSnapshot | null): MailFacts {
  const owed = debtOf(subscription);
  return {
    planId: state.plan.id,
    planName: state.plan.name,
    ...(owed ? { amountCents: owed.amountCents, currency: owed.currency, payUrl: owed.payUrl } : {}),
    suspendAt: dunning.suspendAt,
    cancelAt: dunning.cancelAt,
    deleteAt: dunning.deleteAt,
  };
}

function mail(
  dunning: Dunning,
  template: MailTemplate,
  day: number | null,
  facts: MailFacts,
  now: Instant,
  readyWhen: Effect['readyWhen'],
): Effect {
  const id = `mail/${template}/${dunning.invoiceId}${day === null ? '' : `/day-${day}`}`;
  return { kind: 'mail', id, template, facts, emittedAt: now, readyWhen, droppedByPayment: true };
}

function happened(id: string, at: Instant, kind: Happened['kind'], text: string): Happened {
  return { id, at, kind, text };
}

function nothing(dunning: Dunning | null): DunningStep {
  return { dunning, effects: [], happened: [], settled: false };
}
