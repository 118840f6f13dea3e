import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  log,
  proxyActivities,
} from '@temporalio/workflow';
import { NON_RETRYABLE, type PlacementActivities, type WorkspaceActivities } from '#activities/contracts.ts';
import type { WorkspaceState } from '#domain/account-state.ts';
import { arrive, beginMove, cleanedUp, deferMove, giveUpMove, isMoveDue, moveTimes } from '#domain/moves.ts';
import { earliest } from '#domain/time.ts';
import type { AccountDesk } from './account-desk.ts';
import { BackOff, msUntil, workflowNow } from './clock.ts';
import { SUBSCRIPTION_TASK_QUEUE, workspaceTaskQueue } from './messages.ts';

/** Longer than the host takes to stop a workspace, its tries included. */
const STOPPED_WITHIN_MS = 10 * 60_000;
const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 15 * 60_000;

const nonRetryableErrorTypes = [...NON_RETRYABLE];

const placement = proxyActivities<PlacementActivities>({
  taskQueue: SUBSCRIPTION_TASK_QUEUE,
  scheduleToStartTimeout: '60 seconds',
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '2 minutes',
  retry: { initialInterval: '1 second', maximumAttempts: 3, nonRetryableErrorTypes },
});

/** Copying takes as long as there is data. */
function movers(hostId: string): Pick<WorkspaceActivities, 'receiveWorkspace' | 'removeLeftOver'> {
  return proxyActivities<WorkspaceActivities>({
    taskQueue: workspaceTaskQueue(hostId),
    scheduleToStartTimeout: '60 seconds',
    startToCloseTimeout: '1 hour',
    scheduleToCloseTimeout: '3 hours',
    heartbeatTimeout: '30 seconds',
    retry: { initialInterval: '2 seconds', maximumAttempts: 3, nonRetryableErrorTypes },
  });
}

/**
 * Takes workspaces to other hosts. The wish of one that moves is "stopped" on the host where it lives, which its own
 * coroutine carries out; when it is down its data is copied and compared; only then does it live on the other host; only
 * when it is there as it should be is anything removed on the old one. Each of these steps is stored before the next begins,
 * so whatever dies in between: it never runs twice, and there is never no copy of its data.
 */
export async function tendMoves(desk: AccountDesk): Promise<void> {
  const tended = new Map<string, Promise<void>>();
  const waiting = () => (desk.state?.workspaces ?? []).filter(({ id }) => !tended.has(id));
  const hasWork = () => waiting().some((workspace) => nextStep(desk, workspace.id) !== null);
  while (!desk.ending) {
    for (const { id } of waiting()) {
      if (nextStep(desk, id) === null) continue;
      tended.set(
        id,
        tendMove(desk, id).finally(() => tended.delete(id)),
      );
    }
    const next = earliest(moveTimes(waiting()));
    const wake = () => desk.ending || hasWork();
    if (next === null) await condition(() => wake() || moveTimes(waiting()).length > 0);
    else {
      const isOther = () => earliest(moveTimes(waiting())) !== next;
      await condition(() => wake() || isOther(), msUntil(next), { summary: `Move a workspace, due ${next}` });
    }
  }
  await Promise.all(tended.values());
}

type Step = 'begin' | 'carry' | 'give-up' | 'clean-up';

/** What is to be done next for a workspace, as it is stored; `null` for nothing. */
function nextStep(desk: AccountDesk, workspaceId: string): Step | null {
  const stored = desk.storedWish(workspaceId);
  if (!stored) return null;
  if (stored.desired.state === 'deleted' && stored.move) return 'give-up';
  if (stored.move?.stage === 'moving') return 'carry';
  if (isMoveDue(stored, workflowNow())) return 'begin';
  return stored.leftOn.length > 0 && isThere(desk, stored) ? 'clean-up' : null;
}

/** It is as it should be where it lives: what another host has of it is needed no more. */
function isThere(desk: AccountDesk, stored: WorkspaceState): boolean {
  const observed = desk.workspace(stored.id)?.observed;
  if (stored.desired.state === 'deleted') return true;
  const wanted = stored.desired.state === 'running' ? ['running'] : ['stopped', 'absent'];
  return observed?.generation === stored.desired.generation && wanted.includes(observed.state);
}

async function tendMove(desk: AccountDesk, workspaceId: string): Promise<void> {
  const backOff = new BackOff(FIRST_RETRY_MS, LONGEST_RETRY_MS);
  while (!desk.ending) {
    const step = nextStep(desk, workspaceId);
    const stored = desk.storedWish(workspaceId);
    if (step === null || !stored) return;
    const done = await take(desk, step, stored);
    await condition(() => desk.ending || isStored(desk, workspaceId));
    if (!done) {
      await condition(() => desk.ending || nextStep(desk, workspaceId) !== step, backOff.nextMs(), {
        summary: `Try the move of workspace ${workspaceId} again`,
      });
    }
  }
}

