import type { AccountState, ObservedWorkspace, WorkspaceState } from './account-state.ts';
import type { AccountView, WorkspaceView } from './account-view.ts';
import type { AllocationPolicy } from './allocation.ts';
import type { WorkspaceSize } from './catalog.ts';
import type { Entitlements } from './entitlements.ts';
import { livingWorkspaces } from './workspace-wishes.ts';

/** What was added to a state since the first one was stored. */
type AddedToState =
  | 'organisationId'
  | 'audience'
  | 'addOns'
  | 'overrides'
  | 'entitlements'
  | 'sharing'
  | 'ignoredSubscriptions'
  | 'subscribedBefore'
  | 'closing';
type AddedToWorkspace = 'asked' | 'allocation' | 'allocationNote';
type AddedToObserved = 'size' | 'pending';
type AddedToView = 'audience' | 'addOns' | 'entitlements' | 'closing';
type AddedToWorkspaceView = 'pendingSize';

/** Any part of these may be missing. */
type Lacking<T, Added extends keyof T> = Omit<T, Added> & Partial<Pick<T, Added>>;

/** A state as any version has stored or carried it. */
export type StoredState = Lacking<Omit<AccountState, 'workspaces'>, AddedToState> & {
  workspaces: (Lacking<Omit<WorkspaceState, 'observed'>, AddedToWorkspace> & {
    observed: Lacking<ObservedWorkspace, AddedToObserved> | null;
  })[];
};

/** A view as any version has stored it. */
export type StoredView = Lacking<Omit<AccountView, 'workspaces'>, AddedToView> & {
  workspaces: Lacking<WorkspaceView, AddedToWorkspaceView>[];
};

/**
 * A stored state with what it lacks. Machines keep the size that they have; the next look at Stripe, with the catalog at
 * hand, finds what the account is entitled to.
 */
export function presentState(stored: StoredState): AccountState {
  const sizes = stored.workspaces.map((each) => each.desired.size);
  const workspaces = stored.workspaces.map(presentWorkspace);
  return {
    ...stored,
    organisationId: stored.organisationId ?? null,
    audience: stored.audience ?? 'personal',
    addOns: stored.addOns ?? [],
    overrides: stored.overrides ?? [],
    entitlements: stored.entitlements ?? entitledTo(stored.plan.id, sizes),
    sharing: stored.sharing ?? sharingAsItIs(workspaces),
    ignoredSubscriptions: stored.ignoredSubscriptions ?? [],
    subscribedBefore: stored.subscribedBefore ?? stored.subscription !== null,
    closing: stored.closing ?? null,
    workspaces,
  };
}

function presentWorkspace(stored: StoredState['workspaces'][number]): WorkspaceState {
  return {
    ...stored,
    asked: stored.asked ?? null,
    allocation: stored.allocation === undefined ? stored.desired.size : stored.allocation,
    allocationNote: stored.allocationNote ?? null,
    observed: stored.observed && presentObserved(stored.observed),
  };
}

/** The first workspace, which others are made beside, keeps its size. */
function sharingAsItIs(workspaces: WorkspaceState[]): AllocationPolicy {
  const [first] = livingWorkspaces(workspaces);
  return { ...(first?.allocation ? { defaultAllocation: first.allocation } : {}), onShrink: 'newest-first' };
}

/** What a host reported, with what a host of an older version did not say. */
export function presentObserved(stored: Lacking<ObservedWorkspace, AddedToObserved>): ObservedWorkspace {
  return { ...stored, size: stored.size ?? null, pending: stored.pending ?? null };
}

/** A stored view with what it lacks. */
export function presentView(stored: StoredView): AccountView {
  const sizes = stored.workspaces.map((each) => each.size);
  return {
    ...stored,
    audience: stored.audience ?? 'personal',
    addOns: stored.addOns ?? [],
    entitlements: stored.entitlements ?? entitledTo(stored.plan.id, sizes),
    closing: stored.closing ?? null,
    workspaces: stored.workspaces.map((each) => ({ ...each, pendingSize: each.pendingSize ?? null })),
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
