import type {
  AccountState,
  Debt,
  DesiredWorkspace,
  Dunning,
  GoverningSubscription,
  ObservedWorkspace,
  WorkspaceState,
} from './account-state.ts';
import type { AccountView, WorkspaceView } from './account-view.ts';
import type { AllocationPolicy } from './allocation.ts';
import { DELETE_WORKSPACES_AFTER_DAYS, type WorkspaceSize } from './catalog.ts';
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
  | 'closing'
  | 'card'
  | 'cardWarnings'
  | 'plannedChange'
  | 'duplicates'
  | 'disputes'
  | 'invoicesSince'
  | 'toldInvoices'
  | 'deleteWorkspacesAfterDays';
type AddedToWorkspace =
  | 'asked'
  | 'allocation'
  | 'allocationNote'
  | 'move'
  | 'leftOn'
  | 'restart'
  | 'deletion'
  | 'hold'
  | 'storage'
  | 'makeRoomUntil'
  | 'memoryKills'
  | 'retry';
type AddedToDesired = 'since';
type AddedToObserved = 'size' | 'pending' | 'since' | 'storageLimit';
type AddedToView = 'audience' | 'addOns' | 'entitlements' | 'closing' | 'plannedChange' | 'duplicates';
type AddedToWorkspaceView =
  | 'pendingSize'
  | 'since'
  | 'expectedBy'
  | 'nextTryAt'
  | 'overdue'
  | 'note'
  | 'deleteAt'
  | 'storage'
  | 'storageLimit'
  | 'move'
  | 'canRestart'
  | 'canRecover'
  | 'canRename'
  | 'canResize'
  | 'canDelete'
  | 'canRestore';

/** Any part of these may be missing. */
type Lacking<T, Added extends keyof T> = Omit<T, Added> & Partial<Pick<T, Added>>;

/** Parts that have gained or lost something. */
type Reshaped = 'subscription' | 'debt' | 'dunning';
type ReshapedWorkspace = 'desired' | 'observed';
type StoredSubscription = Lacking<GoverningSubscription, 'collectionPaused'>;
type StoredDebt = Debt & { payUrl?: unknown };

/** A state as any version has stored or carried it. */
export type StoredState = Lacking<Omit<AccountState, Reshaped | 'workspaces'>, AddedToState> & {
  subscription: StoredSubscription | null;
  debt: StoredDebt | null;
  dunning: Lacking<Dunning, 'extensions'> | null;
  /** Of older versions: it was personal, and is dropped. */
  paymentMethod?: unknown;
  workspaces: (Lacking<Omit<WorkspaceState, ReshapedWorkspace>, AddedToWorkspace> & {
    desired: Lacking<DesiredWorkspace, AddedToDesired>;
    observed: Lacking<ObservedWorkspace, AddedToObserved> | null;
  })[];
};

/** A view as any version has stored it. */
export type StoredView = Lacking<Omit<AccountView, 'subscription' | 'debt' | 'workspaces'>, AddedToView> & {
  subscription: StoredSubscription | null;
  debt: StoredDebt | null;
  paymentMethod?: unknown;
  workspaces: Lacking<WorkspaceView, AddedToWorkspaceView>[];
};

/**
 * A stored state with what it lacks. Machines keep the size that they have; the next look at Stripe, with the catalog at
 * hand, finds what the account is entitled to.
 */
export function presentState(stored: StoredState): AccountState {
  const sizes = stored.workspaces.map((each) => each.desired.size);
  const workspaces = stored.workspaces.map(presentWorkspace);
  const { paymentMethod: _, ...kept } = stored;
  return {
    ...kept,
    organisationId: stored.organisationId ?? null,
    audience: stored.audience ?? 'personal',
    addOns: stored.addOns ?? [],
    overrides: stored.overrides ?? [],
    entitlements: stored.entitlements ?? entitledTo(stored.plan.id, sizes),
    sharing: stored.sharing ?? sharingAsItIs(workspaces),
    ignoredSubscriptions: stored.ignoredSubscriptions ?? [],
    subscribedBefore: stored.subscribedBefore ?? stored.subscription !== null,
    closing: stored.closing ?? null,
    subscription: presentSubscription(stored.subscription),
    debt: presentDebt(stored.debt),
    dunning: stored.dunning && { ...stored.dunning, extensions: stored.dunning.extensions ?? [] },
    card: stored.card ?? null,
    cardWarnings: stored.cardWarnings ?? null,
    plannedChange: stored.plannedChange ?? null,
    duplicates: stored.duplicates ?? [],
    disputes: stored.disputes ?? [],
    invoicesSince: stored.invoicesSince ?? null,
    toldInvoices: stored.toldInvoices ?? [],
    deleteWorkspacesAfterDays: stored.deleteWorkspacesAfterDays ?? DELETE_WORKSPACES_AFTER_DAYS,
    workspaces,
  };
}

