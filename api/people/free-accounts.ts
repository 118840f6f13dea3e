import { Problem } from '../problem.ts';
import type { FreeAccountsPolicy, Transaction } from './people-deps.ts';

/**
 * Holds a person's row until the transaction ends, so that requests at once are counted one after the other, and refuses when the person
 * owns as many free accounts as one may.
 *
 * @param organisationId one that the person is to own, and that is there already: if it pays, nothing is refused. Default: a new one
 * @throws Problem 403 `free-accounts-limit` with the numbers
 */
export async function requireRoomForFreeAccount(
  tx: Transaction,
  { perPerson, planIds }: FreeAccountsPolicy,
  userId: string,
  organisationId?: string,
): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM "user" WHERE id = ${userId} FOR NO KEY UPDATE`;
  const plans = [...planIds];
  if (organisationId !== undefined) {
    const paying = await tx.account.count({ where: { organisationId, planId: { notIn: plans } } });
    if (paying > 0) return;
  }
  // A person's own account is opened sooner or later, and nothing else can be in its place.
  const [row] = await tx.$queryRaw<{ used: number }[]>`
    SELECT (SELECT count(*) FROM member
            LEFT JOIN account ON account.organisation_id = member.organisation_id
            WHERE member.user_id = ${userId} AND member.role = 'owner'
              AND member.organisation_id IS DISTINCT FROM ${organisationId ?? null}
              AND (account.id IS NULL OR account.plan_id = ANY(${plans}::text[])))::int
         + (SELECT count(*) FROM account WHERE user_id = ${userId} AND plan_id = ANY(${plans}::text[]))::int AS used`;
  const used = row?.used ?? 0;
  if (used < perPerson) return;
  throw new Problem(
    403,
    'free-accounts-limit',
    'No further free account',
    `One person may own ${perPerson} accounts on a free plan, the own one included, and ${used} are owned. Buy a plan for one of them, close one, or hand one over.`,
    { data: { limit: perPerson, used } },
  );
}
