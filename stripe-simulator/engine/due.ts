import { clockOfSession, expireCheckoutSession } from './checkout-sessions.ts';
import { type ClockId, findClock, moveTo, timeOf } from './clock.ts';
import { collect, finalizeByItself } from './invoices.ts';
import type { Invoice, Subscription } from './objects.ts';
import { announceRenewal } from './previews.ts';
import { endPhase, phaseEnd } from './schedules.ts';
import { hasEnded } from './subscription-status.ts';
import {
  announceTrialEnd,
  cancelAsScheduled,
  expireIncomplete,
  expirePendingUpdate,
  firstItem,
  INCOMPLETE_SECONDS,
  renewSubscription,
  resumeCollection,
  TRIAL_NOTICE_SECONDS,
} from './subscriptions.ts';
import { DEFAULT_POLICY, type World } from './world.ts';

const DAY_S = 86_400;

/** What happens by itself, in the order in which things of one instant happen. */
export type DueKind =
  | 'invoice-upcoming'
  | 'trial-notice'
  | 'scheduled-cancel'
  | 'collection-resumes'
  | 'incomplete-expires'
  | 'pending-update-expires'
  | 'phase-ends'
  | 'period-ends'
  | 'invoice-finalizes'
  | 'payment-attempt'
  | 'checkout-expires';

const ORDER: readonly DueKind[] = [
  'invoice-upcoming',
  'trial-notice',
  'scheduled-cancel',
  'collection-resumes',
  'incomplete-expires',
  'pending-update-expires',
  'phase-ends',
  'period-ends',
  'invoice-finalizes',
  'payment-attempt',
  'checkout-expires',
];

export interface Due {
  kind: DueKind;
  /** Seconds since 1970. */
  at: number;
  /** The subscription or invoice. */
  id: string;
  run: () => void;
}

/** What a run of the clock did. */
export type Done = Pick<Due, 'kind' | 'at' | 'id'>;

/** The next thing that happens by itself on a clock, or `null` when nothing is planned. */
export function nextDue(world: World, clock: ClockId): Due | null {
  let next: Due | null = null;
  for (const due of planned(world, clock)) {
    if (next === null || due.at < next.at || (due.at === next.at && rank(due) < rank(next))) next = due;
  }
  return next;
}

/**
 * Works off all that is due up to `until`, each thing at its own instant and in order, and leaves the clock there.
 * https://docs.stripe.com/billing/testing/test-clocks
 *
 * @param until seconds since 1970
 */
export function runUntil(world: World, clock: ClockId, until: number): Done[] {
  const done: Done[] = [];
  const cause = world.cause;
  world.cause = null;
  try {
    for (let due = nextDue(world, clock); due && due.at <= until; due = nextDue(world, clock)) {
      moveTo(world, clock, due.at);
      due.run();
      done.push({ kind: due.kind, at: due.at, id: due.id });
    }
    if (clock !== null) moveTo(world, clock, until);
  } finally {
    world.moment = null;
    world.cause = cause;
  }
  return done;
}

/** Clocks that flow by themselves: the wall clock and the test clocks that tick. */
export function flowingClocks(world: World): ClockId[] {
  return [null, ...Object.keys(world.state.ticking)];
}

/** A clock's time and the next instant at which something happens by itself on it, in seconds. */
export function clockTime(world: World, clock: ClockId): { now: number; nextDueAt: number | null } {
  if (clock !== null) findClock(world, clock, 'id');
  return { now: timeOf(world, clock), nextDueAt: nextDue(world, clock)?.at ?? null };
}

function* planned(world: World, clock: ClockId): Generator<Due> {
  for (const subscription of Object.values(world.state.subscriptions)) {
    if (subscription.test_clock === clock && !hasEnded(subscription)) yield* plannedFor(world, subscription);
  }
  for (const invoice of Object.values(world.state.invoices)) {
    if (invoice.test_clock === clock) yield* plannedForInvoice(world, invoice);
  }
  for (const session of Object.values(world.state.checkoutSessions)) {
    if (session.status !== 'open' || clockOfSession(world, session) !== clock) continue;
    // https://docs.stripe.com/payments/checkout/abandoned-carts
    yield {
      kind: 'checkout-expires',
      at: session.expires_at,
      id: session.id,
      run: () => expireCheckoutSession(world, session),
    };
  }
}

function* plannedFor(world: World, subscription: Subscription): Generator<Due> {
  const due = (kind: DueKind, at: number, act: (world: World, subscription: Subscription) => void): Due => ({
    kind,
    at,
    id: subscription.id,
    run: () => act(world, subscription),
  });
  if (subscription.status === 'incomplete') {
    yield due('incomplete-expires', subscription.created + INCOMPLETE_SECONDS, expireIncomplete);
    return;
  }
  if (subscription.status === 'trialing' && !world.state.trialEndAnnounced[subscription.id]) {
    const noticeAt = (subscription.trial_end ?? 0) - TRIAL_NOTICE_SECONDS;
    yield due('trial-notice', Math.max(subscription.created, noticeAt), announceTrialEnd);
  }
  if (subscription.cancel_at !== null) yield due('scheduled-cancel', subscription.cancel_at, cancelAsScheduled);
  const resumesAt = subscription.pause_collection?.resumes_at;
  if (resumesAt) yield due('collection-resumes', resumesAt, resumeCollection);
  if (subscription.pending_update) {
    yield due('pending-update-expires', subscription.pending_update.expires_at, expirePendingUpdate);
  }
  // https://docs.stripe.com/billing/subscriptions/pause: nothing is billed while paused
  if (subscription.status === 'paused') return;
  yield* plannedNotice(world, subscription, due);
  const schedule = world.state.subscriptionSchedules[subscription.schedule ?? ''];
  const ends = schedule && phaseEnd(schedule);
  if (schedule && ends) yield { ...due('phase-ends', ends, () => endPhase(world, schedule)), id: schedule.id };
  yield due('period-ends', firstItem(subscription).current_period_end, renewSubscription);
}

/** `invoice.upcoming`, once for each period that is followed by another. https://docs.stripe.com/billing/subscriptions/webhooks */
function* plannedNotice(
  { policy, state }: World,
  subscription: Subscription,
  due: (kind: DueKind, at: number, act: (world: World, subscription: Subscription) => void) => Due,
): Generator<Due> {
  const { current_period_start: start, current_period_end: end } = firstItem(subscription);
  const isLast = subscription.cancel_at !== null && subscription.cancel_at <= end;
  const { upcomingDays = DEFAULT_POLICY.upcomingDays } = policy;
  if (upcomingDays === 0 || isLast || state.upcomingAnnounced[subscription.id] === end) return;
  yield due('invoice-upcoming', Math.max(start, end - upcomingDays * DAY_S), announceRenewal);
}

function* plannedForInvoice(world: World, invoice: Invoice): Generator<Due> {
  if (invoice.status === 'draft' && invoice.automatically_finalizes_at !== null) {
    yield {
      kind: 'invoice-finalizes',
      at: invoice.automatically_finalizes_at,
      id: invoice.id,
      run: () => finalizeByItself(world, invoice),
    };
  }
  if (invoice.status === 'open' && invoice.next_payment_attempt !== null) {
    yield {
      kind: 'payment-attempt',
      at: invoice.next_payment_attempt,
      id: invoice.id,
      run: () => void collect(world, invoice, { kind: 'automatic' }),
    };
  }
}

function rank(due: Due): number {
  return ORDER.indexOf(due.kind);
}
