import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  log,
} from '@temporalio/workflow';
import type { ConvergeResult } from '#activities/contracts.ts';
import type { WorkspaceState } from '#domain/account-state.ts';
import type { Happened } from '#domain/timeline.ts';
import type { AccountDesk } from './account-desk.ts';
import { hostActivities } from './activity-stubs.ts';
import { BackOff, workflowNow } from './clock.ts';

const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 5 * 60_000;
/** A workspace that its host calls failed is tried this often before it waits for its owner. */
const TRIES_OF_FAILED = 4;

/**
 * Keeps one workspace as it should be. The main loop never waits for Docker: this does, with the newest stored wish; an
 * older one in flight is cancelled, and the host refuses it by its generation.
 */
export async function tendWorkspace(desk: AccountDesk, workspaceId: string): Promise<void> {
  const backOff = new BackOff(FIRST_RETRY_MS, LONGEST_RETRY_MS);
  let triedGeneration = 0;
  let latestGeneration = 0;
  let tries = 0;
  while (!desk.closing) {
    await condition(() => desk.closing || pendingWish(desk, workspaceId, triedGeneration) !== undefined);
    const wish = pendingWish(desk, workspaceId, triedGeneration);
    if (desk.closing || !wish) continue;
    const { generation } = wish.desired;
    if (generation !== latestGeneration) tries = 0;
    latestGeneration = generation;
    const isOutdated = () => desk.closing || (desk.storedWish(workspaceId)?.desired.generation ?? 0) > generation;

    const outcome = await converge(desk, wish, isOutdated);
    if (outcome === 'outdated') continue;
    if (outcome === 'stale') {
      // The host has seen a newer wish than we have stored: only a newer one of ours is worth another try.
      triedGeneration = generation;
      continue;
    }
    if (outcome === 'done') {
      backOff.reset();
      continue;
    }
    tries += 1;
    if (outcome === 'failed' && tries >= TRIES_OF_FAILED) {
      triedGeneration = generation;
      continue;
    }
    await condition(isOutdated, backOff.nextMs(), { summary: `Try workspace ${workspaceId} again` });
  }
}

type Outcome = 'done' | 'failed' | 'unreachable' | 'stale' | 'outdated';

async function converge(desk: AccountDesk, wish: WorkspaceState, isOutdated: () => boolean): Promise<Outcome> {
  const { id, desired, hostId } = wish;
  const scope = new CancellationScope();
  const activity = scope.run(() =>
    hostActivities(hostId).convergeWorkspace({
      accountId: desk.state?.accountId ?? '',
      workspaceId: id,
      generation: desired.generation,
      desired: { state: desired.state, size: desired.size },
      now: workflowNow(),
    }),
  );
  const watch = new CancellationScope();
  const watching = watch.run(() => condition(isOutdated).then(() => scope.cancel())).catch(() => undefined);
  try {
    const result = await activity;
    const { actions, ...observed } = result;
    desk.observe(id, { ...observed, generation: desired.generation, at: workflowNow() }, historyOf(wish, result));
    return 'done';
  } catch (error) {
    if (isCancellation(error)) return 'outdated';
    const cause = error instanceof ActivityFailure ? error.cause : undefined;
    if (cause instanceof ApplicationFailure && cause.type === 'StaleGeneration') return 'stale';
    if (cause instanceof ApplicationFailure && cause.type === 'WorkspaceFailed') {
      const reason = cause.message;
      const containerId = wish.observed?.containerId ?? null;
      const failed = { state: 'failed' as const, containerId, reason };
      const already = desk.workspace(id)?.observed;
      if (already?.generation !== desired.generation || already.reason !== reason) {
        desk.observe(id, { ...failed, generation: desired.generation, at: workflowNow() }, [
          {
            id: `workspace-failed/${id}/${desired.generation}`,
            at: workflowNow(),
            kind: 'workspace-failed',
            text: reason,
          },
        ]);
      }
      return 'failed';
    }
    log.warn('A host did not bring a workspace to what it should be; it will be tried again.', {
      workspaceId: id,
      hostId,
      error: String(cause ?? error),
    });
    return 'unreachable';
  } finally {
    watch.cancel();
    await watching;
  }
}

/** The newest stored wish, when no host has reported it as done and it has not been given up. */
function pendingWish(desk: AccountDesk, workspaceId: string, triedGeneration: number): WorkspaceState | undefined {
  const wish = desk.storedWish(workspaceId);
  const observed = desk.workspace(workspaceId)?.observed;
  if (!wish || wish.desired.generation <= triedGeneration) return undefined;
  const done = observed?.generation === wish.desired.generation && observed.state !== 'failed';
  return done ? undefined : wish;
}

function historyOf(wish: WorkspaceState, result: ConvergeResult): Happened[] {
  const entry = (kind: Happened['kind'], text: string): Happened => ({
    id: `${kind}/${wish.id}/${wish.desired.generation}`,
    at: workflowNow(),
    kind,
    text,
  });
  const { memoryMb } = wish.desired.size;
  return [
    ...(result.actions.includes('resized')
      ? [entry('workspace-resized', `${wish.name} was resized to ${memoryMb} MB.`)]
      : []),
    ...(result.actions.includes('started') ? [entry('workspace-started', `${wish.name} was started.`)] : []),
    ...(result.actions.includes('stopped')
      ? [entry('workspace-stopped', `${wish.name} was stopped. Its data is kept.`)]
      : []),
  ];
}
