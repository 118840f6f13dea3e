import type { AccountState, HeldAddOn, PlannedChange } from './account-state.ts';
import { sharingOf } from './allocation.ts';
import type { Catalog } from './catalog.ts';
import { entitlementsOf, type Override } from './entitlements.ts';
import { misfitsOf } from './fit.ts';
import { countingAddOns } from './held-add-ons.ts';
import type { SubscriptionSnapshot } from './snapshot.ts';
import type { Instant } from './time.ts';

/** What the change of plan rests on that a schedule at Stripe makes later. */
export interface PlannedChangeLook {
  governing: SubscriptionSnapshot | null;
  /** The plan in force. */
  plan: AccountState['plan'];
  addOns: HeldAddOn[];
  overrides: Override[];
  readAt: Instant;
  catalog: Catalog;
}

/** The change of plan that is to come; `null` for none, for one to a plan that nobody knows, and for one that is no change. */
export function plannedChangeOf(look: PlannedChangeLook): PlannedChange | null {
  const { governing, plan, addOns, overrides, readAt, catalog } = look;
  const planned = governing?.plannedChange;
  const next = catalog.plans.find((each) => each.id === planned?.planId);
  if (!planned || !next || next.id === plan.id || planned.at <= readAt) return null;
  const holdings = { planId: next.id, addOns: countingAddOns(addOns) };
  return {
    plan: { id: next.id, name: next.name },
    at: planned.at,
    entitlements: entitlementsOf(catalog, holdings, overrides, planned.at),
    sharing: sharingOf(catalog, next.id),
  };
}

/** For people: what changes, and which workspaces will be smaller as things are now. */
export function plannedChangeText({ plan, plannedChange, workspaces }: AccountState): string | null {
  if (!plannedChange) return null;
  const { plan: next, entitlements, sharing } = plannedChange;
  const notes = misfitsOf(workspaces, entitlements, sharing).map(({ note }) => note);
  return [`${plan.name} becomes ${next.name}.`, ...notes].join(' ');
}
