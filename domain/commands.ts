import type { AccountState, PlacedHoldName, WorkspaceState } from './account-state.ts';
import { NO_SIZE, roomFor, SMALLEST_SIZE } from './allocation.ts';
import { type Pool, UNLIMITED, type WorkspaceSize } from './catalog.ts';
import { dismissed } from './disputes.ts';
import { type Override, poolSizeOf } from './entitlements.ts';
import { withHold, withoutHold } from './holds.ts';
import { PART_NAMES, sizeText } from './size-words.ts';
import { addDays, type Instant } from './time.ts';
import type { Happened } from './timeline.ts';
import {
  allocateWorkspaces,
  asOpened,
  isSettled,
  livingWorkspaces,
  newWorkspace,
  wishedAgain,
  wishWorkspaces,
} from './workspace-wishes.ts';

const SIZE_PARTS = ['memoryMb', 'cpuPercent', 'storageMb'] as const satisfies (keyof WorkspaceSize)[];
/** Deleted workspaces that an account goes on showing, and the most whose data is kept at a time. */
const REMEMBERED_DELETED = 20;

export type RefusalCode =
  | 'UnknownWorkspace'
  | 'WorkspaceDeleted'
  | 'WorkspaceBeingDeleted'
  | 'WorkspaceOverStorage'
  | 'WorkspaceSuspended'
  | 'WorkspaceHasNoRoom'
  | 'WorkspaceNameTaken'
  | 'WorkspaceSizeInvalid'
  | 'WorkspaceLimitReached'
  | 'TooManyDeletedWorkspaces'
  | 'PlanHasNoWorkspaces'
  | 'PoolExhausted'
  | 'AccountDeleted'
  | 'NotInGrace'
  | 'CustomerAlreadyLinked'
  | 'UnknownGrant'
  | 'NoMovePlanned'
  | 'MoveTooLate';

/** The numbers of a command that would take more of the pool than there is. */
export interface PoolShortage {
  part: keyof Pool;
  max: number;
  /** What the workspaces that are there keep. */
  used: number;
  /** What the command would have added. */
  asked: number;
}

/** A command that can't be carried out, with a sentence for people. */
export class CommandRefused extends Error {
  readonly code: RefusalCode;
  /** Present where the pool is the reason. */
  readonly shortage: PoolShortage | undefined;

