import type { EventsPosition, ReconciliationActivities, RunOutcome } from './contracts.ts';
import type { ReconciliationDeps } from './deps.ts';

const HOUR_MS = 3_600_000;
/** A walk begins where one began that is at least so old: what Stripe lists late is seen by the next ones. */
const OVERLAP_MS = HOUR_MS;
const KEPT_MS = 90 * 24 * HOUR_MS;
const WALKED: RunOutcome[] = ['clean', 'repaired', 'left'];

/** The record of runs, which also is the cursor of the walks over events. */
export function createRunRecord({
  prisma,
  log,
}: Pick<ReconciliationDeps, 'prisma' | 'log'>): Pick<ReconciliationActivities, 'beginRun' | 'endRun'> {
  /** The newest event that a walk has seen which ended long enough ago, else the first walk. */
  async function walkFrom(now: string): Promise<EventsPosition> {
    const walked = { walks: { has: 'events' }, outcome: { in: WALKED }, lastEventId: { not: null } };
    const select = { lastEventId: true };
    const before =
      (await prisma.reconciliationRun.findFirst({
        where: { ...walked, startedAt: { lte: new Date(Date.parse(now) - OVERLAP_MS) } },
        orderBy: { startedAt: 'desc' },
        select,
      })) ?? (await prisma.reconciliationRun.findFirst({ where: walked, orderBy: { startedAt: 'asc' }, select }));
    return before ? { direction: 'newer', from: before.lastEventId } : { direction: 'older', from: null };
  }

  return {
    async beginRun({ runId, walks, askedBy, now }) {
      const startedAt = new Date(now);
      await prisma.reconciliationRun.createMany({
        data: { id: runId, walks, askedBy, startedAt },
        skipDuplicates: true,
      });
      await prisma.reconciliationRun.deleteMany({
        where: { startedAt: { lt: new Date(startedAt.getTime() - KEPT_MS) } },
      });
      const events = await walkFrom(now);
      return {
        runId,
        remaining: walks,
        events,
        lastEventId: events.from,
        eventsListed: 0,
        afterAccount: null,
        accountsCompared: 0,
      };
    },

    async endRun({ run, left, ended, failure, now }) {
      const { runId, eventsListed, accountsCompared, lastEventId } = run;
      const eventsMissing = await prisma.stripeEvent.count({ where: { runId } });
      const drifted = await prisma.drift.findMany({
        where: { runId },
        distinct: ['accountId'],
        select: { accountId: true },
      });
      const found = eventsMissing + drifted.length > 0;
      const done = left.accounts + left.events > 0 ? 'left' : found ? 'repaired' : 'clean';
      const outcome: RunOutcome = ended === 'done' ? done : ended;
      await prisma.reconciliationRun.updateMany({
        where: { id: runId },
        data: { finishedAt: new Date(now), outcome, failure, eventsListed, lastEventId, accountsCompared },
      });
      const result = { runId, outcome, eventsListed, eventsMissing, accountsCompared, accountsDrifted: drifted.length };
      const write = outcome === 'clean' || outcome === 'repaired' ? log.info : log.warn;
      write.call(log, { ...result, left, failure }, 'a reconciliation has ended');
      return { ...result, ...left };
    },
  };
}
