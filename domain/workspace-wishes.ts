import type { AccountState, DesiredWorkspace, Hold, WorkspaceState } from './account-state.ts';
import { type AllocationPolicy, allocate, NO_SIZE } from './allocation.ts';
import type { WorkspaceSize } from './catalog.ts';
import { type Entitlements, poolSizeOf } from './entitlements.ts';

/**
 * What each workspace should be: it runs when its owner wants it to **and** nothing holds it **and** the pool has room for
 * it. The size is its share of the pool, except where it is down, where a machine is left as it is. A change raises the
 * generation.
 */
export function wishWorkspaces(state: AccountState): WorkspaceState[] {
  const deleted = state.dunning?.stage === 'deleted' || state.closing?.stage === 'deleting';
  return state.workspaces.map((workspace) => {
    if (workspace.desired.state === 'deleted') return workspace;
    const wanted = desiredState(workspace, state.holds, deleted);
    const size = state.holds.length > 0 ? workspace.desired.size : (workspace.allocation ?? workspace.desired.size);
    if (wanted === workspace.desired.state && sameSize(size, workspace.desired.size)) return workspace;
    return { ...workspace, desired: { state: wanted, size, generation: workspace.desired.generation + 1 } };
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
  return workspaces.filter((each) => each.desired.state !== 'deleted');
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
    desired: { state: 'running', size: NO_SIZE, generation: 1 },
    observed: null,
  };
}

/** A new workspace that has its share: the first wish is for it. */
export function asOpened(workspace: WorkspaceState): WorkspaceState {
  const { allocation, desired } = workspace;
  const state = allocation ? 'running' : 'stopped';
  return { ...workspace, desired: { ...desired, state, size: allocation ?? desired.size } };
}

/** Whether a host has reported the newest wish as done, or as impossible. */
export function isSettled(workspace: WorkspaceState): boolean {
  return workspace.observed?.generation === workspace.desired.generation;
}

function desiredState(workspace: WorkspaceState, holds: Hold[], deleted: boolean): DesiredWorkspace['state'] {
  if (deleted) return 'deleted';
  const mayRun = holds.length === 0 && workspace.allocation !== null;
  return workspace.ownerWants === 'running' && mayRun ? 'running' : 'stopped';
}

function sameSize(a: WorkspaceSize, b: WorkspaceSize): boolean {
  return a.memoryMb === b.memoryMb && a.cpuPercent === b.cpuPercent && a.storageMb === b.storageMb;
}
