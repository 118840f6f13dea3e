import type { Dunning } from './account-state.ts';
import { coverOf } from './cover.ts';
import { mail, remind, warnOfDeletion } from './dunning-notices.ts';
import { openDunning } from './dunning-opening.ts';
import { movedByDelay } from './dunning-schedule.ts';
import { andThen, type DunningStep, type Look, quietly } from './dunning-step.ts';
import type { MailTemplate } from './effect.ts';
import type { SubscriptionSnapshot } from './snapshot.ts';
import { addDays, type Instant, later } from './time.ts';

/** While a payment is in doubt, it is looked at again after this many days. */
const DOUBT_DAYS = 1;
/** How long a cancel that we asked for may take to be seen at Stripe before it is asked for again. */
const CANCEL_SEEN_AFTER_DAYS = 1 / 24;

/**
 * What follows from a renewal that was not paid, up to now: grace, suspension, cancel, retention, deletion; or its end.
 *
 * Everything rests on a snapshot that was read at or after the deadline, so no step is taken on old news.
 */
export function advanceDunning(look: Look): DunningStep {
  const { dunning } = look.state;
  const { dunned, verdict } = look.cover;
  if (!dunning) return dunned ? opens(look, dunned) : quietly(null);
  switch (verdict) {
    case 'owes':
      return dunning.stage === 'grace' ? inGrace(look, dunning) : whileSuspended(look, dunning);
    case 'lapsed':
      return isRetained(dunning) ? inRetention(look, dunning) : lapses(look, dunning);
    case 'paid':
    case 'waived':
      return recovers(look, dunning, verdict);
    case 'replaced':
      return { ...ends(look), recoveredAt: recoveryOf(look, dunning) };
    case 'ended':
      return ends(look);
  }
}

function opens(look: Look, dunned: SubscriptionSnapshot): DunningStep {
  const dunning = openDunning(dunned, look.state.recoveredAt, look.now, look.policy);
  const text = 'A payment failed. Everything keeps running for now, so that there is time to pay.';
  const opened: DunningStep<Dunning> = {
    ...quietly(dunning),
    happened: [{ id: `payment-failed/${dunning.id}`, at: dunning.startedAt, kind: 'payment-failed', text }],
  };
  return andThen(opened, (each) => inGrace(look, each));
}

/** Everything runs; the customer is reminded until the day of the suspension. */
function inGrace(look: Look, dunning: Dunning): DunningStep<Dunning> {
  if (look.snapshot.readAt < dunning.suspendAt) return remind(look, dunning);
  const next: Dunning = { ...movedByDelay(dunning, dunning.suspendAt, look.now), stage: 'suspended' };
  const text = 'The payment did not arrive in time. Your workspaces stop; your data is kept.';
  const suspended: DunningStep<Dunning> = {
    ...quietly(next),
    effects: [mail(look, next, 'suspended', { readyWhen: 'workspaces-settled' })],
    happened: [{ id: `suspended/${next.id}`, at: look.now, kind: 'suspended', text }],
  };
  return andThen(suspended, (each) => whileSuspended(look, each));
}

/** Workspaces are stopped. On its day the cancel is asked for until it is seen, but not while money may be on its way. */
function whileSuspended(look: Look, dunning: Dunning): DunningStep<Dunning> {
  const { readAt, paymentInDoubt } = look.snapshot;
  if (readAt < dunning.cancelAt || isWaiting(dunning, 'payment-in-doubt', readAt)) return quietly(dunning);
  if (paymentInDoubt) return { ...quietly(waitingForPayment(look, dunning)), drops: 'cancel' };
  if (isWaiting(dunning, 'cancel-to-be-seen', readAt)) return quietly(dunning);
  const until = addDays(look.now, CANCEL_SEEN_AFTER_DAYS);
  return {
    ...quietly<Dunning>({ ...dunning, waitingFor: { why: 'cancel-to-be-seen', until } }),
    effects: [
      {
        kind: 'cancel-subscription',
        id: `cancel-subscription/${dunning.id}`,
        emittedAt: look.now,
        readyWhen: 'now',
        droppedWhenDunningEnds: true,
        subscriptionId: dunning.subscriptionId,
        voidOpenInvoices: dunning.policy.voidOpenInvoicesOnCancel,
      },
    ],
  };
}

