import { ownsAccounts } from './organisations.ts';
import { lockOrganisation, requireAnotherOwner } from './owners.ts';
import type { PeopleDeps } from './people-deps.ts';

/**
 * Deletes a person with their sessions, ways to sign in, second factor, memberships, keys and invitations. Their account
 * must be gone, and no organisation may be left without an owner. Safe to repeat.
 *
 * @throws Problem 409 `owns-accounts` or `last-owner`
 */
export async function deletePerson({ prisma }: Pick<PeopleDeps, 'prisma'>, userId: string): Promise<void> {
  await prisma.$transaction(async (tx) => {
    if ((await tx.account.count({ where: { userId } })) > 0) throw ownsAccounts();
    const owned = await tx.member.findMany({ where: { userId, role: 'owner' }, orderBy: { organisationId: 'asc' } });
    for (const { organisationId } of owned) {
      await lockOrganisation(tx, organisationId);
      await requireAnotherOwner(tx, organisationId, userId);
    }
    await tx.verification.deleteMany({ where: { value: userId } });
    await tx.user.deleteMany({ where: { id: userId } });
  });
}
