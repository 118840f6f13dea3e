import { addAbortSignal, type Readable } from 'node:stream';
import type Docker from 'dockerode';
import { cpuPercent, workingSetMb } from '#activities/workspaces/memory-use.ts';
import { SIZE_LIMITS } from '#domain/size-limits.ts';
import { readLines } from '#incoming/read-lines.ts';
import type { Logger } from '#telemetry/logger.ts';

/** The engine ticks once a second; a first sample is waited for no longer than this. */
const FIRST_SAMPLE_WITHIN_MS = 1_200;
const SWEEP_EVERY_MS = 5_000;

export interface LiveSample {
  /** When the engine took it. */
  at: string;
  /** Working set in MB: usage without reclaimable cache. */
  memoryUsedMb: number;
  /** Percent of one core in use; 0 in the first second of watching. */
  cpuPercent: number;
}

export interface LiveSampler {
  /** The newest sample of a running container, at most some two seconds old; `null` when there is none yet. */
  sample(containerId: string): Promise<LiveSample | null>;
  /** Ends the watch of a container that was seen stopped. */
  forget(containerId: string): void;
  stop(): void;
}

interface Watch {
  latest: LiveSample | null;
  first: Promise<void>;
  askedAt: number;
  close: () => void;
}

/**
 * Samples containers once, however many ask: the first question opens one stream of statistics, later ones are answered
 * from its last frame. Asking the engine each time would take a second each, because it waits for its own tick.
 *
 * @param options.keepMs a stream that nobody asked for this long is closed; default 30,000
 */
export function createLiveSampler(deps: { docker: Docker; log: Logger }, { keepMs = 30_000 } = {}): LiveSampler {
  const watches = new Map<string, Watch>();
  const sweep = setInterval(() => {
    for (const watch of watches.values()) if (Date.now() - watch.askedAt > keepMs) watch.close();
  }, SWEEP_EVERY_MS);
  sweep.unref();

  function watch(containerId: string): Watch {
    const abort = new AbortController();
    let sampled = () => {};
    const first = new Promise<void>((resolve) => {
      sampled = resolve;
    });
    const created: Watch = {
      latest: null,
      first,
      askedAt: Date.now(),
      close: () => {
        if (watches.get(containerId) === created) watches.delete(containerId);
        abort.abort();
        sampled();
      },
    };
    watches.set(containerId, created);
    void follow(containerId, abort.signal, (stats) => {
      created.latest = { at: stats.read, memoryUsedMb: workingSetMb(stats), cpuPercent: cpuPercent(stats) };
      sampled();
    })
      .catch((error: unknown) => {
        if (!abort.signal.aborted) deps.log.info({ err: error, containerId }, 'the statistics of a container ended');
      })
      .finally(created.close);
    return created;
  }

  async function follow(containerId: string, signal: AbortSignal, onStats: (stats: Docker.ContainerStats) => void) {
    const stream = (await deps.docker.getContainer(containerId).stats({ stream: true })) as Readable;
    addAbortSignal(signal, stream);
    for await (const line of readLines(stream, SIZE_LIMITS.engine.lineBytes)) {
      if (line.trim() !== '') onStats(JSON.parse(line) as Docker.ContainerStats);
    }
  }

  return {
    async sample(containerId) {
      const watched = watches.get(containerId) ?? watch(containerId);
      watched.askedAt = Date.now();
      if (!watched.latest) {
        await Promise.race([
          watched.first,
          new Promise<void>((resolve) => setTimeout(resolve, FIRST_SAMPLE_WITHIN_MS).unref()),
        ]);
      }
      return watched.latest;
    },
    forget: (containerId) => watches.get(containerId)?.close(),
    stop() {
      clearInterval(sweep);
      for (const each of [...watches.values()]) each.close();
    },
  };
}
