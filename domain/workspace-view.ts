import type { Hold, WorkspaceState } from './account-state.ts';
import type { WorkspaceStatus, WorkspaceView } from './account-view.ts';
import { memoryNote } from './host-reports.ts';
import { storageNote } from './storage-hold.ts';
import { addMs, type Instant } from './time.ts';
import { isLiving, isSettled, sameSize } from './workspace-wishes.ts';

const SECOND_MS = 1_000;

/** So long a status that passes may take. A start waits up to 45 s for an answer from within, a stop 10 s for an end. */
const TAKES_MS: Partial<Record<WorkspaceStatus, number>> = {
  starting: 90 * SECOND_MS,
  stopping: 45 * SECOND_MS,
  restarting: 120 * SECOND_MS,
  resizing: 45 * SECOND_MS,
  deleting: 120 * SECOND_MS,
};

/** What a workspace's card shows at `now`. */
export function workspaceView(workspace: WorkspaceState, holds: readonly Hold[], now: Instant): WorkspaceView {
  const { observed, allocation, ownerWants, retry, deletion, storage, move } = workspace;
  const status = workspaceStatus(workspace, holds);
  const pending = isSettled(workspace) ? (observed?.pending ?? null) : null;
  const isThere = isLiving(workspace);
  const since = sinceOf(workspace, holds, status);
  const mayRun = isThere && holds.length === 0 && workspace.hold === null && allocation !== null;
  const runs = status === 'running' || status === 'resize-pending' || status === 'resizing';
  const gaveUp = status === 'failed' || status === 'crash-looping';
  const canRestore = deletion !== null && workspace.desired.state !== 'deleted';
  const view: WorkspaceView = {
    id: workspace.id,
    name: workspace.name,
    hostId: workspace.hostId,
    status,
    since,
    expectedBy: expectedBy(workspace, status, since),
    overdue: null,
    nextTryAt: retry && retry.at > now ? retry.at : null,
    reason: reasonOf(workspace, holds, status),
    note: runs ? (memoryNote(workspace) ?? storageNote(workspace) ?? observed?.storageWaits ?? null) : null,
    deleteAt: canRestore ? deletion.deleteAt : null,
    move: move && { stage: move.stage, at: move.at, latestAt: move.latestAt, reason: move.reason },
    storage: storage && { usedMb: storage.usedMb, limitMb: storage.limitMb },
    storageLimit: observed?.storageLimit ?? null,
    ownerWants,
    size: observed?.size ?? workspace.desired.size,
    pendingSize: pending?.size ?? null,
    containerId: observed?.containerId ?? null,
    canStart: mayRun && (ownerWants === 'stopped' || gaveUp),
    canStop: isThere && ownerWants === 'running',
    canRestart: mayRun && runs && workspace.restart === null,
    canRecover: isThere && holds.length === 0 && allocation !== null && (workspace.hold !== null || gaveUp),
    canRename: isThere,
    canResize: isThere && holds.length === 0,
    canDelete: isThere,
    canRestore,
  };
  return { ...view, overdue: overdueText(view, retry, now) };
}

/** The view at a later instant: what was in time when it was made may take too long by now. */
export function workspaceViewAt(view: WorkspaceView, now: Instant): WorkspaceView {
  const silent = view.nextTryAt === null ? null : ({ at: view.nextTryAt, why: 'host-silent' } as const);
  const nextTryAt = view.nextTryAt !== null && view.nextTryAt > now ? view.nextTryAt : null;
  return { ...view, nextTryAt, overdue: view.overdue ?? overdueText(view, silent, now) };
}

/** What a workspace does right now, in a word. */
export function workspaceStatus(workspace: WorkspaceState, holds: readonly Hold[]): WorkspaceStatus {
  const { desired, observed, deletion, hold, restart, ownerWants, allocation } = workspace;
  const settled = isSettled(workspace);
  if (desired.state === 'deleted') return settled && observed?.state === 'absent' ? 'deleted' : 'deleting';
  if (deletion) return 'deleting';
  if (settled && observed?.state === 'failed') return 'failed';
  if (settled && observed?.state === 'crash-looping') return 'crash-looping';
  const isUp = observed?.state === 'running';
  const isHeld = holds.length > 0 || hold !== null;
  if (restart && !isHeld && ownerWants === 'running' && allocation !== null) return 'restarting';
  if (desired.state === 'running') {
    if (!isUp) return 'starting';
    if (!settled) return observed.size && !sameSize(observed.size, desired.size) ? 'resizing' : 'running';
    return observed.pending ? 'resize-pending' : 'running';
  }
  if (isUp || !settled) return 'stopping';
  return isHeld ? 'suspended' : 'stopped';
}

function sinceOf(workspace: WorkspaceState, holds: readonly Hold[], status: WorkspaceStatus): Instant | null {
  const { desired, observed, deletion, hold, restart } = workspace;
  switch (status) {
    case 'deleting':
      return desired.state === 'deleted' ? desired.since : (deletion?.askedAt ?? null);
    case 'suspended':
      return holds[0]?.since ?? hold?.since ?? null;
    case 'restarting':
      return restart?.since ?? null;
    case 'starting':
    case 'stopping':
    case 'resizing':
    case 'resize-pending':
      return desired.since;
    default:
      return observed?.since ?? null;
  }
}

function expectedBy({ desired }: WorkspaceState, status: WorkspaceStatus, since: Instant | null): Instant | null {
  const takesMs = TAKES_MS[status];
  // One whose data is still kept stays so, until its day.
  const stays = status === 'deleting' && desired.state !== 'deleted';
  return takesMs === undefined || since === null || stays ? null : addMs(since, takesMs);
}

function reasonOf(workspace: WorkspaceState, holds: readonly Hold[], status: WorkspaceStatus): string | null {
  const { observed, deletion, hold, desired, allocationNote } = workspace;
  const settled = isSettled(workspace);
  switch (status) {
    case 'suspended':
    case 'stopping':
      return holds[0]?.reason ?? hold?.reason ?? null;
    case 'failed':
    case 'crash-looping':
      return observed?.reason ?? null;
    case 'deleting':
      if (desired.state === 'deleted') return settled ? (observed?.reason ?? null) : null;
      return deletion && `Its data is kept until ${deletion.deleteAt.slice(0, 10)}; until then you can take it back.`;
    case 'deleted':
      return null;
    default:
      return (settled ? observed?.pending?.reason : null) ?? allocationNote;
  }
}

function overdueText(view: WorkspaceView, retry: WorkspaceState['retry'], now: Instant): string | null {
  if (view.expectedBy === null || now <= view.expectedBy) return null;
  const late = 'This takes longer than it should.';
  if (retry?.why === 'refused' || view.reason !== null) return `${late} It is tried again by itself until it succeeds.`;
  if (retry) return `${late} Its host does not answer. It is asked again by itself; nothing is lost.`;
  return `${late} If its host does not answer within four minutes, it is asked again by itself; nothing is lost.`;
}
