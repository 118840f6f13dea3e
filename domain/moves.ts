import type { AccountState, WorkspaceMove, WorkspaceState } from './account-state.ts';
import { type CommandOutcome, CommandRefused } from './commands.ts';
import { addDays, addMs, type Instant } from './time.ts';
import type { Happened } from './timeline.ts';
import { wishedAgain, wishWorkspaces } from './workspace-wishes.ts';

/** Days that the owner of a running workspace has to choose a time, where nobody says otherwise. */
export const DAYS_TO_CHOOSE = 7;
/** The most days that may be given to choose. */
export const LONGEST_DAYS_TO_CHOOSE = 30;
/** A move that did not succeed is tried again after this. */
const TRY_AGAIN_MS = 10 * 60_000;

export interface PlanMove {
  commandId: string;
  workspaceId: string;
  /** The host that it is to leave: one that lives elsewhere by now is left alone. */
  fromHostId: string;
  /** `null`: placement chooses when the move begins. */
  toHostId: string | null;
  /** Whole days that the owner of a running one has to choose a time: then it is moved. */
  withinDays: number;
  /** For people: why. */
  reason: string;
}

/**
 * A workspace is to live on another host. One that is down is moved at once; the owner of a running one is asked for a time.
 * Planning again changes nothing, nor does one that is not there any more or is deleted.
 *
 * @throws CommandRefused when there is no such workspace
 */
export function planMove(state: AccountState, command: PlanMove, now: Instant): CommandOutcome {
  const { commandId, fromHostId, toHostId, withinDays, reason } = command;
  const workspace = workspaceOf(state, command.workspaceId);
  const isElsewhere = workspace.hostId !== fromHostId;
  if (isElsewhere || workspace.move !== null || workspace.desired.state === 'deleted') return { state, happened: [] };
  const asks = workspace.desired.state === 'running' && withinDays > 0;
  const at = asks ? addDays(now, withinDays) : now;
  const move: WorkspaceMove = { id: commandId, reason, stage: 'planned', at, latestAt: at, toHostId, trouble: null };
  const next = withWorkspace(state, { ...workspace, move });
  if (!asks) return { state: next, happened: [] };
  const { plan } = state;
  return {
    state: {
      ...next,
      outbox: [
        ...state.outbox,
        {
          kind: 'mail',
          id: askedBy(commandId, workspace.id),
          template: 'move-planned',
          facts: { planId: plan.id, planName: plan.name, workspaceName: workspace.name, moveAt: at, reason },
          emittedAt: now,
          readyWhen: 'now',
          droppedWhenDunningEnds: false,
        },
      ],
    },
    happened: [
      entry(
        'move-planned',
        commandId,
        now,
        `${workspace.name} has to move to another machine: ${reason} It stops for some minutes, on ${minute(at)} unless you choose an earlier time.`,
      ),
    ],
  };
}

/**
 * The owner says when, as long as the move has not begun.
 *
 * @param command.at `null` for now
 * @throws CommandRefused when no move waits, or for a time after the last one
 */
export function chooseMoveTime(
  state: AccountState,
  command: { commandId: string; workspaceId: string; at: Instant | null },
  now: Instant,
): CommandOutcome {
  const workspace = workspaceOf(state, command.workspaceId);
  const { move } = workspace;
  if (move?.stage !== 'planned')
    throw new CommandRefused(
      'NoMovePlanned',
      'No move of this workspace waits for a time: it has begun, or none is planned.',
    );
  const at = command.at === null || command.at < now ? now : command.at;
  if (at > move.latestAt)
    throw new CommandRefused('MoveTooLate', `It has to move by ${minute(move.latestAt)}: choose an earlier time.`);
  const when = at === now ? 'now' : `on ${minute(at)}`;
  return {
    state: withWorkspace(state, { ...workspace, move: { ...move, at } }),
    happened: [entry('move-planned', command.commandId, now, `You chose to move ${workspace.name} ${when}.`)],
  };
}

/** A move that has not begun is not made. One that has goes on to its end. */
export function cancelMove(
  state: AccountState,
  command: { commandId: string; workspaceId: string },
  now: Instant,
): CommandOutcome {
  const workspace = workspaceOf(state, command.workspaceId);
  const { move } = workspace;
  if (move?.stage !== 'planned') return { state, happened: [] };
  const asked = askedBy(move.id, workspace.id);
  const next = withWorkspace(state, { ...workspace, move: null });
  return {
    state: { ...next, outbox: state.outbox.filter((effect) => effect.id !== asked) },
    happened: [entry('move-undone', command.commandId, now, `${workspace.name} stays where it is after all.`)],
  };
}

/** Whether a move is to begin: its time has come, or there is nothing running that it would interrupt. */
export function isMoveDue({ move, desired }: WorkspaceState, now: Instant): boolean {
  if (move?.stage !== 'planned' || desired.state === 'deleted') return false;
  return move.at <= now || (desired.state === 'stopped' && move.trouble === null);
}

