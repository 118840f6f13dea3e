import type { AccountState, ObservedWorkspace, WorkspaceState } from './account-state.ts';
import type { CommandOutcome } from './commands.ts';
import type { MailEffect } from './effect.ts';
import type { HostReport, HostSighting } from './host-report.ts';
import { countText } from './size-words.ts';
import { holdForStorage } from './storage-hold.ts';
import type { Instant } from './time.ts';
import type { Happened, HappenedKind } from './timeline.ts';
import { wishWorkspaces } from './workspace-wishes.ts';

/** Data that has grown or shrunk by less than this part of the limit is no news, unless it passes a limit. */
const NEWS_SHARE = 0.05;

type Crash = Extract<HostSighting, { kind: 'crash-looping' }>;

/**
 * What an account becomes when a host tells what it saw of a workspace. What was seen under an older wish, or of a workspace
 * that is gone, changes nothing, and neither does the same report again. How much data there is, is no matter of wishes.
 */
export function takeHostReport(state: AccountState, report: HostReport, now: Instant): CommandOutcome {
  const workspace = state.workspaces.find((each) => each.id === report.workspaceId);
  if (!workspace || workspace.desired.state === 'deleted') return { state, happened: [] };
  const { saw } = report;
  if (saw.kind === 'storage') return withStorage(state, workspace, saw, report.reportId, now);
  if (report.generation !== workspace.desired.generation) return { state, happened: [] };
  switch (saw.kind) {
    case 'crash-looping':
      return crashLooping(state, workspace, saw, now);
    case 'out-of-memory':
      return outOfMemory(state, workspace, saw.kills, now);
    case 'stable':
      return workspace.memoryKills === 0
        ? { state, happened: [] }
        : { state: changed(state, { ...workspace, memoryKills: 0 }), happened: [] };
    case 'astray':
      return { state, happened: [] };
  }
}

/** Whether a report asks for a workspace to be brought once more to what it should be. One that waits for its owner is left alone. */
export function asksToConverge(state: AccountState, { workspaceId, generation, saw }: HostReport): boolean {
  const workspace = state.workspaces.find((each) => each.id === workspaceId);
  const gaveUp = workspace?.observed?.state === 'failed' || workspace?.observed?.state === 'crash-looping';
  return saw.kind === 'astray' && workspace?.desired.generation === generation && !gaveUp;
}

function crashLooping(state: AccountState, workspace: WorkspaceState, saw: Crash, now: Instant): CommandOutcome {
  const { id, name, desired, observed } = workspace;
  const isKnown = observed?.state === 'crash-looping' && observed.generation === desired.generation;
  if (isKnown || desired.state !== 'running') return { state, happened: [] };
  const reason = crashText(saw, workspace);
  const seen: ObservedWorkspace = {
    state: 'crash-looping',
    generation: desired.generation,
    containerId: observed?.containerId ?? null,
    at: now,
    since: now,
    reason,
    size: observed?.size ?? null,
    pending: null,
    storageLimit: observed?.storageLimit ?? null,
  };
  const next = changed(state, { ...workspace, restart: null, retry: null, observed: seen });
  const mail = stoppedMail(state, `${id}/${desired.generation}`, id, reason, now);
  return {
    state: { ...next, outbox: [...next.outbox, mail] },
    happened: [entry('workspace-crashed', `${id}/${desired.generation}`, `${name} was stopped. ${reason}`, now)],
  };
}

function outOfMemory(state: AccountState, workspace: WorkspaceState, kills: number, now: Instant): CommandOutcome {
  const { id, name, desired, memoryKills } = workspace;
  if (kills <= memoryKills) return { state, happened: [] };
  const text = `A program in ${name} was ended because the workspace had used all of its ${countText(memoryMbOf(workspace))} MB.`;
  return {
    state: changed(state, { ...workspace, memoryKills: kills }),
    happened:
      memoryKills > 0 ? [] : [entry('workspace-out-of-memory', `${id}/${desired.generation}/${now}`, text, now)],
  };
}

