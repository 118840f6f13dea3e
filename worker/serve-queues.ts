import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from '@temporalio/worker';
import { keepTrying } from '#telemetry/keep-trying.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Standing } from './standing.ts';

const BEGUN_AGAIN_AFTER_MS = 1_000;

export interface ServeQueuesDeps {
  /** What is served, for `/ready` and the log: `accounts`, `workspaces`. */
  what: string;
  /** Makes the workers of its queues, each time new ones. Rejects while something that they need is away. */
  create(): Promise<Worker[]>;
  standing: Standing;
  /** Aborted when the process stops: work in hand is finished, nothing new is taken. */
  signal: AbortSignal;
  log: Logger;
}

/**
 * Serves task queues until the process stops. Where a worker can't be made, or ends by itself because of something that Temporal
 * answers, it is made again: no other work of this process is touched.
 */
export async function serveQueues({ what, create, standing, signal, log }: ServeQueuesDeps): Promise<void> {
  while (!signal.aborted) {
    try {
      const workers = await keepTrying(`${what} can not be served yet`, create, { log, signal });
      standing.set(what, true);
      await runAll(workers, signal);
    } catch (error) {
      if (signal.aborted) return;
      log.error({ err: error }, `what serves ${what} has ended, and is begun again`);
      await delay(BEGUN_AGAIN_AFTER_MS);
    } finally {
      standing.set(what, false);
    }
  }
}

/** Ends a worker that was made and is not to run: a process may have one for each queue. */
export async function giveBack(worker: Worker): Promise<void> {
  const running = worker.run();
  worker.shutdown();
  await running;
}

/** One that fails takes its siblings along, so that all can be made again. */
async function runAll(workers: readonly Worker[], signal: AbortSignal): Promise<void> {
  const shutDown = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  signal.addEventListener('abort', shutDown);
  try {
    const running = workers.map((worker) => worker.run());
    if (signal.aborted) shutDown();
    const failed = Promise.all(running).catch((error: unknown) => {
      shutDown();
      throw error;
    });
    await Promise.allSettled(running);
    await failed;
  } finally {
    signal.removeEventListener('abort', shutDown);
  }
}