/** Whether hosts may be told of what the state says of its move. */
function isStored(desk: AccountDesk, workspaceId: string): boolean {
  const [stored, now] = [desk.storedWish(workspaceId), desk.workspace(workspaceId)];
  return stored?.move === now?.move && stored?.leftOn === now?.leftOn && stored?.hostId === now?.hostId;
}

/** @returns whether it is done; `false` to try it again after a while */
async function take(desk: AccountDesk, step: Step, workspace: WorkspaceState): Promise<boolean> {
  const { id } = workspace;
  try {
    switch (step) {
      case 'begin':
        return await begin(desk, workspace);
      case 'carry':
        return await carry(desk, workspace);
      case 'give-up':
        desk.change((state) => ({ state: giveUpMove(state, id, workflowNow()), happened: [] }));
        return true;
      case 'clean-up':
        return await cleanUp(desk, workspace);
    }
  } catch (error) {
    if (isCancellation(error)) return true;
    const cause = error instanceof ActivityFailure ? (error.cause ?? error) : error;
    if (cause instanceof ApplicationFailure && cause.type === 'StaleGeneration') return false;
    log.warn('A step of a move did not succeed; it will be tried again.', {
      workspaceId: id,
      step,
      error: String(cause),
    });
    if (step !== 'carry') return false;
    const trouble =
      'Its data could not be copied to the other machine. It runs where it was, and the move is tried again.';
    desk.change((state) => ({ state: deferMove(state, id, trouble, workflowNow()), happened: [] }));
    return true;
  }
}

async function begin(desk: AccountDesk, workspace: WorkspaceState): Promise<boolean> {
  const { id, hostId, desired, move } = workspace;
  const placed = await placement.reserveForMove({
    workspaceId: id,
    size: desired.size,
    fromHostId: hostId,
    toHostId: move?.toHostId ?? null,
  });
  // It was taken back meanwhile, or it was deleted.
  if (desk.workspace(id)?.move?.stage !== 'planned' || desk.workspace(id)?.desired.state === 'deleted') return true;
  desk.change((state) => ({
    state:
      placed.hostId === null
        ? deferMove(state, id, placed.refusal, workflowNow())
        : beginMove(state, id, placed.hostId, workflowNow()),
    happened: [],
  }));
  return true;
}

async function carry(desk: AccountDesk, workspace: WorkspaceState): Promise<boolean> {
  const { id, hostId, move } = workspace;
  const toHostId = move?.toHostId;
  if (!toHostId) return false;
  const isDown = () => {
    const [stored, observed] = [desk.storedWish(id), desk.workspace(id)?.observed];
    const isNewest = observed?.generation === stored?.desired.generation;
    return isNewest && (observed?.state === 'stopped' || observed?.state === 'absent');
  };
  const isOver = () => desk.ending || desk.workspace(id)?.desired.state === 'deleted';
  const summary = `Workspace ${id} stops for its move`;
  const inTime = await condition(() => isOver() || isDown(), STOPPED_WITHIN_MS, { summary });
  if (isOver()) return true;
  if (!inTime) {
    const trouble = 'It could not be stopped for its move, which is tried again later.';
    desk.change((state) => ({ state: deferMove(state, id, trouble, workflowNow()), happened: [] }));
    return true;
  }
  const { generation, size } = desk.storedWish(id)?.desired ?? workspace.desired;
  const mayBeEmpty = desk.workspace(id)?.observed?.state === 'absent';
  const accountId = desk.state?.accountId ?? '';
  const scope = new CancellationScope();
  const copy = scope.run(() =>
    movers(toHostId).receiveWorkspace({
      accountId,
      workspaceId: id,
      generation,
      fromHostId: hostId,
      mayBeEmpty,
      storageMb: size.storageMb,
    }),
  );
  const watch = new CancellationScope();
  const watching = watch.run(() => condition(isOver).then(() => scope.cancel())).catch(() => undefined);
  try {
    await copy;
  } finally {
    watch.cancel();
    await watching;
  }
  // What was copied is what was there as long as nothing newer was wished meanwhile.
  if (desk.workspace(id)?.desired.generation !== generation) return false;
  desk.change((state) => arrive(state, id, workflowNow()));
  return true;
}

async function cleanUp(desk: AccountDesk, workspace: WorkspaceState): Promise<boolean> {
  const { id, desired, leftOn } = workspace;
  const accountId = desk.state?.accountId ?? '';
  for (const hostId of leftOn) {
    const { generation } = desired;
    await movers(hostId).removeLeftOver({ accountId, workspaceId: id, generation, now: workflowNow() });
    desk.change((state) => ({ state: cleanedUp(state, id, hostId, workflowNow()), happened: [] }));
  }
  return true;
}
