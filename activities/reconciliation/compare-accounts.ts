import { sleep } from '@temporalio/activity';
import { toStripeFailure } from '../stripe-failure.ts';
import type { AccountsPage, ReconciliationActivities } from './contracts.ts';
import type { ReconciliationDeps } from './deps.ts';
import { keepBeating } from './keep-beating.ts';
import { type Difference, isInMotion, lookAtAccount } from './look-at-account.ts';
import type { Pace } from './pace.ts';

/** Accounts in one call of the activity. */
const STRETCH = 200;

interface Progress {
  after: string | null;
  compared: number;
  /** Accounts that differed at the first look. */
  suspects: string[];
}

/** The type of the hint that lets a workflow look. */
const DRIFT_HINT = 'reconciliation.drift';

/** Compares accounts in the order of their ids. What differs at two looks is noted, and the account's workflow is told to look. */
export function createCompareAccounts(
  deps: ReconciliationDeps,
  pace: Pace,
): ReconciliationActivities['compareAccounts'] {
  const { prisma, metrics, log, confirmAfterMs = 5_000 } = deps;

  async function confirm(runId: string, accountId: string, now: string): Promise<void> {
    await pace();
    const differences = await lookAtAccount(deps, accountId, now);
    if (differences.length === 0) return;
    // What was forwarded to a workflow that ended since moves nothing.
    if (differences.every(({ kind }) => kind !== 'workflow') && (await isInMotion(deps, accountId))) return;
    await note(runId, accountId, differences, now);
    if (differences.some(({ kind }) => kind !== 'unreadable'))
      await deps.askToLook(accountId, { eventId: `reconciliation/${runId}`, type: DRIFT_HINT });
  }

  async function note(runId: string, accountId: string, differences: Difference[], now: string): Promise<void> {
    const noted = await prisma.drift.createManyAndReturn({
      data: differences.map((each) => ({ ...each, runId, accountId, foundAt: new Date(now) })),
      skipDuplicates: true,
    });
    for (const { kind, here, there } of noted) {
      metrics.drift(kind);
      log.warn({ runId, accountId, kind, here, there }, 'an account is not as Stripe has it');
    }
  }

  return ({ runId, after, now }) =>
    keepBeating<Progress, AccountsPage>({ after, compared: 0, suspects: [] }, async (progress, tell) => {
      await requireKey(deps);
      const accounts = await prisma.account.findMany({
        ...(progress.after === null ? {} : { where: { id: { gt: progress.after } } }),
        orderBy: { id: 'asc' },
        take: STRETCH - progress.compared,
        select: { id: true, stripeCustomerId: true },
      });
      const deleted = await deletedOf(accounts.map(({ id }) => id));
      for (const { id } of accounts) {
        const suspects = [...progress.suspects];
        if (!deleted.has(id)) {
          await pace();
          if ((await lookAtAccount(deps, id, now)).length > 0) suspects.push(id);
          metrics.accountCompared();
        }
        progress = { after: id, compared: progress.compared + 1, suspects };
        tell(progress);
      }
      if (progress.suspects.length > 0) await sleep(confirmAfterMs);
      for (const id of progress.suspects) await confirm(runId, id, now);
      return { compared: progress.compared, next: progress.compared < STRETCH ? null : progress.after };
    });

  async function deletedOf(ids: string[]): Promise<Set<string>> {
    const rows = await prisma.deletedAccount.findMany({ where: { id: { in: ids } }, select: { id: true } });
    return new Set(rows.map(({ id }) => id));
  }
}

/** A key that Stripe refuses would look like accounts that all can't be read. */
async function requireKey({ stripe }: ReconciliationDeps): Promise<void> {
  try {
    await stripe.customers.list({ limit: 1 });
  } catch (error) {
    throw toStripeFailure(error);
  }
}