  constructor(code: RefusalCode, message: string, shortage?: PoolShortage) {
    super(message);
    this.name = 'CommandRefused';
    this.code = code;
    this.shortage = shortage;
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
  const workspace = livingWorkspace(state, wish.workspaceId);
  if (wish.wants === 'running') refuseToRun(state, workspace);
  const again = wish.wants === 'running' && workspace.ownerWants === 'running' && hasGivenUp(workspace);
  const wished: WorkspaceState = {
    ...workspace,
    ownerWants: wish.wants,
    // A start leaves a restart that is under way alone: it ends in running too.
    restart: wish.wants === 'running' && !again ? workspace.restart : null,
  };
  const next = withWorkspace(state, again ? wishedAgain(wished, now) : wished);
  const kind = wish.wants === 'running' ? 'owner-started' : 'owner-stopped';
  const verb = wish.wants === 'running' ? 'start' : 'stop';
  return {
    state: { ...next, workspaces: wishWorkspaces(next, now) },
    happened: [{ id: `${kind}/${wish.commandId}`, at: now, kind, text: `You asked to ${verb} ${workspace.name}.` }],
  };
}

/** Whether its host has given it up: it waits for its owner. */
export function hasGivenUp({ observed }: WorkspaceState): boolean {
  return observed?.state === 'failed' || observed?.state === 'crash-looping';
}

/**
 * A workspace that is there.
 *
 * @throws CommandRefused when there is none, or when it is deleted, also where it can still be taken back
 */
export function livingWorkspace(state: AccountState, workspaceId: string): WorkspaceState {
  const workspace = state.workspaces.find((each) => each.id === workspaceId);
  if (!workspace) throw new CommandRefused('UnknownWorkspace', `There is no workspace ${workspaceId} in this account.`);
  if (workspace.desired.state === 'deleted')
    throw new CommandRefused('WorkspaceDeleted', 'This workspace has been deleted.');
  if (workspace.deletion) {
    const until = workspace.deletion.deleteAt.slice(0, 10);
    throw new CommandRefused(
      'WorkspaceBeingDeleted',
      `${workspace.name} was deleted. Its data is kept until ${until}: take it back first.`,
    );
  }
  return workspace;
}

/** @throws CommandRefused when a workspace may not run, with why */
export function refuseToRun({ holds }: AccountState, { hold, allocation, allocationNote }: WorkspaceState): void {
  const [ofAccount] = holds;
  if (ofAccount) throw new CommandRefused('WorkspaceSuspended', ofAccount.reason);
  if (hold) throw new CommandRefused('WorkspaceOverStorage', hold.reason);
  if (allocation === null)
    throw new CommandRefused('WorkspaceHasNoRoom', allocationNote ?? 'There is no room for it in the pool.');
}

/** The account with this workspace in the place of the one with its id. */
export function withWorkspace(state: AccountState, workspace: WorkspaceState): AccountState {
  return { ...state, workspaces: state.workspaces.map((each) => (each.id === workspace.id ? workspace : each)) };
}

export interface NewWorkspace {
  commandId: string;
  /** Of the caller's making. One that the account had before, deleted or not, is not made again. */
  workspaceId: string;
  name: string;
  hostId: string;
  /** Without it the plan's default size is taken. */
  size?: WorkspaceSize | undefined;
}

/**
 * A further workspace. It gets all of what it asks for or is refused with the numbers; the others keep what they have,
 * except a first one that has all that the others leave.
 *
 * @throws CommandRefused
 */
export function createWorkspace(state: AccountState, command: NewWorkspace, now: Instant): CommandOutcome {
  const { commandId, workspaceId, hostId, size } = command;
  const name = command.name.trim();
  if (state.workspaces.some((each) => each.id === workspaceId)) return { state, happened: [] };
  const [hold] = state.holds;
  if (hold) throw new CommandRefused('WorkspaceSuspended', hold.reason);
  refuseTakenName(state, workspaceId, name);
  const kept = state.workspaces.filter(({ deletion, desired }) => deletion !== null && desired.state !== 'deleted');
  if (kept.length >= REMEMBERED_DELETED)
    throw new CommandRefused(
      'TooManyDeletedWorkspaces',
      `The data of ${kept.length} deleted workspaces is still kept. Delete one of them for good, or take one back.`,
    );
  if (size) refuseUselessSize(size);
  refuseBeyondPool(state, { id: workspaceId, name, size });

  const workspaces = [...withoutLongGone(state.workspaces), newWorkspace({ id: workspaceId, name, hostId, size })];
  const shared = allocateWorkspaces(workspaces, state.entitlements, state.sharing);
  const next = { ...state, workspaces: shared.map((each) => (each.id === workspaceId ? asOpened(each, now) : each)) };
  return {
    state: { ...next, workspaces: wishWorkspaces(next, now) },
    happened: [
      {
        id: `owner-created/${commandId}`,
        at: now,
        kind: 'owner-created',
        text: `You asked for the workspace ${name}.`,
      },
    ],
  };
}

export interface WorkspaceDeletionCommand {
  commandId: string;
  workspaceId: string;
  /** Its data goes at once, and nothing can be taken back. Default: it is kept for the catalog's days. */
  immediately?: boolean | undefined;
}

/**
 * Ends a workspace, also under a hold. It stops, what it had of the pool is shared out anew, and its data is kept for a
 * while. Deleting it again changes nothing, except where its data is to go at once.
 *
 * @throws CommandRefused
 */
export function deleteWorkspace(state: AccountState, command: WorkspaceDeletionCommand, now: Instant): CommandOutcome {
  const { commandId, workspaceId } = command;
  const workspace = state.workspaces.find((each) => each.id === workspaceId);
  if (!workspace) throw new CommandRefused('UnknownWorkspace', `There is no workspace ${workspaceId} in this account.`);
  const atOnce = command.immediately === true || state.deleteWorkspacesAfterDays === 0;
  if (workspace.desired.state === 'deleted' || (workspace.deletion && !atOnce)) return { state, happened: [] };
  const deletion = workspace.deletion ?? {
    askedAt: now,
    deleteAt: addDays(now, atOnce ? 0 : state.deleteWorkspacesAfterDays),
  };
  const kept: WorkspaceState = { ...workspace, deletion, allocation: null, allocationNote: null, restart: null };
  const next = withWorkspace(state, atOnce ? dataDeleted(kept, now) : kept);
  const shared = { ...next, workspaces: allocateWorkspaces(next.workspaces, state.entitlements, state.sharing) };
  const data = atOnce ? 'and its data' : `. Its data is kept until ${deletion.deleteAt.slice(0, 10)}`;
  return {
    state: { ...shared, workspaces: wishWorkspaces(shared, now) },
    happened: [
      {
        id: `owner-deleted/${commandId}`,
        at: now,
        kind: 'owner-deleted',
        text: atOnce
          ? `You asked to delete ${workspace.name} ${data}.`
          : `You asked to delete ${workspace.name}${data}; until then you can take it back.`,
      },
    ],
  };
}

/** Places a hold: workspaces stop until it is lifted. */
export function placeHold(
  state: AccountState,
  command: { commandId: string; hold: PlacedHoldName; reason: string },
  now: Instant,
): CommandOutcome {
  const next = { ...state, holds: withHold(state.holds, { name: command.hold, since: now, reason: command.reason }) };
  return {
    state: { ...next, workspaces: wishWorkspaces(next, now) },
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
  command: { commandId: string; hold: PlacedHoldName },
  now: Instant,
): CommandOutcome {
  if (!state.holds.some((hold) => hold.name === command.hold)) return { state, happened: [] };
  // A dispute that support has dealt with places no hold again.
  const disputes = command.hold === 'dispute' ? dismissed(state.disputes) : state.disputes;
  const next = { ...state, disputes, holds: withoutHold(state.holds, command.hold) };
  return {
    state: { ...next, workspaces: wishWorkspaces(next, now) },
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

/**
 * The owner leaves. It takes effect from the next look on: first everything is cancelled at Stripe. Asking again changes
 * nothing.
 */
export function closeAccount(state: AccountState, command: { commandId: string }, now: Instant): CommandOutcome {
  if (state.closing) return { state, happened: [] };
  const { commandId } = command;
  return {
    state: {
      ...state,
      closing: { id: commandId, requestedAt: now, stage: 'canceling', deleteAt: null, lookAgainAt: null },
    },
    happened: [
      {
        id: `account-close-asked/${commandId}`,
        at: now,
        kind: 'account-close-asked',
        text: 'You asked to close the account. First everything is cancelled, so that nothing is charged any more.',
      },
    ],
  };
}

/**
 * The owner stays after all: the workspaces run again, on the plan without a subscription. What was cancelled at Stripe
 * stays cancelled.
 *
 * @throws CommandRefused when the data is being deleted
 */
export function keepAccount(state: AccountState, command: { commandId: string }, now: Instant): CommandOutcome {
  if (!state.closing) return { state, happened: [] };
  if (state.closing.stage === 'deleting')
    throw new CommandRefused('AccountDeleted', 'The data of this account is being deleted: it can not be taken back.');
  const outbox = state.outbox.filter(
    (effect) => effect.kind !== 'end-billing' && !(effect.kind === 'mail' && effect.template === 'account-closing'),
  );
  const next = { ...state, closing: null, outbox, holds: withoutHold(state.holds, 'closing') };
  return {
    state: { ...next, workspaces: wishWorkspaces(next, now) },
    happened: [
      {
        id: `account-kept/${command.commandId}`,
        at: now,
        kind: 'account-kept',
        text: 'You took the closing back. What was cancelled stays cancelled: choose a plan to subscribe again.',
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

/**
 * Takes back what support gave.
 *
 * @throws CommandRefused when there is no such grant, with those that there are
 */
export function withdrawOverride(
  state: AccountState,
  command: { commandId: string; overrideId: string },
  now: Instant,
): CommandOutcome {
  const override = state.overrides.find((each) => each.id === command.overrideId);
  if (!override) {
    const there = state.overrides.map(({ id }) => id).join(', ') || 'none';
    throw new CommandRefused('UnknownGrant', `There is no grant ${command.overrideId}. What there is: ${there}.`);
  }
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

/** @throws CommandRefused when another workspace that is there has the name */
export function refuseTakenName({ workspaces }: AccountState, workspaceId: string, name: string): void {
  const isTaken = (each: WorkspaceState) => each.id !== workspaceId && each.name.toLowerCase() === name.toLowerCase();
  if (livingWorkspaces(workspaces).some(isTaken))
    throw new CommandRefused('WorkspaceNameTaken', `There is a workspace ${name} already. Choose another name.`);
}

/** @throws CommandRefused when a size is none, or too small to be of use */
export function refuseUselessSize(size: WorkspaceSize): void {
  for (const part of SIZE_PARTS) {
    const [asked, least] = [size[part], SMALLEST_SIZE[part]];
    if (!Number.isSafeInteger(asked))
      throw new CommandRefused('WorkspaceSizeInvalid', `\`${part}\` must be a whole number; it is ${asked}.`);
    if (asked < least)
      throw new CommandRefused(
        'WorkspaceSizeInvalid',
        `A workspace needs at least ${sizeText(part, least)} of ${PART_NAMES[part]}; you asked for ${asked < 0 ? asked : sizeText(part, asked)}.`,
      );
  }
}

/**
 * Refuses what the pool has no room for beside the other workspaces, with the numbers.
 *
 * @param wanted a workspace that is new to the pool, or one that is there and wants another size
 * @throws CommandRefused
 */
export function refuseBeyondPool(
  state: AccountState,
  { id, name, size }: { id: string; name: string; size: WorkspaceSize | undefined },
): void {
  const { plan, entitlements, sharing } = state;
  const pool = poolSizeOf(entitlements);
  const present = livingWorkspaces(state.workspaces);
  // One that is there gives its own share back first.
  const living = present.map((each) => (each.id === id ? { ...each, asked: NO_SIZE, allocation: NO_SIZE } : each));
  const used = present.filter((each) => each.id !== id).length;
  const count = (max: number): PoolShortage => ({ part: 'workspaces', max, used, asked: 1 });
  if (!pool) throw new CommandRefused('PlanHasNoWorkspaces', `The plan ${plan.name} has no workspaces.`, count(0));
  const max = pool.workspaces;
  if (max !== UNLIMITED && used >= max) {
    const allowed = `${max} ${max === 1 ? 'workspace' : 'workspaces'}`;
    const message = `The plan ${plan.name} allows ${allowed}; you have ${used}.`;
    throw new CommandRefused('WorkspaceLimitReached', message, count(max));
  }
  const given = size ?? sharing.defaultAllocation;
  if (!given && SIZE_PARTS.some((part) => pool[part] === UNLIMITED))
    throw new CommandRefused(
      'WorkspaceSizeInvalid',
      'The pool has no limit, so the workspace needs a size: ask for one.',
    );
  const wanted = given ?? SMALLEST_SIZE;
  const room = roomFor(pool, living, sharing);
  const lacking = SIZE_PARTS.find((part) => room[part] !== UNLIMITED && room[part] < wanted[part]);
  if (!lacking) return;
  const needs = `${sizeText(lacking, wanted[lacking])} of ${PART_NAMES[lacking]}`;
  const free = `${sizeText(lacking, room[lacking])} of the pool's ${sizeText(lacking, pool[lacking])} is free`;
  throw new CommandRefused('PoolExhausted', `${name} needs ${needs}; ${free}.`, {
    part: lacking,
    max: pool[lacking],
    used: pool[lacking] - room[lacking],
    asked: wanted[lacking],
  });
}

/** Without the deleted ones that hosts have let go of, but for the newest. */
function withoutLongGone(workspaces: readonly WorkspaceState[]): WorkspaceState[] {
  const gone = workspaces.filter((each) => each.desired.state === 'deleted' && isSettled(each));
  const longGone = new Set(gone.slice(0, -REMEMBERED_DELETED));
  return workspaces.filter((each) => !longGone.has(each));
}

/** Container, network and data are to go now. */
export function dataDeleted(workspace: WorkspaceState, now: Instant): WorkspaceState {
  const { size, generation } = workspace.desired;
  return {
    ...workspace,
    ownerWants: 'stopped',
    desired: { state: 'deleted', size, generation: generation + 1, since: now },
  };
}
