import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { Logger } from '#telemetry/logger.ts';
import { lastLogLines } from './container-log.ts';
import type { ConvergeWorkspace } from './converge-workspace.ts';
import { unlessMissing } from './engine-error.ts';
import type { EngineEvent } from './engine-events.ts';
import type { HostReporter } from './host-reporter.ts';
import type { HostStore } from './host-store.ts';
import type { Incident } from './incident.ts';
import { ACCOUNT_LABEL, WORKSPACE_LABEL } from './ownership.ts';
import { StaleGeneration } from './workspace-failure.ts';

/** So many crashes within this time are a loop. */
const LOOP_CRASHES = 5;
export const LOOP_WITHIN_MS = 10 * 60_000;
/** An end this long after a signal of the engine was asked for: a stop with its grace period fits in. */
const ASKED_WITHIN_S = 30;
/** A process that the kernel ends for memory may be the container's first: its end follows at once. */
const OOM_SETTLES_MS = 1_000;
/** Kernel and engine tell of a memory kill and of the end that it led to within this time. */
const OOM_BEFORE_END_S = 5;
/** On cgroup v1 the kernel tells of one memory kill twice. */
const ONE_KILL_WITHIN_S = 1;
/** Memory kills of one workspace are told together, this often at most. */
const OOM_TOLD_EVERY_MS = 60_000;
const LOG_LINES = 8;

/** The events that `take` wants. */
export const CRASH_ACTIONS = ['kill', 'oom', 'die', 'destroy'];

export interface WatchCrashesDeps {
  docker: Docker;
  converge: ConvergeWorkspace;
  store: Pick<HostStore, 'recordIncident' | 'countCrashes' | 'readWish' | 'isPaused'>;
  reporter: HostReporter;
  log: Logger;
}

export interface CrashWatch {
  take(event: EngineEvent): void;
  /** Whether this very wish was stopped for crashing and its workflow has yet to say what is to be. */
  isStopped(workspaceId: string, generation: number): boolean;
  /** Resolves when what was taken is dealt with. */
  idle(): Promise<void>;
}

interface Memory {
  /** When the engine was last asked to signal it, in seconds since 1970. */
  signalledAt: number;
  kills: number[];
  killsToldAt: number;
}

/**
 * Takes the engine's events for what goes wrong inside workspaces. An end that nobody asked the engine for is a crash, exit
 * code 0 too. The engine starts it again, with its own back-off, until it is five crashes in ten minutes: then it is stopped
 * and its workflow told. A memory kill of a child leaves the container running, and only an event tells of it.
 */
