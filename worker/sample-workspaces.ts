import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import { unlessMissing } from '#activities/workspaces/engine-error.ts';
import { HOST_LABEL, INSTALLATION_LABEL, WORKSPACE_LABEL } from '#activities/workspaces/ownership.ts';
import type { Logger } from '#telemetry/logger.ts';
import { type ContainerReading, readingOf, usedBetween } from './container-reading.ts';
import type { SampleHistory, WorkspaceUse } from './sample-history.ts';

/** Samples lie on whole tens of seconds of wall time. */
const EVERY_MS = 10_000;
/** Coarser rows are made and old ones deleted this often. */
const TIDY_EVERY_MS = 60_000;
/** A start that lies further back than two looks was not seen. */
const SEEN_WITHIN_MS = 2 * EVERY_MS;

export interface HostReaderDeps {
  docker: Docker;
  hostId: string;
  installation: string;
}

export interface HostReaderOptions {
  /** How many containers are read at a time: each waits for the engine's own tick of a second. Default 64. */
  concurrency?: number;
}

/** Reads all running workspaces of a host: by the workspace's id. One that ends meanwhile is left out. */
export type ReadHost = () => Promise<Map<string, ContainerReading>>;

export function createHostReader(
  { docker, hostId, installation }: HostReaderDeps,
  { concurrency = 64 }: HostReaderOptions = {},
): ReadHost {
  async function read(id: string): Promise<ContainerReading | null> {
    const container = docker.getContainer(id);
    const [inspected, stats] = await Promise.all([
      unlessMissing(container.inspect()),
      unlessMissing(container.stats({ stream: false, 'one-shot': true })),
    ]);
    return inspected && stats && readingOf(inspected, stats);
  }

  return async () => {
    const label = [`${INSTALLATION_LABEL}=${installation}`, `${HOST_LABEL}=${hostId}`];
    const waiting = await docker.listContainers({ filters: { label, status: ['running'] } });
    const readings = new Map<string, ContainerReading>();
    const lane = async () => {
      for (let next = waiting.pop(); next; next = waiting.pop()) {
        const workspaceId = next.Labels[WORKSPACE_LABEL];
        const reading = await read(next.Id);
        if (workspaceId && reading) readings.set(workspaceId, reading);
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, waiting.length) }, lane));
    return readings;
  };
}

export interface SamplingDeps {
  readHost: ReadHost;
  history: SampleHistory;
  log: Logger;
}

export interface Sampling {
  stop(): Promise<void>;
}

/**
 * Samples all workspaces of a host every ten seconds, whoever looks, and keeps their history. An engine or a database that
 * does not answer leaves a gap and a line in the log.
 */
export function startSampling({ readHost, history, log }: SamplingDeps): Sampling {
  const stopping = new AbortController();
  let previous = new Map<string, ContainerReading>();
  let tidyAt = 0;

  async function sample(at: Date): Promise<void> {
    const readings = await readHost();
    const uses: WorkspaceUse[] = [];
    for (const [workspaceId, reading] of readings) {
      const use = usedBetween(previous.get(workspaceId) ?? null, reading, SEEN_WITHIN_MS);
      const { cpuLimitPercent, memoryLimitMb } = reading;
      if (use) uses.push({ ...use, workspaceId, cpuLimitPercent, memoryLimitMb });
    }
    previous = readings;
    await history.save(at, uses);
  }

  async function tidy(): Promise<void> {
    if (Date.now() < tidyAt) return;
    await history.tidy(new Date());
    tidyAt = Date.now() + TIDY_EVERY_MS;
  }

  const loop = (async () => {
    for (;;) {
      const end = (Math.floor(Date.now() / EVERY_MS) + 1) * EVERY_MS;
      await delay(end - Date.now(), undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      await sample(new Date(end - EVERY_MS)).catch((error: unknown) =>
        log.warn({ err: error }, 'the workspaces of this host could not be sampled'),
      );
      await tidy().catch((error: unknown) => log.warn({ err: error }, 'the history of samples could not be tidied'));
    }
  })();

  return {
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}
