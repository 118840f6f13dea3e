import type { AccountState, DesiredWorkspace, Hold, WorkspaceState } from './account-state.ts';
import type { WorkspaceSize } from './catalog.ts';

/**
 * What each workspace should be: it runs when its owner wants it to **and** nothing holds it. The size follows the plan,
 * except under a hold, where a machine that is down is left as it is. A change raises the generation.
 */
export function wishWorkspaces(state: AccountState): WorkspaceState[] {
  const deleted = state.dunning?.stage === 'deleted';
  return state.workspaces.map((workspace) => {
    if (workspace.desired.state === 'deleted') return workspace;
    const wanted = desiredState(workspace, state.holds, deleted);
    const size = state.holds.length > 0 ? workspace.desired.size : state.plan.workspace;
    if (wanted === workspace.desired.state && sameSize(size, workspace.desired.size)) return workspace;
    return { ...workspace, desired: { state: wanted, size, generation: workspace.desired.generation + 1 } };
  });
}

/** A workspace as it is opened: wanted by its owner, and new to its host. */
export function newWorkspace(
  opening: Pick<WorkspaceState, 'id' | 'name' | 'hostId'>,
  size: WorkspaceSize,
): WorkspaceState {
  return { ...opening, ownerWants: 'running', desired: { state: 'running', size, generation: 1 }, observed: null };
}

/** Whether a host has reported the newest wish as done, or as impossible. */
export function isSettled(workspace: WorkspaceState): boolean {
  return workspace.observed?.generation === workspace.desired.generation;
}

function desiredState(workspace: WorkspaceState, holds: Hold[], deleted: boolean): DesiredWorkspace['state'] {
  if (deleted) return 'deleted';
  return workspace.ownerWants === 'running' && holds.length === 0 ? 'running' : 'stopped';
}

function sameSize(a: WorkspaceSize, b: WorkspaceSize): boolean {
  return a.memoryMb === b.memoryMb && a.cpuPercent === b.cpuPercent && a.storageMb === b.storageMb;
}
