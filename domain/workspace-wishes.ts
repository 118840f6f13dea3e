import type { AccountState, DesiredWorkspace, Hold, WorkspaceState } from './account-state.ts';
import { type AllocationPolicy, allocate, NO_SIZE } from './allocation.ts';
import type { WorkspaceSize } from './catalog.ts';
import { type Entitlements, poolSizeOf } from './entitlements.ts';
import type { Instant } from './time.ts';

/**
 * What each workspace should be: it runs when its owner wants it to **and** nothing holds it **and** the pool has room for
 * it **and** it is not on its way down for a restart. The size is its share of the pool, except where it is down, where a machine is left as it is. A change raises the
 * generation.
 */
export function wishWorkspaces(state: AccountState, now: Instant): WorkspaceState[] {
  const deleted = state.dunning?.stage === 'deleted' || state.closing?.stage === 'deleting';
  return state.workspaces.map((workspace) => {
    if (workspace.desired.state === 'deleted') return workspace;
    const wanted = desiredState(workspace, state.holds, deleted);
    const size = state.holds.length > 0 ? workspace.desired.size : (workspace.allocation ?? workspace.desired.size);
    // The second half of a restart that is not to happen any more is no restart.
    const restart = workspace.restart?.phase === 'starting' && wanted !== 'running' ? null : workspace.restart;
    const kept = restart === workspace.restart ? workspace : { ...workspace, restart };
    if (wanted === workspace.desired.state && sameSize(size, workspace.desired.size)) return kept;
    return { ...kept, desired: { state: wanted, size, generation: workspace.desired.generation + 1, since: now } };
  });
}

/** Gives each workspace its share of the pool; one whose data is deleted has none. */
export function allocateWorkspaces(
  workspaces: readonly WorkspaceState[],
  entitlements: Entitlements,
  sharing: AllocationPolicy,
): WorkspaceState[] {
  const shares = allocate(poolSizeOf(entitlements), livingWorkspaces(workspaces), sharing);
  return workspaces.map((workspace) => {
    const share = shares.find((each) => each.id === workspace.id);
    return share ? { ...workspace, allocation: share.size, allocationNote: share.note } : workspace;
  });
}

/** Those that are not deleted, oldest first: only they count and only they have a share. */
export function livingWorkspaces(workspaces: readonly WorkspaceState[]): WorkspaceState[] {
  return workspaces.filter(isLiving);
}

/** Whether a workspace is neither deleted nor kept only until its data is. */
export function isLiving({ desired, deletion }: WorkspaceState): boolean {
  return desired.state !== 'deleted' && deletion === null;
}

/** A workspace as it is opened: wanted by its owner, new to its host, and still without a share of the pool. */
export function newWorkspace({
  size,
  ...opening
}: Pick<WorkspaceState, 'id' | 'name' | 'hostId'> & { size?: WorkspaceSize | undefined }): WorkspaceState {
  return {
    ...opening,
    ownerWants: 'running',
    asked: size ?? null,
    allocation: null,
    allocationNote: null,
    move: null,
    leftOn: [],
    restart: null,
    deletion: null,
    hold: null,
    storage: null,
    makeRoomUntil: null,
    memoryKills: 0,
    retry: null,
    desired: { state: 'running', size: NO_SIZE, generation: 1, since: null },
    observed: null,
  };
}

/** A new workspace that has its share: the first wish is for it. */
export function asOpened(workspace: WorkspaceState, now: Instant): WorkspaceState {
  const { allocation, desired } = workspace;
  const state = allocation ? 'running' : 'stopped';
  return { ...workspace, desired: { ...desired, state, size: allocation ?? desired.size, since: now } };
}

/** The same wish once more: a new attempt, with a generation of its own. */
export function wishedAgain(workspace: WorkspaceState, now: Instant): WorkspaceState {
  const { desired } = workspace;
  return { ...workspace, desired: { ...desired, generation: desired.generation + 1, since: now } };
}

/** Whether a host has reported the newest wish as done, or as impossible. One that is deleted is so on every host. */
export function isSettled(workspace: WorkspaceState): boolean {
  const { desired, observed, leftOn } = workspace;
  const isGone = desired.state !== 'deleted' || leftOn.length === 0;
  return observed?.generation === desired.generation && isGone;
}

function desiredState(workspace: WorkspaceState, holds: Hold[], deleted: boolean): DesiredWorkspace['state'] {
  if (deleted) return 'deleted';
  const { ownerWants, hold, allocation, restart, move } = workspace;
  const isHeld = holds.length > 0 || hold !== null;
  const isDown = restart?.phase === 'stopping' || move?.stage === 'moving';
  const mayRun = !isHeld && isLiving(workspace) && allocation !== null && !isDown;
  return ownerWants === 'running' && mayRun ? 'running' : 'stopped';
}

/** Whether two sizes are the same in every part. */
export function sameSize(a: WorkspaceSize, b: WorkspaceSize): boolean {
  return a.memoryMb === b.memoryMb && a.cpuPercent === b.cpuPercent && a.storageMb === b.storageMb;
}
