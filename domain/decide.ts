import type { AccountState, GoverningSubscription, Standing } from './account-state.ts';
import { type Catalog, type Plan, planOf } from './catalog.ts';
import { debtOf } from './debt.ts';
import { advanceDunning, dunningDeadlines } from './dunning.ts';
import type { Effect } from './effect.ts';
import { holdForStanding } from './holds.ts';
import type { BillingSnapshot, SubscriptionSnapshot } from './snapshot.ts';
import { governingSubscription, isForUpgrade, standingOf } from './standing.ts';
import type { Instant } from './time.ts';
import type { Happened } from './timeline.ts';
import { wishWorkspaces } from './workspace-wishes.ts';

export interface Decision {
  state: AccountState;
  /** Effects that are new in `state.outbox`. */
  effects: Effect[];
  /** When the account acts by itself, if nothing happens before. All lie after `now`. */
  deadlines: Instant[];
  /** For the history. */
  happened: Happened[];
}

/**
 * All that the product promises about money and time: what an account's state becomes when Stripe says `snapshot` at `now`.
 *
 * Pure. Deciding twice on one input changes nothing. A snapshot older than the last one decided on is ignored. Every step
 * that takes something away rests on a snapshot that was read after its deadline.
 */
export function decide(state: AccountState, snapshot: BillingSnapshot, now: Instant, catalog: Catalog): Decision {
  if (state.billingReadAt !== null && snapshot.readAt < state.billingReadAt) {
    return { state, effects: [], deadlines: deadlinesOf(state), happened: [] };
  }
  const step = advanceDunning(state, snapshot, now, catalog.dunning);
  const standing = standingOf(snapshot, step.dunning, state.standing, catalog);
  const governing = governingSubscription(snapshot);
  const plan = planInForce(state, governing, standing, catalog);
  const kept = step.settled ? state.outbox.filter((effect) => !effect.droppedByPayment) : state.outbox;
  const effects = step.effects.filter((effect) => !kept.some((each) => each.id === effect.id));
  const decided: AccountState = {
    ...state,
    standing,
    standingSince: standing === state.standing ? state.standingSince : now,
    plan,
    subscription: governing && summary(governing, plan.id),
    paymentMethod: snapshot.paymentMethod,
    debt: debtOf(governing ?? lastOf(snapshot)),
    dunning: step.dunning,
    holds: holdForStanding(state.holds, standing, now),
    outbox: [...kept, ...effects],
    billingReadAt: snapshot.readAt,
  };
  const settled = { ...decided, workspaces: wishWorkspaces(decided) };
  return {
    state: settled,
    effects,
    deadlines: deadlinesOf(settled),
    happened: [...step.happened, ...changes(state, settled, now)],
  };
}

/** When an account acts by itself. */
export function deadlinesOf(state: AccountState): Instant[] {
  return dunningDeadlines(state.dunning);
}

function planInForce(
  state: AccountState,
  governing: SubscriptionSnapshot | null,
  standing: Standing,
  catalog: Catalog,
): AccountState['plan'] {
  // A canceled account keeps the size of its machines until they are deleted or subscribed to again.
  if (standing === 'canceled') return state.plan;
  if (standing === 'free' || standing === 'incomplete') return inForce(planOf(catalog, catalog.freePlanId));
  // An upgrade counts from its payment on. Stripe may name the new price before.
  const unpaidUpgrade = governing?.invoices.some((invoice) => invoice.status === 'open' && isForUpgrade(invoice));
  if (unpaidUpgrade && governing?.id === state.subscription?.id) return state.plan;
  // A price that is in no catalog (made by hand at Stripe) leaves the plan as it was.
  return governing?.planId ? inForce(planOf(catalog, governing.planId)) : state.plan;
}

function inForce(plan: Plan): AccountState['plan'] {
  return { id: plan.id, name: plan.name, workspace: plan.workspace };
}

function summary(subscription: SubscriptionSnapshot, planId: string): GoverningSubscription {
  const { id, status, currentPeriodStart, currentPeriodEnd, cancelAt, trialEnd } = subscription;
  return { id, status, planId, currentPeriodStart, currentPeriodEnd, cancelAt, trialEnd };
}

function lastOf(snapshot: BillingSnapshot): SubscriptionSnapshot | null {
  return snapshot.subscriptions[0] ?? null;
}

function changes(before: AccountState, after: AccountState, now: Instant): Happened[] {
  const list: Happened[] = [];
  const is = (standing: Standing) => after.standing === standing && before.standing !== standing;
  if (before.plan.id !== after.plan.id) {
    list.push({
      id: `plan-changed/${after.plan.id}/${now}`,
      at: now,
      kind: 'plan-changed',
      text: `The plan is now ${after.plan.name}.`,
    });
  }
  if (is('trialing')) {
    list.push({
      id: `trial-started/${after.subscription?.id}`,
      at: now,
      kind: 'trial-started',
      text: 'A trial began.',
    });
  }
  if (is('paused')) {
    list.push({
      id: `collection-paused/${now}`,
      at: now,
      kind: 'collection-paused',
      text: 'The subscription was paused. Workspaces stop; data is kept.',
    });
  }
  const endedByCustomer = before.subscription !== null && after.subscription === null && after.dunning === null;
  if (endedByCustomer) {
    list.push({
      id: `subscription-canceled/${before.subscription?.id}`,
      at: now,
      kind: 'subscription-canceled',
      text: 'The subscription ended.',
    });
  }
  return list;
}
