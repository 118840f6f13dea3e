import type { PrismaClient } from '#prisma/client.ts';
import type { Logger } from '#telemetry/logger.ts';
import { SUBSCRIPTION_TASK_QUEUE } from '#workflows/subscription/messages.ts';
import type { TemporalLink } from './temporal.ts';

export interface PartState {
  name: 'postgres' | 'temporal' | 'worker';
  ok: boolean;
  /** How long the part took to answer, or to fail. */
  latencyMs: number;
  /** For people: what was seen, and what to do when it is not well. */
  detail: string;
}

export type CheckReadiness = () => Promise<PartState[]>;

const DEADLINE_MS = 1_500;
const REMEMBERED_MS = 1_000;
/** A worker asks for work at least once a minute. */
const POLLER_FRESH_MS = 75_000;

/** Looks at each part that the API needs. Many callers within a second share one look. */
export function createReadiness(deps: { prisma: PrismaClient; temporal: TemporalLink; log: Logger }): CheckReadiness {
  const { prisma, temporal, log } = deps;
  let last: { at: number; parts: Promise<PartState[]> } | undefined;

  const withDeadline = <Result>(call: () => Promise<Result>) =>
    temporal.connection.withDeadline(Date.now() + DEADLINE_MS, call);

  async function postgres(): Promise<string> {
    await prisma.$queryRaw`SELECT 1`;
    return 'answers';
  }

  async function server(): Promise<string> {
    const { namespace } = temporal;
    await withDeadline(() => temporal.connection.workflowService.describeNamespace({ namespace }));
    return `namespace ${namespace} answers`;
  }

  async function worker(): Promise<string> {
    const { pollers } = await withDeadline(() =>
      temporal.connection.workflowService.describeTaskQueue({
        namespace: temporal.namespace,
        taskQueue: { name: SUBSCRIPTION_TASK_QUEUE },
        taskQueueType: 1,
      }),
    );
    const fresh = pollers.filter(
      ({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1_000 > Date.now() - POLLER_FRESH_MS,
    );
    if (fresh.length === 0) {
      throw new Error(`no worker asks for work on queue ${SUBSCRIPTION_TASK_QUEUE}; start worker/main.ts`);
    }
    return `${fresh.length} ask for work on queue ${SUBSCRIPTION_TASK_QUEUE}`;
  }

  return () => {
    const now = performance.now();
    if (!last || now - last.at > REMEMBERED_MS) {
      const parts = Promise.all([
        look(log, 'postgres', postgres, 'check DATABASE_URL and that PostgreSQL runs'),
        look(log, 'temporal', server, 'check TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and that the server runs'),
        look(log, 'worker', worker, 'check that a worker runs'),
      ]);
      last = { at: now, parts };
    }
    return last.parts;
  };
}

async function look(
  log: Logger,
  name: PartState['name'],
  ask: () => Promise<string>,
  advice: string,
): Promise<PartState> {
  const began = performance.now();
  const latencyMs = () => Math.round((performance.now() - began) * 10) / 10;
  try {
    return { name, detail: await inTime(ask()), ok: true, latencyMs: latencyMs() };
  } catch (error) {
    log.info({ err: error, part: name }, 'a part is not ready');
    // Anybody may ask: what the part said, which can name hosts and users, is in the log alone.
    return { name, detail: `does not answer as it should; ${advice}`, ok: false, latencyMs: latencyMs() };
  }
}

async function inTime<Result>(asked: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${DEADLINE_MS} ms`)), DEADLINE_MS);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
