import type { Left, ReconciliationActivities } from './contracts.ts';
import type { ReconciliationDeps } from './deps.ts';
import { keepBeating } from './keep-beating.ts';
import { lookAtAccount } from './look-at-account.ts';
import type { Pace } from './pace.ts';

/** Looks again at the accounts in which a run has found drift, and at the events that it has put into the inbox. */
export function createCheckRepairs(deps: ReconciliationDeps, pace: Pace): ReconciliationActivities['checkRepairs'] {
  const { prisma, metrics, log } = deps;
  return ({ runId, now }) =>
    keepBeating<null, Left>(null, async () => {
      const open = await prisma.drift.findMany({ where: { runId, repairedAt: null }, orderBy: { accountId: 'asc' } });
      const accounts = new Set(open.map(({ accountId }) => accountId));
      for (const accountId of [...accounts]) {
        await pace();
        const still = await lookAtAccount(deps, accountId, now);
        for (const { kind } of open.filter((each) => each.accountId === accountId)) {
          if (still.some((each) => each.kind === kind)) continue;
          await prisma.drift.updateMany({ where: { runId, accountId, kind }, data: { repairedAt: new Date(now) } });
          metrics.repaired(kind);
        }
        if (still.length > 0) continue;
        accounts.delete(accountId);
        log.info({ runId, accountId }, 'an account is as Stripe has it again');
      }
      return { accounts: accounts.size, events: await countUnacted(runId) };
    });

  /** Those of customers whom no account has wait, visibly, for somebody to link them. */
  async function countUnacted(runId: string): Promise<number> {
    const [row] = await prisma.$queryRaw<{ count: number }[]>`
      SELECT count(*)::int AS count FROM stripe_event e JOIN account a ON a.stripe_customer_id = e.customer_id
      WHERE e.run_id = ${runId} AND e.acted_at IS NULL`;
    return row?.count ?? 0;
  }
}
