import type { AccountState, WorkspaceState } from './account-state.ts';
import type { AccountView } from './account-view.ts';
import type { WorkspaceSize } from './catalog.ts';
import type { Entitlements } from './entitlements.ts';

/** What was added to a state since the first one was stored. */
type AddedToState = 'organisationId' | 'audience' | 'addOns' | 'overrides' | 'entitlements' | 'ignoredSubscriptions';
type AddedToWorkspace = 'asked' | 'allocation' | 'allocationNote';
type AddedToView = 'audience' | 'addOns' | 'entitlements';

/** A state as any version has stored or carried it. */
export type StoredState = Omit<AccountState, AddedToState | 'workspaces'> &
  Partial<Pick<AccountState, AddedToState>> & {
    workspaces: (Omit<WorkspaceState, AddedToWorkspace> & Partial<Pick<WorkspaceState, AddedToWorkspace>>)[];
  };

/** A view as any version has stored it. */
export type StoredView = Omit<AccountView, AddedToView> & Partial<Pick<AccountView, AddedToView>>;

/**
 * A stored state with what it lacks. Machines keep the size that they have; the next look at Stripe, with the catalog at
 * hand, finds what the account is entitled to.
 */
export function presentState(stored: StoredState): AccountState {
  const sizes = stored.workspaces.map((each) => each.desired.size);
  return {
    ...stored,
    organisationId: stored.organisationId ?? null,
    audience: stored.audience ?? 'personal',
    addOns: stored.addOns ?? [],
    overrides: stored.overrides ?? [],
    entitlements: stored.entitlements ?? entitledTo(stored.plan.id, sizes),
    ignoredSubscriptions: stored.ignoredSubscriptions ?? [],
    workspaces: stored.workspaces.map((each) => ({
      ...each,
      asked: each.asked ?? null,
      allocation: each.allocation === undefined ? each.desired.size : each.allocation,
      allocationNote: each.allocationNote ?? null,
    })),
  };
}

/** A stored view with what it lacks. */
export function presentView(stored: StoredView): AccountView {
  const sizes = stored.workspaces.map((each) => each.size);
  return {
    ...stored,
    audience: stored.audience ?? 'personal',
    addOns: stored.addOns ?? [],
    entitlements: stored.entitlements ?? entitledTo(stored.plan.id, sizes),
  };
}

/** As much as the machines have that are there. */
function entitledTo(planId: string, sizes: WorkspaceSize[]): Entitlements {
  const all = (part: keyof WorkspaceSize) => ({
    value: sizes.reduce((sum, size) => sum + size[part], 0),
    because: planId,
  });
  return {
    planId,
    pool: {
      memoryMb: all('memoryMb'),
      cpuPercent: all('cpuPercent'),
      storageMb: all('storageMb'),
      workspaces: { value: sizes.length, because: planId },
    },
    limits: {},
    features: {},
  };
}
