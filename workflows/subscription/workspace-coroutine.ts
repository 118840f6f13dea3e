import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  log,
  patched,
} from '@temporalio/workflow';
import type { ConvergeResult } from '#activities/contracts.ts';
import type { ObservedWorkspace, WorkspaceRetry, WorkspaceState } from '#domain/account-state.ts';
import { FIRST_RESIZE_RETRY_MS } from '#domain/size-preview.ts';
import { countText, sizeText } from '#domain/size-words.ts';
import { presentObserved } from '#domain/stored-account.ts';
import { addMs } from '#domain/time.ts';
import type { Happened } from '#domain/timeline.ts';
import { wishAnew } from '#domain/workspace-progress.ts';
import type { AccountDesk } from './account-desk.ts';
import { hostActivities } from './activity-stubs.ts';
import { BackOff, workflowNow } from './clock.ts';

const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 5 * 60_000;
/** A size that waits for room on the host, or until less is in use, is asked for again, first after `FIRST_RESIZE_RETRY_MS`. */
const LONGEST_RESIZE_RETRY_MS = 6 * 60 * 60_000;
/** A workspace that its host calls failed is tried this often before it waits for its owner. */
const TRIES_OF_FAILED = 4;
/** Runs that began before these are replayed as they went. */
const NEWER_WISH = 'a-newer-wish-after-a-stale-one';
const DOWN_FOR_EVER = 'tries-to-stop-for-ever';
const WOKEN_BY_HOST = 'woken-by-its-host';

/** Keeps all workspaces as they should be, those too that come later. Ends when each has finished what it holds. */
export async function tendWorkspaces(desk: AccountDesk): Promise<void> {
  const tended = new Map<string, Promise<void>>();
  const isNew = (id: string) => !tended.has(id);
  while (!desk.ending) {
    for (const id of desk.workspaceIds().filter(isNew)) tended.set(id, tendWorkspace(desk, id));
    await condition(() => desk.ending || desk.workspaceIds().some(isNew));
  }
  await Promise.all(tended.values());
}

/**
 * Keeps one workspace as it should be. The main loop never waits for Docker: this does, with the newest stored wish; an
 * older one in flight is cancelled, and the host refuses it by its generation.
 */
async function tendWorkspace(desk: AccountDesk, workspaceId: string): Promise<void> {
  const backOff = new BackOff(FIRST_RETRY_MS, LONGEST_RETRY_MS);
  const resizeBackOff = new BackOff(FIRST_RESIZE_RETRY_MS, LONGEST_RESIZE_RETRY_MS);
  let triedGeneration = 0;
  let latestGeneration = 0;
  let tries = 0;
  while (!desk.ending) {
    await condition(() => desk.ending || pendingWish(desk, workspaceId, triedGeneration) !== undefined);
    const wish = pendingWish(desk, workspaceId, triedGeneration);
    if (desk.ending || !wish) continue;
    const { generation } = wish.desired;
    if (generation !== latestGeneration) {
      tries = 0;
      resizeBackOff.reset();
      desk.noteRetry(workspaceId, null);
    }
    latestGeneration = generation;
    const isOutdated = () => desk.ending || (desk.storedWish(workspaceId)?.desired.generation ?? 0) > generation;

    const outcome = await converge(desk, wish, isOutdated);
    if (outcome === 'outdated') continue;
    if (outcome === 'stale') {
      // The host has seen a newer wish than we have stored: only a newer one of ours is worth another try.
      triedGeneration = generation;
      if (patched(NEWER_WISH)) {
        const isNewer = await condition(isOutdated, backOff.nextMs(), {
          summary: `Wish workspace ${workspaceId} anew`,
        });
        if (!isNewer) desk.change((state) => ({ state: wishAnew(state, workspaceId, workflowNow()), happened: [] }));
      }
      continue;
    }
    if (outcome === 'done') {
      backOff.reset();
      desk.noteRetry(workspaceId, null);
      continue;
    }
    if (outcome === 'resize-pending') {
      backOff.reset();
      const summary = `Resize workspace ${workspaceId} when it can be`;
      await again(desk, workspaceId, resizeBackOff.nextMs(), 'refused', isOutdated, summary);
      continue;
    }
    const summary = `Try workspace ${workspaceId} again`;
    if (outcome === 'start-pending') {
      await again(desk, workspaceId, backOff.nextMs(), 'refused', isOutdated, summary);
      continue;
    }
    tries += 1;
    if (outcome === 'failed' && tries >= TRIES_OF_FAILED) {
      // A start waits for its owner. Down and gone is what everybody waits for, so that is tried for ever.
      if (wish.desired.state === 'running' || !patched(DOWN_FOR_EVER)) {
        triedGeneration = generation;
        desk.noteRetry(workspaceId, null);
        continue;
      }
      await again(desk, workspaceId, resizeBackOff.nextMs(), 'refused', isOutdated, summary);
      continue;
    }
    const why = outcome === 'failed' ? 'refused' : 'host-silent';
    await again(desk, workspaceId, backOff.nextMs(), why, isOutdated, summary);
  }
}

