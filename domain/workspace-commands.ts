import type { AccountState, WorkspaceState } from './account-state.ts';
import type { WorkspaceSize } from './catalog.ts';
import {
  type CommandOutcome,
  CommandRefused,
  hasGivenUp,
  livingWorkspace,
  refuseBeyondPool,
  refuseTakenName,
  refuseToRun,
  refuseUselessSize,
  withWorkspace,
} from './commands.ts';
import { sizeText } from './size-words.ts';
import { holdForStorage, MAKE_ROOM_MS } from './storage-hold.ts';
import { addMs, type Instant } from './time.ts';
import type { Happened, HappenedKind } from './timeline.ts';
import { allocateWorkspaces, sameSize, wishedAgain, wishWorkspaces } from './workspace-wishes.ts';

/** What a command about one workspace has in common. */
export interface AboutWorkspace {
  commandId: string;
  workspaceId: string;
}

/**
 * Down and up again, whatever dies in between. One that is down is started; one that its host has given up is tried anew. A
 * restart that is under way is not begun a second time.
 *
 * @throws CommandRefused under a hold and without room
 */
export function restartWorkspace(state: AccountState, command: AboutWorkspace, now: Instant): CommandOutcome {
  const workspace = livingWorkspace(state, command.workspaceId);
  refuseToRun(state, workspace);
  if (workspace.restart) return { state, happened: [] };
  const happened = [entry('owner-restarted', command, `You asked to restart ${workspace.name}.`, now)];
  return { state: wished(withWorkspace(state, restarted(workspace, now)), now), happened };
}

/**
 * Tries anew a workspace that failed or crashed too often. One that was stopped because it is over its storage runs for a
 * while, so that its owner can make room. One that lacks nothing stays as it is.
 *
 * @throws CommandRefused under a hold of the account and without room
 */
export function recoverWorkspace(state: AccountState, command: AboutWorkspace, now: Instant): CommandOutcome {
  const workspace = livingWorkspace(state, command.workspaceId);
  refuseToRun(state, { ...workspace, hold: null });
  const { hold, ownerWants } = workspace;
  if (!hold && !hasGivenUp(workspace)) return { state, happened: [] };
  const freed: WorkspaceState = {
    ...workspace,
    ownerWants: 'running',
    restart: null,
    memoryKills: 0,
    retry: null,
    hold: null,
    makeRoomUntil: hold ? addMs(now, MAKE_ROOM_MS) : workspace.makeRoomUntil,
  };
  const again = !hold && ownerWants === 'running' ? wishedAgain(freed, now) : freed;
  const text = hold
    ? `You asked to start ${workspace.name} so that you can make room in it.`
    : `You asked to try ${workspace.name} again.`;
  return {
    state: wished(withWorkspace(state, again), now),
    happened: [entry('owner-recovered', command, text, now)],
  };
}

/** @throws CommandRefused when another workspace has the name */
export function renameWorkspace(
  state: AccountState,
  command: AboutWorkspace & { name: string },
  now: Instant,
): CommandOutcome {
  const workspace = livingWorkspace(state, command.workspaceId);
  const name = command.name.trim();
  if (name === workspace.name) return { state, happened: [] };
  refuseTakenName(state, workspace.id, name);
  const happened = [entry('owner-renamed', command, `You renamed ${workspace.name} to ${name}.`, now)];
  return { state: withWorkspace(state, { ...workspace, name }), happened };
}

export interface ResizeCommand extends AboutWorkspace {
  size: WorkspaceSize;
  /** Its programs size their memory when they start: restarted, they use more of it at once. Default: they go on. */
  restart?: boolean | undefined;
}

/**
 * Another share of the pool, all of it or none: the others keep what they have, except a first one that has all that the
 * others leave.
 *
 * @throws CommandRefused with the numbers when it does not fit
 */
export function resizeWorkspace(state: AccountState, command: ResizeCommand, now: Instant): CommandOutcome {
  const workspace = livingWorkspace(state, command.workspaceId);
  const { size } = command;
  refuseUselessSize(size);
  refuseBeyondPool(state, { id: workspace.id, name: workspace.name, size });
  const isSame = workspace.asked !== null && sameSize(workspace.asked, size) && workspace.allocation !== null;
  const restarts = command.restart === true && workspace.desired.state === 'running';
  if (isSame && !restarts) return { state, happened: [] };
  const asked: WorkspaceState = { ...workspace, asked: size };
  const resized = withWorkspace(state, restarts ? restarted(asked, now) : asked);
  const workspaces = allocateWorkspaces(resized.workspaces, state.entitlements, state.sharing);
  // More storage may be all that it was stopped for.
  const shared = workspaces.map((each) =>
    each.id === workspace.id ? { ...each, hold: each.hold && holdForStorage(each, now) } : each,
  );
  return {
    state: wished({ ...resized, workspaces: shared }, now),
    happened: [entry('owner-resized', command, `You asked for ${sizeWords(size)} for ${workspace.name}.`, now)],
  };
}

/**
 * Takes a deletion back, as long as the data is there: it is what it was before, where the pool has room for it.
 *
 * @throws CommandRefused when its data is gone, when its name is taken, and with the numbers when there is no room for it
 */
export function restoreWorkspace(state: AccountState, command: AboutWorkspace, now: Instant): CommandOutcome {
  const workspace = state.workspaces.find((each) => each.id === command.workspaceId);
  if (!workspace)
    throw new CommandRefused('UnknownWorkspace', `There is no workspace ${command.workspaceId} in this account.`);
  if (workspace.desired.state === 'deleted')
    throw new CommandRefused('WorkspaceDeleted', 'The data of this workspace is deleted: it can not be taken back.');
  if (!workspace.deletion) return { state, happened: [] };
  const { id, name, asked } = workspace;
  refuseTakenName(state, id, name);
  refuseBeyondPool(state, { id, name, size: asked ?? undefined });
  const back = withWorkspace(state, { ...workspace, deletion: null });
  const workspaces = allocateWorkspaces(back.workspaces, state.entitlements, state.sharing);
  return {
    state: wished({ ...back, workspaces }, now),
    happened: [entry('owner-restored', command, `You took the deletion of ${name} back.`, now)],
  };
}

function restarted(workspace: WorkspaceState, now: Instant): WorkspaceState {
  const { ownerWants, desired } = workspace;
  const wants: WorkspaceState = { ...workspace, ownerWants: 'running', retry: null };
  if (ownerWants === 'running' && hasGivenUp(workspace)) return wishedAgain({ ...wants, restart: null }, now);
  const isUp = ownerWants === 'running' && desired.state === 'running';
  return isUp ? { ...wants, restart: { since: now, phase: 'stopping' } } : wants;
}

function wished(state: AccountState, now: Instant): AccountState {
  return { ...state, workspaces: wishWorkspaces(state, now) };
}

/** A size for people: `512 MB, 0.5 CPU, 5 GB of storage`. */
export function sizeWords({ memoryMb, cpuPercent, storageMb }: WorkspaceSize): string {
  const storage = `${sizeText('storageMb', storageMb)} of storage`;
  return `${sizeText('memoryMb', memoryMb)}, ${sizeText('cpuPercent', cpuPercent)}, ${storage}`;
}

function entry(kind: HappenedKind, { commandId }: AboutWorkspace, text: string, now: Instant): Happened {
  return { id: `${kind}/${commandId}`, at: now, kind, text };
}
