import { ApplicationFailure } from '@temporalio/activity';
import { type Drift, driftOf } from '#domain/drift.ts';
import { presentState, type StoredState } from '#domain/stored-account.ts';
import { later } from '#domain/time.ts';
import type { ReconciliationDeps } from './deps.ts';

/** Where an account is not as it should be. */
export type Difference = Omit<Drift, 'kind'> & {
  /** `workflow`: it does not run. `unreadable`: nobody can tell, for the reason given. */
  kind: Drift['kind'] | 'workflow' | 'unreadable';
};

/** Events that came so lately may be about to be acted on. */
const IN_MOTION_MS = 2 * 60_000;

/** Compares one account with Stripe and its workflow. Nothing differs in an account that is gone by now. */
export async function lookAtAccount(
  deps: Pick<ReconciliationDeps, 'prisma' | 'isRunning' | 'readBilling'>,
  accountId: string,
  now: string,
): Promise<Difference[]> {
  const row = await deps.prisma.account.findUnique({
    where: { id: accountId },
    select: { state: true, stripeCustomerId: true, savedAt: true },
  });
  if (!row) return [];
  const differences: Difference[] = [];
  if (!(await deps.isRunning(accountId)))
    differences.push({ kind: 'workflow', here: 'does not run', there: 'runs as long as the account is there' });
  // Stripe knows nothing of an account without a customer.
  if (row.stripeCustomerId === null) return differences;
  const accountNow = later(now, row.savedAt.toISOString());
  try {
    const state = presentState(row.state as unknown as StoredState);
    const { snapshot, catalog } = await deps.readBilling({ stripeCustomerId: row.stripeCustomerId, now: accountNow });
    return [...differences, ...driftOf(state, snapshot, accountNow, catalog)];
  } catch (error) {
    // One account that can't be compared does not keep the others from it. An outage does.
    if (!(error instanceof ApplicationFailure ? error.nonRetryable : error instanceof TypeError)) throw error;
    return [...differences, { kind: 'unreadable', here: row.stripeCustomerId, there: (error as Error).message }];
  }
}

/**
 * Whether events of an account have come lately and are not acted on: what differs then is no drift yet. One whose customer is still
 * being looked up may be the account's.
 */
export async function isInMotion({ prisma }: ReconciliationDeps, accountId: string): Promise<boolean> {
  const row = await prisma.account.findUnique({ where: { id: accountId }, select: { stripeCustomerId: true } });
  if (!row?.stripeCustomerId) return false;
  const waiting = await prisma.stripeEvent.count({
    where: {
      OR: [{ customerId: row.stripeCustomerId }, { customerId: null, chargeId: { not: null } }],
      actedAt: null,
      receivedAt: { gt: new Date(Date.now() - IN_MOTION_MS) },
    },
  });
  return waiting > 0;
}
