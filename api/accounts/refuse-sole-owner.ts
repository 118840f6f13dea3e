import type { PrismaClient } from '#prisma/client.ts';
import { Problem } from '../problem.ts';

/**
 * Refuses to let somebody go who owns organisations that nobody else owns, unless those are being closed as well.
 *
 * @throws Problem 409 `owns-organisations`, which names them
 */
export async function refuseSoleOwner(prisma: PrismaClient, userId: string): Promise<void> {
  const organisations = await prisma.$queryRaw<{ id: string; name: string; accountId: string | null }[]>`
    SELECT organisation.id, organisation.name, account.id AS "accountId"
    FROM member
    JOIN organisation ON organisation.id = member.organisation_id
    LEFT JOIN account ON account.organisation_id = organisation.id
    WHERE member.user_id = ${userId} AND member.role = 'owner'
      AND jsonb_typeof(account.view->'closing') IS DISTINCT FROM 'object'
      AND NOT EXISTS (SELECT 1 FROM member other WHERE other.organisation_id = organisation.id
                      AND other.role = 'owner' AND other.user_id <> ${userId})
    ORDER BY organisation.name`;
  if (organisations.length === 0) return;
  throw new Problem(
    409,
    'owns-organisations',
    'Organisations would have no owner',
    `Nobody else owns ${organisations.map((each) => each.name).join(', ')}. Hand over to another member, or close, each of them first.`,
    { data: { organisations } },
  );
}