/** Waits for the next try, and lets people see when it is. A host that has found something to do is asked at once. */
async function again(
  desk: AccountDesk,
  workspaceId: string,
  ms: number,
  why: WorkspaceRetry['why'],
  isOutdated: () => boolean,
  summary: string,
): Promise<void> {
  desk.noteRetry(workspaceId, { at: addMs(workflowNow(), ms), why });
  const before = desk.timesAstray(workspaceId);
  const isWoken = patched(WOKEN_BY_HOST) ? () => desk.timesAstray(workspaceId) > before : () => false;
  await condition(() => isOutdated() || isWoken(), ms, { summary });
}

type Outcome = 'done' | 'resize-pending' | 'start-pending' | 'failed' | 'unreachable' | 'stale' | 'outdated';

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
    const { actions, ...reported } = await activity;
    desk.astray.delete(id);
    const before = desk.workspace(id)?.observed;
    const observed = presentObserved({ ...reported, generation: desired.generation, at: workflowNow() });
    const happened = historyOf(wish, actions, before?.generation === desired.generation ? before : null, observed);
    if (happened.length > 0 || !saysTheSame(before, observed)) desk.observe(id, observed, happened);
    if (!observed.pending) return 'done';
    return desired.state === 'running' && observed.state !== 'running' ? 'start-pending' : 'resize-pending';
  } catch (error) {
    if (isCancellation(error)) return 'outdated';
    const cause = error instanceof ActivityFailure ? error.cause : undefined;
    if (cause instanceof ApplicationFailure && cause.type === 'StaleGeneration') return 'stale';
    if (cause instanceof ApplicationFailure && cause.type === 'WorkspaceFailed') {
      const reason = cause.message;
      const containerId = wish.observed?.containerId ?? null;
      const already = desk.workspace(id)?.observed;
      desk.astray.delete(id);
      if (already?.generation !== desired.generation || already.reason !== reason) {
        const failed: ObservedWorkspace = {
          ...{ state: 'failed', containerId, reason, size: already?.size ?? null, pending: null },
          ...{ generation: desired.generation, at: workflowNow(), since: workflowNow() },
          storageLimit: already?.storageLimit ?? null,
        };
        desk.observe(id, failed, [
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

/** The newest stored wish, when no host has reported it as done to its full size and it has not been given up. */
function pendingWish(desk: AccountDesk, workspaceId: string, triedGeneration: number): WorkspaceState | undefined {
  const wish = desk.storedWish(workspaceId);
  const observed = desk.workspace(workspaceId)?.observed;
  if (!wish || wish.desired.generation <= triedGeneration) return undefined;
  const done =
    observed?.generation === wish.desired.generation && observed.state !== 'failed' && observed.pending === null;
  return done && !desk.astray.has(workspaceId) ? undefined : wish;
}

/** A size that still waits is no news. */
function saysTheSame(before: ObservedWorkspace | null | undefined, now: ObservedWorkspace): boolean {
  return (
    now.pending !== null &&
    before?.generation === now.generation &&
    before.state === now.state &&
    before.containerId === now.containerId &&
    before.pending?.reason === now.pending.reason
  );
}

/** @param before what was reported of this very wish before, or `null` */
function historyOf(
  wish: WorkspaceState,
  actions: ConvergeResult['actions'],
  before: ObservedWorkspace | null,
  now: ObservedWorkspace,
): Happened[] {
  const entry = (kind: Happened['kind'], text: string): Happened => ({
    // One wish is carried out again when the workspace went astray from it.
    id: `${kind}/${wish.id}/${wish.desired.generation}${before ? `/${workflowNow()}` : ''}`,
    at: workflowNow(),
    kind,
    text,
  });
  const { memoryMb, cpuPercent } = wish.desired.size;
  const size = `${countText(memoryMb)} MB, ${sizeText('cpuPercent', cpuPercent)}`;
  // The host itself may have given the size that waited when it restarted the workspace.
  const gotIt = before?.pending != null && now.pending === null && now.containerId !== null;
  return [
    ...(now.pending && !before?.pending
      ? [entry('workspace-resize-refused', `${wish.name} is not resized yet. ${now.pending.reason}`)]
      : []),
    ...(actions.includes('resized') || gotIt
      ? [entry('workspace-resized', [`${wish.name} was resized to ${size}.`, now.storageWaits ?? ''].join(' ').trim())]
      : []),
    ...(actions.includes('started') ? [entry('workspace-started', `${wish.name} was started.`)] : []),
    ...(actions.includes('stopped') ? [entry('workspace-stopped', `${wish.name} was stopped. Its data is kept.`)] : []),
  ];
}