function withStorage(
  state: AccountState,
  workspace: WorkspaceState,
  { usedMb, limitMb, state: use }: Extract<HostSighting, { kind: 'storage' }>,
  reportId: string,
  now: Instant,
): CommandOutcome {
  const before = workspace.storage;
  const isNear = Math.abs((before?.usedMb ?? Number.POSITIVE_INFINITY) - usedMb) < limitMb * NEWS_SHARE;
  if (before?.limitMb === limitMb && before.state === use && isNear) return { state, happened: [] };
  const measured: WorkspaceState = {
    ...workspace,
    storage: { usedMb, limitMb, state: use },
    makeRoomUntil: use === 'ok' ? null : workspace.makeRoomUntil,
  };
  return heldForStorage(changed(state, measured), measured, reportId, now);
}

/** Places or lifts the hold of one workspace by what is known of its data, and says so. */
export function heldForStorage(
  state: AccountState,
  workspace: WorkspaceState,
  /** Tells this change from every other one. */
  id: string,
  now: Instant,
): CommandOutcome {
  const hold = holdForStorage(workspace, now);
  const next = changed(state, { ...workspace, hold });
  const wished = { ...next, workspaces: wishWorkspaces(next, now) };
  const isNews = (hold === null) !== (workspace.hold === null);
  if (!isNews) return { state: wished, happened: [] };
  const { name } = workspace;
  if (!hold) {
    const text = `${name} has room for its data again.`;
    return { state: wished, happened: [entry('workspace-storage-ok', `${workspace.id}/${id}`, text, now)] };
  }
  const mail = stoppedMail(state, `${workspace.id}/${id}`, workspace.id, hold.reason, now);
  return {
    state: { ...wished, outbox: [...wished.outbox, mail] },
    happened: [entry('workspace-over-storage', `${workspace.id}/${id}`, `${name} is full. ${hold.reason}`, now)],
  };
}

/** Said of a workspace that runs and in which programs were ended for memory. */
export function memoryNote(workspace: WorkspaceState): string | null {
  const { memoryKills } = workspace;
  if (memoryKills === 0) return null;
  const times = memoryKills === 1 ? 'once' : `${countText(memoryKills)} times`;
  const limit = countText(memoryMbOf(workspace));
  return `A program in it was ended ${times} of late because all of its ${limit} MB of memory were in use. Give it more memory.`;
}

function crashText({ crashes, exitCode, outOfMemory }: Crash, workspace: WorkspaceState): string {
  const often = `It crashed ${countText(crashes)} times in a short while, so it is not started again by itself.`;
  const last = outOfMemory
    ? ` The last time it had used up its ${countText(memoryMbOf(workspace))} MB of memory: give it more.`
    : exitCode === null
      ? ''
      : ` The last time it ended with exit code ${exitCode}.`;
  return `${often}${last}`;
}

function memoryMbOf({ observed, desired }: WorkspaceState): number {
  return observed?.size?.memoryMb ?? desired.size.memoryMb;
}

function stoppedMail(
  { plan }: AccountState,
  id: string,
  workspaceId: string,
  reason: string,
  now: Instant,
): MailEffect {
  return {
    kind: 'mail',
    id: `mail/workspace-stopped/${id}`,
    emittedAt: now,
    readyWhen: 'now',
    droppedWhenDunningEnds: false,
    template: 'workspace-stopped',
    facts: { planId: plan.id, planName: plan.name, workspaceId, reason },
  };
}

function changed(state: AccountState, workspace: WorkspaceState): AccountState {
  return { ...state, workspaces: state.workspaces.map((each) => (each.id === workspace.id ? workspace : each)) };
}

function entry(kind: HappenedKind, id: string, text: string, now: Instant): Happened {
  return { id: `${kind}/${id}`, at: now, kind, text };
}
