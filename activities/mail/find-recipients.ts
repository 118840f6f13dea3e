import type { PrismaClient } from '#prisma/client.ts';

export interface Recipient {
  name: string;
  address: string;
}

/**
 * Who gets the mails of an account: the person whose own it is, or all owners and billing members of the organisation,
 * whoever signed up first comes first. Empty when there is nobody.
 */
export async function findRecipients(
  prisma: PrismaClient,
  account: { ownerUserId: string; organisationId: string | null },
): Promise<Recipient[]> {
  const { ownerUserId, organisationId } = account;
  const users = await prisma.user.findMany({
    where:
      organisationId === null
        ? { id: ownerUserId }
        : { memberships: { some: { organisationId, role: { in: ['owner', 'billing'] } } } },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    select: { name: true, email: true },
  });
  return users.map(({ name, email }) => ({ name, address: email }));
}
