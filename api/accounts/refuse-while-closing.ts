import type { PrismaClient } from '#prisma/client.ts';
import { Problem } from '../problem.ts';

/**
 * Refuses to make somebody an owner who is about to be deleted: with them the organisation would lose its owner.
 *
 * @throws Problem 409 `account-closing`
 */
export async function refuseWhileClosing(prisma: PrismaClient, userId: string): Promise<void> {
  const [row] = await prisma.$queryRaw<unknown[]>`
    SELECT 1 FROM account WHERE user_id = ${userId} AND jsonb_typeof(view->'closing') = 'object'`;
  if (!row) return;
  throw new Problem(
    409,
    'account-closing',
    'The account is being closed',
    'Whoever is leaving can not become an owner. Keep the account first, with POST /api/v1/accounts/:accountId/keep.',
  );
}
