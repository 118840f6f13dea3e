import type { Role } from '#domain/access.ts';
import { requireRoomForFreeAccount } from './free-accounts.ts';
import { lockOrganisation, memberNotFound, requireAnotherOwner } from './owners.ts';
import type { PeopleDeps, Transaction } from './people-deps.ts';

export interface MemberSummary {
  userId: string;
  name: string;
  email: string;
  role: Role;
  since: string;
}

export interface MemberOf {
  organisationId: string;
  userId: string;
}

/** The members of an organisation, oldest first; none when there is no such organisation. */
export async function listMembers(
  { prisma }: Pick<PeopleDeps, 'prisma'>,
  organisationId: string,
): Promise<MemberSummary[]> {
  const rows = await prisma.member.findMany({
    where: { organisationId },
    include: { user: { select: { name: true, email: true } } },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
  return rows.map(({ userId, role, createdAt, user }) => ({
    userId,
    name: user.name,
    email: user.email,
    // The column has a check.
    role: role as Role,
    since: createdAt.toISOString(),
  }));
}

/** A person's role in an organisation, or `null`. */
export async function roleOf(
  { prisma }: Pick<PeopleDeps, 'prisma'>,
  { organisationId, userId }: MemberOf,
): Promise<Role | null> {
  const row = await prisma.member.findUnique({ where: { organisationId_userId: { organisationId, userId } } });
  return row ? (row.role as Role) : null;
}

/** @throws Problem 404 `organisation-not-found` or `member-not-found`, 409 `last-owner`, 403 `free-accounts-limit` */
export async function setMemberRole(
  { prisma, freeAccounts }: Pick<PeopleDeps, 'prisma' | 'freeAccounts'>,
  { organisationId, userId, role }: MemberOf & { role: Role },
): Promise<void> {
  await prisma.$transaction(async (tx) => {
    await lockOrganisation(tx, organisationId);
    const present = await memberOf(tx, { organisationId, userId });
    if (present.role === 'owner' && role !== 'owner') await requireAnotherOwner(tx, organisationId, userId);
    if (present.role !== 'owner' && role === 'owner')
      await requireRoomForFreeAccount(tx, freeAccounts, userId, organisationId);
    await tx.member.update({ where: { id: present.id }, data: { role } });
  });
}

/**
 * Takes a member out, or lets one leave. The organisation's keys stay.
 *
 * @throws Problem 404 `organisation-not-found` or `member-not-found`, 409 `last-owner`
 */
export async function removeMember(
  { prisma }: Pick<PeopleDeps, 'prisma'>,
  { organisationId, userId }: MemberOf,
): Promise<void> {
  await prisma.$transaction(async (tx) => {
    await lockOrganisation(tx, organisationId);
    const present = await memberOf(tx, { organisationId, userId });
    if (present.role === 'owner') await requireAnotherOwner(tx, organisationId, userId);
    await tx.member.delete({ where: { id: present.id } });
    await tx.session.updateMany({
      where: { userId, activeOrganisationId: organisationId },
      data: { activeOrganisationId: null },
    });
  });
}

/**
 * Makes another member an owner and the present one an admin, both or neither.
 *
 * @throws Problem 404 `organisation-not-found`, or `member-not-found` when either is no member or the giver no owner; 403
 *   `free-accounts-limit` of whoever is to own it
 */
export async function transferOwnership(
  { prisma, freeAccounts }: Pick<PeopleDeps, 'prisma' | 'freeAccounts'>,
  { organisationId, fromUserId, toUserId }: { organisationId: string; fromUserId: string; toUserId: string },
): Promise<void> {
  await prisma.$transaction(async (tx) => {
    await lockOrganisation(tx, organisationId);
    const from = await memberOf(tx, { organisationId, userId: fromUserId });
    const to = await memberOf(tx, { organisationId, userId: toUserId });
    if (from.role !== 'owner') throw memberNotFound();
    if (from.id === to.id) return;
    if (to.role !== 'owner') await requireRoomForFreeAccount(tx, freeAccounts, toUserId, organisationId);
    await tx.member.update({ where: { id: to.id }, data: { role: 'owner' } });
    await tx.member.update({ where: { id: from.id }, data: { role: 'admin' } });
  });
}

async function memberOf(tx: Transaction, { organisationId, userId }: MemberOf) {
  const row = await tx.member.findUnique({ where: { organisationId_userId: { organisationId, userId } } });
  if (!row) throw memberNotFound();
  return row;
}