function presentWorkspace(stored: StoredState['workspaces'][number]): WorkspaceState {
  return {
    ...stored,
    asked: stored.asked ?? null,
    allocation: stored.allocation === undefined ? stored.desired.size : stored.allocation,
    allocationNote: stored.allocationNote ?? null,
    move: stored.move ?? null,
    leftOn: stored.leftOn ?? [],
    restart: stored.restart ?? null,
    deletion: stored.deletion ?? null,
    hold: stored.hold ?? null,
    storage: stored.storage ?? null,
    makeRoomUntil: stored.makeRoomUntil ?? null,
    memoryKills: stored.memoryKills ?? 0,
    retry: stored.retry ?? null,
    desired: { ...stored.desired, since: stored.desired.since ?? null },
    observed: stored.observed && presentObserved(stored.observed),
  };
}

function presentSubscription(stored: StoredSubscription | null): GoverningSubscription | null {
  return stored && { ...stored, collectionPaused: stored.collectionPaused ?? false };
}

/** Without what older versions kept of it and is personal. */
function presentDebt(stored: StoredDebt | null): Debt | null {
  if (!stored) return null;
  const { payUrl: _, ...debt } = stored;
  return debt;
}

/** The first workspace, which others are made beside, keeps its size. */
function sharingAsItIs(workspaces: WorkspaceState[]): AllocationPolicy {
  const [first] = livingWorkspaces(workspaces);
  return { ...(first?.allocation ? { defaultAllocation: first.allocation } : {}), onShrink: 'newest-first' };
}

/** What a host reported, with what a host of an older version did not say. */
export function presentObserved(stored: Lacking<ObservedWorkspace, AddedToObserved>): ObservedWorkspace {
  return {
    ...stored,
    since: stored.since ?? stored.at,
    size: stored.size ?? null,
    pending: stored.pending ?? null,
    storageLimit: stored.storageLimit ?? null,
  };
}

/** A stored view with what it lacks. */
export function presentView(stored: StoredView): AccountView {
  const sizes = stored.workspaces.map((each) => each.size);
  const { paymentMethod: _, ...kept } = stored;
  return {
    ...kept,
    audience: stored.audience ?? 'personal',
    addOns: stored.addOns ?? [],
    entitlements: stored.entitlements ?? entitledTo(stored.plan.id, sizes),
    closing: stored.closing ?? null,
    subscription: presentSubscription(stored.subscription),
    debt: presentDebt(stored.debt),
    plannedChange: stored.plannedChange ?? null,
    duplicates: stored.duplicates ?? [],
    workspaces: stored.workspaces.map(presentWorkspaceView),
  };
}

/** What an older view did not know can't be done from it; the next one says. */
function presentWorkspaceView(stored: StoredView['workspaces'][number]): WorkspaceView {
  return {
    ...stored,
    since: stored.since ?? null,
    expectedBy: stored.expectedBy ?? null,
    nextTryAt: stored.nextTryAt ?? null,
    overdue: stored.overdue ?? null,
    note: stored.note ?? null,
    deleteAt: stored.deleteAt ?? null,
    storage: stored.storage ?? null,
    storageLimit: stored.storageLimit ?? null,
    pendingSize: stored.pendingSize ?? null,
    move: stored.move ?? null,
    canRestart: stored.canRestart ?? false,
    canRecover: stored.canRecover ?? false,
    canRename: stored.canRename ?? false,
    canResize: stored.canResize ?? false,
    canDelete: stored.canDelete ?? false,
    canRestore: stored.canRestore ?? false,
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