/** It begins: the workspace is down from here to its start on the other host. */
export function beginMove(state: AccountState, workspaceId: string, toHostId: string, now: Instant): AccountState {
  return changed(state, workspaceId, now, (workspace) => ({
    ...workspace,
    move: workspace.move && { ...workspace.move, stage: 'moving', toHostId, trouble: null },
    leftOn: workspace.leftOn.filter((hostId) => hostId !== toHostId),
  }));
}

/** It did not succeed: the workspace is again what it was, where it was, and it is tried again later. */
export function deferMove(state: AccountState, workspaceId: string, trouble: string, now: Instant): AccountState {
  return changed(state, workspaceId, now, (workspace) => {
    const { move } = workspace;
    if (!move) return workspace;
    const begun = move.stage === 'moving' && move.toHostId !== null ? [move.toHostId] : [];
    return {
      ...workspace,
      // Another host may have room by then.
      move: { ...move, stage: 'planned', at: addMs(now, TRY_AGAIN_MS), toHostId: null, trouble },
      leftOn: [...workspace.leftOn, ...begun],
    };
  });
}

/** Its data is on the other host, and was compared: it lives there now. What is on the old one is to be removed. */
export function arrive(state: AccountState, workspaceId: string, now: Instant): CommandOutcome {
  const workspace = workspaceOf(state, workspaceId);
  const { move } = workspace;
  if (move?.stage !== 'moving' || move.toHostId === null) return { state, happened: [] };
  const hostId = move.toHostId;
  const next = changed(state, workspaceId, now, (each) =>
    wishedAgain({ ...each, hostId, move: null, leftOn: [...each.leftOn, each.hostId] }, now),
  );
  const text = `${workspace.name} was moved to another machine, with its data.`;
  return { state: next, happened: [entry('workspace-moved', `${move.id}/${workspaceId}`, now, text)] };
}

/** A workspace that is deleted is not moved; what the move has put on the other host is removed. */
export function giveUpMove(state: AccountState, workspaceId: string, now: Instant): AccountState {
  return changed(state, workspaceId, now, (workspace) => {
    const { move, leftOn } = workspace;
    const begun = move?.stage === 'moving' && move.toHostId !== null ? [move.toHostId] : [];
    return { ...workspace, move: null, leftOn: [...leftOn, ...begun] };
  });
}

/** Nothing of it is left on a host where it does not live. */
export function cleanedUp(state: AccountState, workspaceId: string, hostId: string, now: Instant): AccountState {
  return changed(state, workspaceId, now, (workspace) => ({
    ...workspace,
    leftOn: workspace.leftOn.filter((each) => each !== hostId),
  }));
}

/** Whether something of a move is under way, or still to be removed. */
export function isOnTheMove({ move, leftOn }: WorkspaceState): boolean {
  return move?.stage === 'moving' || leftOn.length > 0;
}

/** The hosts on which it takes room: where it lives, where it goes, and where something of it is left. None once it is deleted. */
export function hostsTaken({ hostId, move, leftOn, desired, observed }: WorkspaceState): string[] {
  const isGone = desired.state === 'deleted' && observed?.generation === desired.generation;
  const target = move?.stage === 'moving' && move.toHostId !== null ? [move.toHostId] : [];
  return [...new Set([...(isGone ? [] : [hostId]), ...target, ...leftOn])];
}

/** When moves begin by themselves. */
export function moveTimes(workspaces: readonly WorkspaceState[]): Instant[] {
  return workspaces.flatMap(({ move }) => (move?.stage === 'planned' ? move.at : []));
}

function workspaceOf(state: AccountState, workspaceId: string): WorkspaceState {
  const workspace = state.workspaces.find((each) => each.id === workspaceId);
  if (!workspace) throw new CommandRefused('UnknownWorkspace', `There is no workspace ${workspaceId} in this account.`);
  return workspace;
}

function changed(
  state: AccountState,
  workspaceId: string,
  now: Instant,
  change: (workspace: WorkspaceState) => WorkspaceState,
): AccountState {
  const workspaces = state.workspaces.map((each) => (each.id === workspaceId ? change(each) : each));
  const next = { ...state, workspaces };
  return { ...next, workspaces: wishWorkspaces(next, now) };
}

function withWorkspace(state: AccountState, workspace: WorkspaceState): AccountState {
  return { ...state, workspaces: state.workspaces.map((each) => (each.id === workspace.id ? workspace : each)) };
}

function askedBy(moveId: string, workspaceId: string): string {
  return `mail/move-planned/${moveId}/${workspaceId}`;
}

function entry(kind: Happened['kind'], id: string, at: Instant, text: string): Happened {
  return { id: `${kind}/${id}`, at, kind, text };
}

function minute(at: Instant): string {
  return `${at.slice(0, 16).replace('T', ' ')} UTC`;
}
