import type {
  Closing,
  Debt,
  DuplicateSubscription,
  GoverningSubscription,
  HeldAddOn,
  Hold,
  PlannedChange,
  Standing,
  StorageUse,
  WorkspaceMove,
} from './account-state.ts';
import type { Audience, Plan, Pool, WorkspaceSize } from './catalog.ts';
import type { Entitlements } from './entitlements.ts';
import type { Misfit } from './fit.ts';
import type { Instant } from './time.ts';
import type { Upcoming } from './timeline.ts';

/** A word that people understand for what a workspace does right now. */
export const WORKSPACE_STATUSES = [
  'running',
  'starting',
  'stopped',
  'stopping',
  /** Something holds it; `reason` says what, and what lifts that. */
  'suspended',
  'restarting',
  'resizing',
  /** It runs with the size that it had; `pendingSize` waits. */
  'resize-pending',
  /** It crashed too often and was stopped. */
  'crash-looping',
  'failed',
  /** Deleted by its owner: its data is still kept, or is being deleted. */
  'deleting',
  'deleted',
] as const;
export type WorkspaceStatus = (typeof WORKSPACE_STATUSES)[number];

export interface WorkspaceView {
  id: string;
  name: string;
  hostId: string;
  status: WorkspaceStatus;
  /** Since when it has this status, as far as is known. */
  since: Instant | null;
  /** When a status that passes should have passed; `null` for one that stays. */
  expectedBy: Instant | null;
  /** For people: it takes longer than it should, and what happens next. `null` while it is in time. */
  overdue: string | null;
  /** When it is tried again by itself, or `null`. */
  nextTryAt: Instant | null;
  /** Why it is suspended, failed, crash-looping, waiting for another size or without room. */
  reason: string | null;
  /** Something to know about one that runs: its storage is nearly full, or programs were ended for memory. */
  note: string | null;
  /** When its data is deleted: it can be taken back until then. */
  deleteAt: Instant | null;
  /** What its host measured last, in MB; `null` before that. */
  storage: Pick<StorageUse, 'usedMb' | 'limitMb'> | null;
  /** `hard`: the kernel keeps the limit; `soft`: it is measured every few minutes. `null` without a container. */
  storageLimit: 'hard' | 'soft' | null;
  ownerWants: 'running' | 'stopped';
  /** The size in force. */
  size: WorkspaceSize;
  /** The size that it gets once its host has room for it or less is in use; `null` when none waits. */
  pendingSize: WorkspaceSize | null;
  containerId: string | null;
  /** The owner may press Start (never under a hold), or Stop (under a hold as well: then nothing starts when it is lifted). */
  canStart: boolean;
  canStop: boolean;
  /** It has to move to another host: it stops for some minutes at `at`, or is being moved. `null` when it stays. */
  move: Pick<WorkspaceMove, 'stage' | 'at' | 'latestAt' | 'reason'> | null;
  canRestart: boolean;
  /** From a failure, a crash loop, or a stop for storage: tried anew. */
  canRecover: boolean;
  canRename: boolean;
  canResize: boolean;
  canDelete: boolean;
  canRestore: boolean;
}

/** An add-on that is held. */
export type AddOnView = Pick<HeldAddOn, 'addOnId' | 'name' | 'quantity' | 'status' | 'currentPeriodEnd' | 'endsAt'> & {
  /** When it stops giving if its renewal stays unpaid, or `null`. */
  graceEndsAt: Instant | null;
};

/** A change of plan at a date to come, with what will be too big for it as things are now. */
export type PlannedChangeView = Pick<PlannedChange, 'plan' | 'at'> & { misfits: Misfit[] };

/** What an account's page and its API answer show. The API adds what only the read model holds: card and links to pay. */
export interface AccountView {
  accountId: string;
  version: number;
  /** The account's own time when the view was made. */
  now: Instant;
  audience: Audience;
  /** With the account's pool, add-ons included; `null` when there are no workspaces. */
  plan: Pick<Plan, 'id' | 'name'> & { size: Pool | null };
  entitlements: Entitlements;
  addOns: AddOnView[];
  standing: Standing;
  standingSince: Instant;
  subscription: GoverningSubscription | null;
  plannedChange: PlannedChangeView | null;
  /** Second subscriptions to a plan, which are being ended and given back. */
  duplicates: DuplicateSubscription[];
  debt: Debt | null;
  holds: Hold[];
  /** The owner is leaving; `deleteAt` is known once nothing is charged any more. */
  closing: Pick<Closing, 'stage' | 'deleteAt'> | null;
  /** What happens next, earliest first. */
  upcoming: Upcoming[];
  workspaces: WorkspaceView[];
}
