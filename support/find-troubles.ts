import type { Client } from '@temporalio/client';
import type { PrismaClient } from '#prisma/client.ts';
import type { Logger } from '#telemetry/logger.ts';
import { describeSuspects, findFailingWorkflows, reportsProblems } from './failing-workflows.ts';
import { findGone } from './gone-workflows.ts';
import { FIND_IN_DATABASE, type Found } from './late-accounts.ts';
import { TROUBLE_KINDS, type Trouble, type TroubleKind, type Troubles } from './trouble.ts';

const DEADLINE_MS = 5_000;

export type FindTroubles = () => Promise<Troubles>;

/**
 * Finds every account in trouble: three indexed queries of PostgreSQL and two of Temporal's visibility. What does not answer
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

  async function failing(suspects: Trouble[]): Promise<Found> {
    isMarked ??= await reportsProblems(client);
    if (isMarked) return findFailingWorkflows(client);
    return describeSuspects(client, [...new Set(suspects.flatMap(({ accountId }) => accountId ?? []))]);
  }

  return async () => {
    const inDatabase = (kind: keyof typeof FIND_IN_DATABASE) => look(kind, () => FIND_IN_DATABASE[kind](prisma));
    const atTemporal = (kind: TroubleKind, find: () => Promise<Found>) =>
      look(kind, () => client.withDeadline(Date.now() + DEADLINE_MS, find));
    const [overdue, notActedOn, setAside, gone] = await Promise.all([
      inDatabase('overdue'),
      inDatabase('event-not-acted-on'),
      inDatabase('set-aside'),
      atTemporal('workflow-gone', () => findGone(client, prisma)),
    ]);
    const suspects = [...(overdue?.found ?? []), ...(notActedOn?.found ?? [])];
    const all: Record<TroubleKind, Found | null> = {
      'workflow-task-fails': await atTemporal('workflow-task-fails', () => failing(suspects)),
      'workflow-gone': gone,
      overdue,
      'event-not-acted-on': notActedOn,
      'set-aside': setAside,
    };
    const counts = Object.fromEntries(TROUBLE_KINDS.map((kind) => [kind, all[kind]?.count ?? null]));
    return {
      found: TROUBLE_KINDS.flatMap((kind) => all[kind]?.found ?? []),
      counts: counts as Troubles['counts'],
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
