import type { Client } from '@temporalio/client';
import type { PrismaClient } from '#prisma/client.ts';
import type { Logger } from '#telemetry/logger.ts';
import { describeSuspects, type FailingWorkflows, findFailingWorkflows, reportsProblems } from './failing-workflows.ts';
import { FIND_IN_DATABASE } from './late-accounts.ts';
import type { Trouble, TroubleKind, Troubles } from './trouble.ts';

const DEADLINE_MS = 5_000;

export type FindTroubles = () => Promise<Troubles>;

/**
 * Finds every account in trouble: three indexed queries of PostgreSQL and one of Temporal's visibility. What does not answer
 * within 5 s is not looked at, and its counts are `null`: that PostgreSQL or Temporal is away is told elsewhere.
 */
export function createFindTroubles(deps: { prisma: PrismaClient; client: Client; log: Logger }): FindTroubles {
  const { prisma, client, log } = deps;
  let isMarked: boolean | undefined;

  async function look<Result>(kind: TroubleKind, find: () => Promise<Result>): Promise<Result | null> {
    try {
      return await inTime(find());
    } catch (error) {
      log.info({ err: error, kind }, 'accounts could not be looked at for this kind of trouble');
      return null;
    }
  }

  async function failing(suspects: Trouble[]): Promise<FailingWorkflows> {
    isMarked ??= await reportsProblems(client);
    if (isMarked) return findFailingWorkflows(client);
    return describeSuspects(client, [...new Set(suspects.flatMap(({ accountId }) => accountId ?? []))]);
  }

  return async () => {
    const [overdue, notActedOn, setAside] = await Promise.all([
      look('overdue', () => FIND_IN_DATABASE.overdue(prisma)),
      look('event-not-acted-on', () => FIND_IN_DATABASE['event-not-acted-on'](prisma)),
      look('set-aside', () => FIND_IN_DATABASE['set-aside'](prisma)),
    ]);
    const suspects = [...(overdue?.found ?? []), ...(notActedOn?.found ?? [])];
    const tasks = await look('workflow-task-fails', () =>
      client.withDeadline(Date.now() + DEADLINE_MS, () => failing(suspects)),
    );
    const all = { 'workflow-task-fails': tasks, overdue, 'event-not-acted-on': notActedOn, 'set-aside': setAside };
    return {
      found: Object.values(all).flatMap((each) => each?.found ?? []),
      counts: {
        'workflow-task-fails': tasks?.count ?? null,
        overdue: overdue?.count ?? null,
        'event-not-acted-on': notActedOn?.count ?? null,
        'set-aside': setAside?.count ?? null,
      },
    };
  };
}

async function inTime<Result>(asked: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${DEADLINE_MS} ms`)), DEADLINE_MS + 500);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
