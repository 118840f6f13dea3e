import type { AccountState, GoverningSubscription, HeldAddOn, Standing } from './account-state.ts';
import { type AllocationPolicy, sharingOf } from './allocation.ts';
import { advanceCard, cardDeadlines } from './card-expiry.ts';
import { type Catalog, DELETE_WORKSPACES_AFTER_DAYS, freePlanOf, type Plan, planOf } from './catalog.ts';
import { changesOf } from './changes.ts';
import { advanceClosing, closingDeadlines, holdForClosing } from './closing.ts';
import { coverOf } from './cover.ts';
import { debtOf } from './debt.ts';
import { advanceDisputes, holdForDisputes } from './disputes.ts';
import { advanceDunning } from './dunning.ts';
import { dunningDeadlines } from './dunning-schedule.ts';
import { withoutDropped } from './dunning-step.ts';
import { endDuplicates } from './duplicates.ts';
import type { Effect } from './effect.ts';
import { type Entitlements, entitlementsOf, type Override } from './entitlements.ts';
import { addOnDeadlines, countingAddOns, heldAddOns } from './held-add-ons.ts';
import { holdForStanding } from './holds.ts';
import { endIdleAddOns, withoutNeedlessEnds } from './idle-add-ons.ts';
import { sendInvoices } from './invoice-mails.ts';
import { plannedChangeOf } from './planned-change.ts';
import { withRefundedOnesOver } from './refunds.ts';
import { type BillingSnapshot, isForUpgrade, type SubscriptionSnapshot } from './snapshot.ts';
import { standingOf } from './standing.ts';
import { sortByRole } from './subscription-roles.ts';
import type { Instant } from './time.ts';
import type { Happened } from './timeline.ts';
import { welcomeBack } from './welcome-back.ts';
import { advanceWorkspaces, workspaceDeadlines } from './workspace-progress.ts';
import { allocateWorkspaces, wishWorkspaces } from './workspace-wishes.ts';

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
export function decide(state: AccountState, read: BillingSnapshot, now: Instant, catalog: Catalog): Decision {
  if (state.billingReadAt !== null && read.readAt < state.billingReadAt) {
    return { state, effects: [], deadlines: deadlinesOf(state), happened: [] };
  }
  const roles = sortByRole(withRefundedOnesOver(read.subscriptions), state);
  // Standing, debt and dunning are of the plan alone.
  const snapshot = { ...read, subscriptions: roles.base };
  const cover = coverOf(snapshot, state.dunning, state.subscription?.id ?? null);
  const { governing } = cover;
  const step = advanceDunning({ state, cover, snapshot, now, policy: catalog.dunning });
  const standing = standingOf(cover, step.dunning, state.standing, catalog);
  const plan = planInForce(state, governing, standing, catalog);
  const addOns = heldAddOns(state.addOns, roles.addOns, { readAt: read.readAt, now, catalog });
  const overrides = state.overrides.filter((each) => each.until === null || each.until > now);
  const holding = { addOns: addOns.addOns, plan, standing };
  const idle = endIdleAddOns(state, holding, now, catalog);
  const closing = advanceClosing(state, read, now, catalog);
  const disputes = advanceDisputes(state, read, now);
  const invoices = sendInvoices(state, read, now);
  const needed = withoutNeedlessEnds(withoutDropped(state.outbox, step.drops), holding, catalog);
  const twice = endDuplicates({ state, outbox: needed, subscriptions: roles.base, governing, now, catalog });
  const card = advanceCard(state, twice.outbox, read, now);
  const steps = [step, idle, closing, twice, disputes, card, invoices];
  const effects = steps
    .flatMap((each): Effect[] => each.effects)
    .filter((effect) => !card.outbox.some((each) => each.id === effect.id));
  const holds = holdForClosing(holdForStanding(state.holds, standing, now), closing.closing, now);
  const decided: AccountState = {
    ...state,
    standing,
    standingSince: standing === state.standing ? state.standingSince : now,
    plan,
    addOns: addOns.addOns,
    overrides,
    entitlements: entitlementsInForce(state, plan.id, addOns.addOns, overrides, now, catalog),
    sharing: sharingInForce(state, plan.id, catalog),
    deleteWorkspacesAfterDays: catalog.deleteWorkspacesAfterDays ?? DELETE_WORKSPACES_AFTER_DAYS,
    ignoredSubscriptions: roles.unknown.map((each) => each.id),
    subscription: governing && summary(governing, plan.id),
    card: read.card,
    cardWarnings: card.cardWarnings,
    debt: debtOf(governing ?? lastOf(snapshot)),
    plannedChange: plannedChangeOf({
      governing,
      plan,
      addOns: addOns.addOns,
      overrides,
      readAt: read.readAt,
      catalog,
    }),
    duplicates: twice.duplicates,
    disputes: disputes.disputes,
    invoicesSince: invoices.invoicesSince,
    toldInvoices: invoices.toldInvoices,
    dunning: step.dunning,
    recoveredAt: step.recoveredAt ?? state.recoveredAt,
    subscribedBefore: state.subscribedBefore || roles.base.some(hasBegun),
    closing: closing.closing,
    holds: holdForDisputes(holds, disputes.disputes, now),
    outbox: [...card.outbox, ...effects],
    billingReadAt: snapshot.readAt,
  };
  const due = advanceWorkspaces(decided, now);
  const workspaces = allocateWorkspaces(due.state.workspaces, decided.entitlements, decided.sharing);
  const wished = { ...due.state, workspaces: wishWorkspaces({ ...due.state, workspaces }, now) };
  const back = welcomeBack(state, wished, now);
  const welcomed = { ...wished, outbox: [...wished.outbox, ...back.effects] };
  return {
    state: welcomed,
    effects: [...effects, ...due.state.outbox.slice(decided.outbox.length), ...back.effects],
    deadlines: deadlinesOf(welcomed),
    happened: [
      ...step.happened,
      ...changesOf(state, wished, read, now),
      ...addOns.happened,
      ...idle.happened,
      ...closing.happened,
      ...twice.happened,
      ...disputes.happened,
      ...back.happened,
      ...due.happened,
    ],
  };
}

