import type { AccountState, HoldName, WorkspaceState } from './account-state.ts';
import type { Override } from './entitlements.ts';
import { withHold, withoutHold } from './holds.ts';
import type { Instant } from './time.ts';
import type { Happened } from './timeline.ts';
import { wishWorkspaces } from './workspace-wishes.ts';

export type RefusalCode = 'UnknownWorkspace' | 'WorkspaceDeleted' | 'WorkspaceSuspended' | 'WorkspaceHasNoRoom';

/** A command that can't be carried out, with a sentence for people. */
export class CommandRefused extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.name = 'CommandRefused';
    this.code = code;
  }
}

export interface CommandOutcome {
  state: AccountState;
  happened: Happened[];
}

/**
 * The owner's wish for a workspace. Stopping is always possible; starting is refused under a hold and without room.
 * A start after a failure is a new attempt even though the wish is the same.
 *
 * @throws CommandRefused
 */
export function wishForWorkspace(
  state: AccountState,
  wish: { commandId: string; workspaceId: string; wants: 'running' | 'stopped' },
  now: Instant,
): CommandOutcome {
  const workspace = state.workspaces.find((each) => each.id === wish.workspaceId);
  if (!workspace)
    throw new CommandRefused('UnknownWorkspace', `There is no workspace ${wish.workspaceId} in this account.`);
  if (workspace.desired.state === 'deleted')
    throw new CommandRefused('WorkspaceDeleted', 'This workspace has been deleted.');
  const [hold] = state.holds;
  if (wish.wants === 'running' && hold) throw new CommandRefused('WorkspaceSuspended', hold.reason);
  if (wish.wants === 'running' && workspace.allocation === null)
    throw new CommandRefused('WorkspaceHasNoRoom', workspace.allocationNote ?? 'There is no room for it in the pool.');

  const wished: WorkspaceState = { ...workspace, ownerWants: wish.wants };
  const workspaces = state.workspaces.map((each) => (each === workspace ? wished : each));
  const again =
    wish.wants === 'running' && workspace.ownerWants === 'running' && workspace.observed?.state === 'failed';
  const next = {
    ...state,
    workspaces: again ? workspaces.map((each) => (each === wished ? retried(each) : each)) : workspaces,
  };
  const kind = wish.wants === 'running' ? 'owner-started' : 'owner-stopped';
  const verb = wish.wants === 'running' ? 'start' : 'stop';
  return {
    state: { ...next, workspaces: wishWorkspaces(next) },
    happened: [{ id: `${kind}/${wish.commandId}`, at: now, kind, text: `You asked to ${verb} ${workspace.name}.` }],
  };
}

/** Places a hold: workspaces stop until it is lifted. */
export function placeHold(
  state: AccountState,
  command: { commandId: string; hold: Exclude<HoldName, 'billing'>; reason: string },
  now: Instant,
): CommandOutcome {
  const next = { ...state, holds: withHold(state.holds, { name: command.hold, since: now, reason: command.reason }) };
  return {
    state: { ...next, workspaces: wishWorkspaces(next) },
    happened: [
      {
        id: `hold-placed/${command.commandId}`,
        at: now,
        kind: 'hold-placed',
        text: `Your workspaces are on hold (${command.hold}): ${command.reason}`,
      },
    ],
  };
}

/** Lifts one hold; what it kept from running runs again if its owner wants it to and no other hold is left. */
export function liftHold(
  state: AccountState,
  command: { commandId: string; hold: Exclude<HoldName, 'billing'> },
  now: Instant,
): CommandOutcome {
  if (!state.holds.some((hold) => hold.name === command.hold)) return { state, happened: [] };
  const next = { ...state, holds: withoutHold(state.holds, command.hold) };
  return {
    state: { ...next, workspaces: wishWorkspaces(next) },
    happened: [
      {
        id: `hold-lifted/${command.commandId}`,
        at: now,
        kind: 'hold-lifted',
        text: `The hold (${command.hold}) on your workspaces was lifted.`,
      },
    ],
  };
}

/** Gives an account something beside what it bought. It counts from the next look on; the same id again replaces what it gave. */
export function grantOverride(
  state: AccountState,
  command: { commandId: string; override: Override },
  now: Instant,
): CommandOutcome {
  const { override } = command;
  const others = state.overrides.filter((each) => each.id !== override.id);
  const until = override.until === null ? '' : ` until ${override.until.slice(0, 10)}`;
  return {
    state: { ...state, overrides: [...others, override] },
    happened: [
      {
        id: `granted/${command.commandId}`,
        at: now,
        kind: 'granted',
        text: `Support gave you more${until}: ${override.reason}`,
      },
    ],
  };
}

/** Takes back what support gave. */
export function withdrawOverride(
  state: AccountState,
  command: { commandId: string; overrideId: string },
  now: Instant,
): CommandOutcome {
  const override = state.overrides.find((each) => each.id === command.overrideId);
  if (!override) return { state, happened: [] };
  return {
    state: { ...state, overrides: state.overrides.filter((each) => each !== override) },
    happened: [
      {
        id: `grant-ended/${command.commandId}`,
        at: now,
        kind: 'grant-ended',
        text: `What support gave was taken back: ${override.reason}`,
      },
    ],
  };
}

function retried(workspace: WorkspaceState): WorkspaceState {
  return { ...workspace, desired: { ...workspace.desired, generation: workspace.desired.generation + 1 } };
}
