import { randomUUID } from 'node:crypto';
import type { PrismaClient } from '#prisma/client.ts';
import { Problem } from '../problem.ts';

/**
 * Lets one change of an account's billing go on at a time, over all API processes, so that two clicks at once buy once.
 *
 * @throws Problem 409 `billing-busy` when another is under way; the work is then not begun
 */
export type TakeTurn = <Result>(accountId: string, work: () => Promise<Result>) => Promise<Result>;

/** Longer than any change takes: after it, the turn of a process that was killed is over. */
const TURN_SECONDS = 120;

export function createTakeTurn(prisma: PrismaClient): TakeTurn {
  return async (accountId, work) => {
    const holder = randomUUID();
    const taken = await prisma.$queryRaw<unknown[]>`
      INSERT INTO billing_turn AS turn (account_id, holder, until)
      VALUES (${accountId}, ${holder}, now() + make_interval(secs => ${TURN_SECONDS}))
      ON CONFLICT (account_id) DO UPDATE SET holder = EXCLUDED.holder, until = EXCLUDED.until
      WHERE turn.until < now()
      RETURNING 1`;
    if (taken.length === 0) throw busy();
    try {
      return await work();
    } finally {
      await prisma.billingTurn.deleteMany({ where: { accountId, holder } });
    }
  };
}

function busy(): Problem {
  return new Problem(
    409,
    'billing-busy',
    'Another change is under way',
    'Something else is being changed in the billing of this account. Nothing was done: try again in a few seconds.',
    { retryAfterSeconds: 2 },
  );
}
