import type { AccountState, HeldAddOn } from './account-state.ts';
import type { AccountView, AddOnView, PlannedChangeView } from './account-view.ts';
import { type ScheduledStep, stepsAhead } from './dunning-schedule.ts';
import { poolSizeOf } from './entitlements.ts';
import { misfitsOf } from './fit.ts';
import { addOnText } from './held-add-ons.ts';
import { plannedChangeText } from './planned-change.ts';
import { addMs, type Instant } from './time.ts';
import type { Upcoming, UpcomingKind } from './timeline.ts';
import { workspaceView } from './workspace-view.ts';

const SCHEDULED: Record<ScheduledStep['kind'], { kind: UpcomingKind; text: string }> = {
  reminder: { kind: 'reminder', text: 'We remind you by mail.' },
  suspend: { kind: 'suspend', text: 'Your workspaces stop. Your data is kept.' },
  cancel: { kind: 'cancel', text: 'The subscription ends.' },
  'deletion-warning': { kind: 'deletion-warning', text: 'We warn you by mail that your data will be deleted.' },
  delete: { kind: 'delete', text: 'The data of your workspaces is deleted.' },
};

/** So long Stripe waits for the payment that begins a subscription. https://docs.stripe.com/billing/subscriptions/overview */
const FIRST_PAYMENT_MS = 23 * 3_600_000;

/** What an account's page shows at `now`. */
export function viewOf(state: AccountState, now: Instant): AccountView {
  return {
    accountId: state.accountId,
    version: state.version,
    now,
    audience: state.audience,
    plan: { id: state.plan.id, name: state.plan.name, size: poolSizeOf(state.entitlements) },
    entitlements: state.entitlements,
    addOns: state.addOns.map(addOnView),
    standing: state.standing,
    standingSince: state.standingSince,
    subscription: state.subscription,
    plannedChange: plannedChangeView(state),
    duplicates: state.duplicates,
    debt: state.debt,
    holds: state.holds,
    closing: state.closing && { stage: state.closing.stage, deleteAt: state.closing.deleteAt },
    upcoming: upcomingOf(state, now),
    workspaces: state.workspaces.map((workspace) => workspaceView(workspace, state.holds, now)),
  };
}

/** What happens next if nothing changes, earliest first. */
export function upcomingOf(state: AccountState, now: Instant): Upcoming[] {
  const { subscription, dunning, debt } = state;
  const list: Upcoming[] = [];
  if (dunning && dunning.stage !== 'deleted') {
    list.push(...stepsAhead(dunning).map((step) => ({ at: step.at, ...SCHEDULED[step.kind] })));
    if (debt?.nextAttemptAt) {
      list.push({ at: debt.nextAttemptAt, kind: 'payment-retry', text: 'We try to collect the payment again.' });
    }
  } else if (subscription?.status === 'incomplete') {
    const text = 'Without its first payment the subscription expires.';
    list.push({ at: addMs(subscription.currentPeriodStart, FIRST_PAYMENT_MS), kind: 'first-payment-expires', text });
  } else if (subscription?.status === 'trialing' && subscription.trialEnd && !subscription.cancelAt) {
    list.push({
      at: subscription.trialEnd,
      kind: 'trial-ends',
      text: `The trial ends and ${state.plan.name} is charged.`,
    });
  } else if (subscription?.status === 'active' && !subscription.cancelAt) {
    const next = state.plannedChange?.at === subscription.currentPeriodEnd ? state.plannedChange.plan : state.plan;
    list.push({ at: subscription.currentPeriodEnd, kind: 'renewal', text: `${next.name} renews.` });
  }
  if (subscription?.cancelAt)
    list.push({ at: subscription.cancelAt, kind: 'ends', text: `${state.plan.name} ends, as you asked.` });
  const change = plannedChangeText(state);
  if (state.plannedChange && change) list.push({ at: state.plannedChange.at, kind: 'plan-changes', text: change });
  if (state.closing?.stage === 'retained' && state.closing.deleteAt !== null)
    list.push({ at: state.closing.deleteAt, kind: 'delete', text: 'Your data and the account are deleted.' });
  for (const { name, desired, deletion } of state.workspaces)
    if (deletion && desired.state !== 'deleted')
      list.push({ at: deletion.deleteAt, kind: 'delete', text: `The data of ${name} is deleted, as you asked.` });
  for (const { name, move } of state.workspaces) {
    const text = `${name} moves to another machine: it stops for some minutes.`;
    if (move?.stage === 'planned' && move.trouble === null) list.push({ at: move.at, kind: 'workspace-moves', text });
  }
  for (const addOn of state.addOns) list.push(...upcomingOfAddOn(addOn));
  for (const { until } of state.overrides)
    if (until !== null) list.push({ at: until, kind: 'grant-ends', text: 'What support gave ends.' });
  return list.filter((each) => each.at > now).sort((a, b) => a.at.localeCompare(b.at));
}

function upcomingOfAddOn({ name, quantity, status, endsAt, grace }: HeldAddOn): Upcoming[] {
  const what = addOnText(name, quantity);
  if (status === 'grace' && grace && (endsAt === null || grace.endsAt < endsAt))
    return [{ at: grace.endsAt, kind: 'add-on-suspends', text: `${what} stops giving unless it is paid.` }];
  return endsAt === null ? [] : [{ at: endsAt, kind: 'add-on-ends', text: `${what} ends, as you asked.` }];
}

function plannedChangeView({ plannedChange, workspaces }: AccountState): PlannedChangeView | null {
  if (!plannedChange) return null;
  const { plan, at, entitlements, sharing } = plannedChange;
  return { plan, at, misfits: misfitsOf(workspaces, entitlements, sharing) };
}

function addOnView({ addOnId, name, quantity, status, currentPeriodEnd, endsAt, grace }: HeldAddOn): AddOnView {
  return { addOnId, name, quantity, status, currentPeriodEnd, endsAt, graceEndsAt: grace?.endsAt ?? null };
}
