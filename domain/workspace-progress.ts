import type { AccountState, ObservedWorkspace, WorkspaceRetry, WorkspaceState } from './account-state.ts';
import { type CommandOutcome, dataDeleted, withWorkspace } from './commands.ts';
import { heldForStorage } from './host-reports.ts';
import type { Instant } from './time.ts';
import type { Happened } from './timeline.ts';
import { wishedAgain, wishWorkspaces } from './workspace-wishes.ts';

/** What an account becomes when a host has reported on a workspace: a restart goes on with its second half. */
export function afterObserved(
  state: AccountState,
  workspaceId: string,
  observed: ObservedWorkspace,
  now: Instant,
): AccountState {
  const workspace = state.workspaces.find((each) => each.id === workspaceId);
  if (!workspace) return state;
  const before = workspace.observed;
  const since = before?.state === observed.state ? before.since : observed.at;
  const seen: WorkspaceState = {
    ...workspace,
    observed: { ...observed, since },
    restart: restartAfter(workspace, observed),
  };
  const next = withWorkspace(state, seen);
  return seen.restart === workspace.restart ? next : { ...next, workspaces: wishWorkspaces(next, now) };
}

function restartAfter({ restart, desired }: WorkspaceState, observed: ObservedWorkspace): WorkspaceState['restart'] {
  if (!restart || observed.generation !== desired.generation) return restart;
  const isDown = observed.state === 'stopped' || observed.state === 'absent';
  if (restart.phase === 'stopping') return isDown ? { ...restart, phase: 'starting' } : restart;
  return observed.state === 'running' ? null : restart;
}

/** Notes when a workspace is tried again. It is no new version of the account: nothing has changed but the time. */
export function withRetry(state: AccountState, workspaceId: string, retry: WorkspaceRetry | null): AccountState {
  const workspace = state.workspaces.find((each) => each.id === workspaceId);
  if (!workspace || (workspace.retry === null && retry === null)) return state;
  return withWorkspace(state, { ...workspace, retry });
}

/** The same wish for a workspace with a newer generation: its host knows of one that is newer than ours. */
export function wishAnew(state: AccountState, workspaceId: string, now: Instant): AccountState {
  const workspace = state.workspaces.find((each) => each.id === workspaceId);
  return workspace ? withWorkspace(state, wishedAgain(workspace, now)) : state;
}

/** When workspaces have to be looked at again by themselves. */
export function workspaceDeadlines(workspaces: readonly WorkspaceState[]): Instant[] {
  return workspaces
    .filter(({ desired }) => desired.state !== 'deleted')
    .flatMap(({ deletion, makeRoomUntil }) => [deletion?.deleteAt, makeRoomUntil].flatMap((at) => at ?? []));
}

/** What is due of workspaces: data that was kept long enough goes, and who had time to make room has had it. */
export function advanceWorkspaces(state: AccountState, now: Instant): CommandOutcome {
  const happened: Happened[] = [];
  let next = state;
  for (const workspace of state.workspaces) {
    if (workspace.desired.state === 'deleted') continue;
    const { id, name, deletion, makeRoomUntil } = workspace;
    if (deletion && deletion.deleteAt <= now) {
      next = withWorkspace(next, dataDeleted(workspace, now));
      const text = `The data of ${name} is deleted, as you asked on ${deletion.askedAt.slice(0, 10)}.`;
      happened.push({ id: `workspace-deleted/${id}`, at: now, kind: 'workspace-deleted', text });
    } else if (makeRoomUntil !== null && makeRoomUntil <= now) {
      const due = heldForStorage(next, { ...workspace, makeRoomUntil: null }, makeRoomUntil, now);
      next = due.state;
      happened.push(...due.happened);
    }
  }
  return { state: next, happened };
}