/** The subscription is over for want of payment: data is kept until the retention ends. */
function lapses(look: Look, dunning: Dunning): DunningStep {
  const next: Dunning = { ...movedByDelay(dunning, dunning.cancelAt, look.now), stage: 'canceled', waitingFor: null };
  const id = `subscription-canceled/${next.subscriptionId}`;
  const text = 'The subscription ended without payment. Your data is kept until the retention ends.';
  const lapsed: DunningStep<Dunning> = {
    ...quietly(next),
    effects: [mail(look, next, 'subscription-canceled')],
    happened: [{ id, at: look.now, kind: 'subscription-canceled', text }],
    drops: 'all-of-dunning',
  };
  return andThen(lapsed, (each) => inRetention(look, each));
}

/** Data is kept and its deletion announced. It is deleted on its day, but never unannounced nor while a payment is in doubt. */
function inRetention(look: Look, dunning: Dunning): DunningStep<Dunning> {
  if (dunning.stage === 'deleted') return quietly(dunning);
  const warned = warnOfDeletion(look, dunning);
  if (warned.dunning !== dunning) return warned;
  const { readAt, paymentInDoubt } = look.snapshot;
  if (readAt < dunning.deleteAt || isWaiting(dunning, 'payment-in-doubt', readAt)) return quietly(dunning);
  if (paymentInDoubt) return quietly(waitingForPayment(look, dunning));
  const next: Dunning = { ...dunning, stage: 'deleted', waitingFor: null };
  const text = 'The retention ended. The data of your workspaces is deleted.';
  return {
    ...quietly(next),
    effects: [mail(look, next, 'data-deleted', { readyWhen: 'workspaces-settled' })],
    happened: [{ id: `data-deleted/${next.id}`, at: look.now, kind: 'data-deleted', text }],
  };
}

/** The debt is settled. Whoever was told of it is told so. */
function recovers(look: Look, dunning: Dunning, verdict: 'paid' | 'waived'): DunningStep {
  const after = ends(look);
  const template = verdict === 'paid' ? 'payment-received' : 'debt-settled';
  const text =
    verdict === 'paid' ? 'The payment arrived. All is as before.' : 'The open invoice is settled. All is as before.';
  const told = wasTold(look, dunning) ? [mail(look, dunning, template, { droppedWhenDunningEnds: false })] : [];
  return {
    ...after,
    effects: [...told, ...after.effects],
    happened: [
      { id: `payment-received/${dunning.id}`, at: look.now, kind: 'payment-received', text },
      ...after.happened,
    ],
    recoveredAt: recoveryOf(look, dunning),
  };
}

/** The dunning is over. Another subscription that owes is dunned from here on. */
function ends(look: Look): DunningStep {
  const state = { ...look.state, dunning: null };
  return {
    ...advanceDunning({ ...look, state, cover: coverOf(look.snapshot, null, look.cover.governing?.id ?? null) }),
    drops: 'all-of-dunning',
  };
}

/** Never before the dunning itself began, so that the next one begins later. */
function recoveryOf(look: Look, dunning: Dunning): Instant {
  return later(look.snapshot.readAt, dunning.startedAt);
}

/** Whether the first mail about the debt has left. */
function wasTold({ state }: Look, dunning: Dunning): boolean {
  const first: MailTemplate = dunning.decidedDays.length > 0 ? 'grace-started' : 'suspended';
  const decidedToTell = dunning.decidedDays.length > 0 || dunning.stage === 'suspended';
  return decidedToTell && !state.outbox.some((effect) => effect.kind === 'mail' && effect.template === first);
}

function isRetained(dunning: Dunning): boolean {
  return dunning.stage === 'canceled' || dunning.stage === 'deleted';
}

function isWaiting(dunning: Dunning, why: NonNullable<Dunning['waitingFor']>['why'], readAt: Instant): boolean {
  return dunning.waitingFor?.why === why && readAt < dunning.waitingFor.until;
}

function waitingForPayment(look: Look, dunning: Dunning): Dunning {
  return { ...dunning, waitingFor: { why: 'payment-in-doubt', until: addDays(look.now, DOUBT_DAYS) } };
}