export function createCrashWatch(deps: WatchCrashesDeps): CrashWatch {
  const { docker, store, log } = deps;
  const containers = new Map<string, Memory>();
  /** By workspace: the generation that was stopped. */
  const stopped = new Map<string, number>();
  const lanes = new Map<string, Promise<void>>();

  return {
    take(event) {
      const workspaceId = event.attributes[WORKSPACE_LABEL];
      const accountId = event.attributes[ACCOUNT_LABEL];
      if (!workspaceId || !accountId) return;
      const memory = containers.get(event.containerId) ?? { signalledAt: 0, kills: [], killsToldAt: 0 };
      containers.set(event.containerId, memory);
      const subject = { workspaceId, accountId };
      switch (event.action) {
        case 'kill':
          memory.signalledAt = event.at;
          return;
        case 'oom':
          if (event.at - (memory.kills.at(-1) ?? 0) < ONE_KILL_WITHIN_S) return;
          memory.kills.push(event.at);
          return enqueue(event, () => memoryKilled(event, subject, memory));
        case 'die':
          if (event.at - memory.signalledAt > ASKED_WITHIN_S) enqueue(event, () => crashed(event, subject, memory));
          return;
        case 'destroy':
          containers.delete(event.containerId);
      }
    },
    isStopped: (workspaceId, generation) => stopped.get(workspaceId) === generation,
    async idle() {
      while (lanes.size > 0) await Promise.all(lanes.values());
    },
  };

  /** One after the other for each container, and no failure ends the watch. */
  function enqueue({ containerId }: EngineEvent, work: () => Promise<void>): void {
    const next = (lanes.get(containerId) ?? Promise.resolve())
      .then(work)
      .catch((err: unknown) => log.warn({ err, containerId }, 'an event of the engine could not be dealt with'))
      .finally(() => {
        if (lanes.get(containerId) === next) lanes.delete(containerId);
      });
    lanes.set(containerId, next);
  }

  async function crashed(event: EngineEvent, subject: Subject, memory: Memory): Promise<void> {
    const { workspaceId } = subject;
    const exitCode = exitCodeOf(event);
    const outOfMemory = memory.kills.some((at) => at <= event.at && event.at - at < OOM_BEFORE_END_S);
    const incident: Incident = {
      ...{ id: incidentId('crashed', event), workspaceId, at: new Date(event.at * 1000), kind: 'crashed' },
      ...{ exitCode, outOfMemory, lastLines: await linesUntil(event) },
    };
    await store.recordIncident(incident);
    log.info({ workspaceId, exitCode, outOfMemory }, 'a workspace crashed');

    const crashes = await store.countCrashes(workspaceId, new Date(Date.now() - LOOP_WITHIN_MS));
    if (crashes < LOOP_CRASHES || (await store.isPaused())) return;
    const wish = await store.readWish(workspaceId);
    if (wish?.desired.state !== 'running') return;
    const { generation } = wish;
    const id = incidentId('crash-looping', event);
    // First, so that the reconciler does not start it again.
    stopped.set(workspaceId, generation);
    try {
      await deps.converge({ ...wish, desired: { ...wish.desired, state: 'stopped' }, now: new Date().toISOString() });
    } catch (error) {
      stopped.delete(workspaceId);
      if (error instanceof StaleGeneration) return;
      throw error;
    }
    await store.recordIncident({ ...incident, id, kind: 'crash-looping', at: new Date() });
    log.warn({ workspaceId, crashes, exitCode }, 'a workspace crashed again and again and was stopped');
    const saw = { kind: 'crash-looping' as const, crashes, exitCode, outOfMemory };
    await deps.reporter.tell(subject.accountId, { reportId: id, workspaceId, generation, saw });
  }

  async function memoryKilled(event: EngineEvent, subject: Subject, memory: Memory): Promise<void> {
    const { workspaceId, accountId } = subject;
    await delay(OOM_SETTLES_MS);
    const container = await unlessMissing(docker.getContainer(event.containerId).inspect());
    const endedWithIt = container && Date.parse(container.State.StartedAt) / 1000 > event.at;
    if (!container?.State.Running || endedWithIt || Date.now() - memory.killsToldAt < OOM_TOLD_EVERY_MS) return;
    memory.killsToldAt = Date.now();
    memory.kills = memory.kills.filter((at) => Date.now() - at * 1000 < LOOP_WITHIN_MS);
    const id = incidentId('out-of-memory', event);
    await store.recordIncident({
      ...{ id, workspaceId, at: new Date(event.at * 1000), kind: 'out-of-memory' },
      ...{ exitCode: null, outOfMemory: true, lastLines: await linesUntil(event) },
    });
    log.info({ workspaceId, kills: memory.kills.length }, 'processes in a workspace were killed for memory');
    if (await store.isPaused()) return;
    const wish = await store.readWish(workspaceId);
    if (!wish) return;
    const saw = { kind: 'out-of-memory' as const, kills: memory.kills.length };
    await deps.reporter.tell(accountId, { reportId: id, workspaceId, generation: wish.generation, saw });
  }

  function linesUntil({ containerId, at }: EngineEvent): Promise<string[]> {
    return lastLogLines(docker, containerId, LOG_LINES, at).catch(() => []);
  }
}

interface Subject {
  workspaceId: string;
  accountId: string;
}

function incidentId(kind: Incident['kind'], { containerId, at }: EngineEvent): string {
  return `${kind}/${containerId.slice(0, 12)}/${at.toFixed(6)}`;
}

function exitCodeOf({ attributes }: EngineEvent): number | null {
  const code = Number(attributes.exitCode);
  return attributes.exitCode !== undefined && Number.isInteger(code) ? code : null;
}