/** When an account acts by itself. */
export function deadlinesOf(state: AccountState): Instant[] {
  const ends = state.overrides.flatMap(({ until }) => until ?? []);
  return [
    ...dunningDeadlines(state.dunning),
    ...addOnDeadlines(state.addOns),
    ...closingDeadlines(state.closing),
    ...cardDeadlines(state),
    ...workspaceDeadlines(state.workspaces),
    // What fits is looked at again on the day.
    ...(state.plannedChange ? [state.plannedChange.at] : []),
    ...ends,
  ];
}

function planInForce(
  state: AccountState,
  governing: SubscriptionSnapshot | null,
  standing: Standing,
  catalog: Catalog,
): AccountState['plan'] {
  // A canceled account keeps the size of its machines until they are deleted or subscribed to again.
  if (standing === 'canceled') return state.plan;
  if (standing === 'free' || standing === 'incomplete') return inForce(freePlanOf(catalog, state.audience));
  // An upgrade counts from its payment on. Stripe may name the new price before.
  const unpaidUpgrade = governing?.invoices.some((invoice) => invoice.status === 'open' && isForUpgrade(invoice));
  if (unpaidUpgrade && governing?.id === state.subscription?.id) return state.plan;
  // A price that is in no catalog (made by hand at Stripe) leaves the plan as it was.
  return governing?.planId ? inForce(planOf(catalog, governing.planId)) : state.plan;
}

function inForce(plan: Plan): AccountState['plan'] {
  return { id: plan.id, name: plan.name };
}

/** A plan that the catalog has dropped (of a canceled account, say) leaves the account what it had. */
function entitlementsInForce(
  state: AccountState,
  planId: string,
  addOns: HeldAddOn[],
  overrides: Override[],
  now: Instant,
  catalog: Catalog,
): Entitlements {
  if (!catalog.plans.some((each) => each.id === planId)) return state.entitlements;
  return entitlementsOf(catalog, { planId, addOns: countingAddOns(addOns) }, overrides, now);
}

/** A subscription whose first payment never came has not begun. */
function hasBegun({ status }: SubscriptionSnapshot): boolean {
  return status !== 'incomplete' && status !== 'incomplete_expired';
}

function sharingInForce({ sharing }: AccountState, planId: string, catalog: Catalog): AllocationPolicy {
  const isDropped = !catalog.plans.some((each) => each.id === planId);
  return isDropped ? { ...sharing, onShrink: catalog.onShrink } : sharingOf(catalog, planId);
}

function summary(subscription: SubscriptionSnapshot, planId: string): GoverningSubscription {
  const { id, status, currentPeriodStart, currentPeriodEnd, cancelAt, trialEnd, collectionPaused } = subscription;
  return { id, status, planId, currentPeriodStart, currentPeriodEnd, cancelAt, trialEnd, collectionPaused };
}

function lastOf(snapshot: BillingSnapshot): SubscriptionSnapshot | null {
  return snapshot.subscriptions[0] ?? null;
}
