import { randomUUID } from 'node:crypto';
import type { Role } from '#domain/access.ts';
import { invitationMail } from '#mail/people-mail.ts';
import type { Prisma } from '#prisma/client.ts';
import { Problem } from '../problem.ts';
import type { RateRule } from '../rate-limits.ts';
import { requireRoomForFreeAccount } from './free-accounts.ts';
import { lockOrganisation } from './owners.ts';
import type { PeopleDeps, Transaction } from './people-deps.ts';

export interface InvitationSummary {
  id: string;
  organisationId: string;
  organisationName: string;
  email: string;
  role: Role;
  invitedBy: string;
  expiresAt: string;
  /** An open one whose time is over. */
  expired: boolean;
}

/** Who answers an invitation: a person with a session. */
export interface Invited {
  invitationId: string;
  userId: string;
}

/** Days that an invitation is open. */
export const INVITATION_DAYS = 7;
const DAY_MS = 86_400_000;
const INVITATIONS_OF_ONE: RateRule = { name: 'invitation', max: 50, windowSeconds: 3_600 };
const ROLE_NAMES: Record<Role, string> = {
  owner: 'an owner',
  admin: 'an admin',
  billing: 'a billing member',
  member: 'a member',
};
const SHOWN = {
  organisation: { select: { name: true } },
  inviter: { select: { name: true } },
} satisfies Prisma.InvitationInclude;
type Row = Prisma.InvitationGetPayload<{ include: typeof SHOWN }>;

/**
 * Invites an address by mail. One invitation is open for each address: a further one replaces it.
 *
 * @throws Problem 404 `organisation-not-found`, 409 `member-already`, 429 `rate-limited` after 50 an
 * hour of an organisation, or when the address has had too many mails
 */
export async function invite(
  { prisma, posts, limits, webOrigin }: PeopleDeps,
  given: { organisationId: string; email: string; role: Role; inviterUserId: string },
): Promise<InvitationSummary> {
  const { organisationId, role, inviterUserId } = given;
  const email = given.email.trim().toLowerCase();
  await limits.count(INVITATIONS_OF_ONE, organisationId);
  await posts.count(email);
  const row = await prisma.$transaction(async (tx) => {
    await lockOrganisation(tx, organisationId);
    if ((await tx.member.count({ where: { organisationId, user: { email } } })) > 0) {
      throw new Problem(
        409,
        'member-already',
        'This person is a member already',
        'Change the role in the list of members instead.',
      );
    }
    await tx.invitation.updateMany({
      where: { organisationId, email, status: 'pending' },
      data: { status: 'canceled' },
    });
    return tx.invitation.create({
      data: {
        id: randomUUID(),
        organisationId,
        email,
        role,
        inviterId: inviterUserId,
        expiresAt: new Date(Date.now() + INVITATION_DAYS * DAY_MS),
      },
      include: SHOWN,
    });
  });
  posts.postCounted({
    to: [{ name: '', address: email }],
    text: invitationMail({
      organisationName: row.organisation.name,
      inviterName: row.inviter.name,
      roleName: ROLE_NAMES[role],
      expiresAt: row.expiresAt,
      url: new URL(`/invitations/${row.id}`, webOrigin).href,
    }),
    template: 'invitation',
  });
  return summary(row);
}

/** The open invitations of an organisation, newest first. */
export async function listInvitations(
  { prisma }: Pick<PeopleDeps, 'prisma'>,
  organisationId: string,
): Promise<InvitationSummary[]> {
  const rows = await prisma.invitation.findMany({
    where: { organisationId, status: 'pending' },
    include: SHOWN,
    orderBy: [{ createdAt: 'desc' }, { id: 'asc' }],
  });
  return rows.map(summary);
}

/** The invitations that a person can answer, newest first. */
export async function listInvitationsFor(
  { prisma }: Pick<PeopleDeps, 'prisma'>,
  userId: string,
): Promise<InvitationSummary[]> {
  const user = await prisma.user.findUnique({ where: { id: userId } });
  if (!user?.emailVerified) return [];
  const rows = await prisma.invitation.findMany({
    where: { email: user.email, status: 'pending', expiresAt: { gt: new Date() } },
    include: SHOWN,
    orderBy: [{ createdAt: 'desc' }, { id: 'asc' }],
  });
  return rows.map(summary);
}

/** Takes an open invitation back. @throws Problem 404 `invitation-not-found` */
export async function cancelInvitation(
  { prisma }: Pick<PeopleDeps, 'prisma'>,
  { organisationId, invitationId }: { organisationId: string; invitationId: string },
): Promise<void> {
  const { count } = await prisma.invitation.updateMany({
    where: { id: invitationId, organisationId, status: 'pending' },
    data: { status: 'canceled' },
  });
  if (count === 0) throw invitationNotFound();
}

/**
 * Makes the invited person a member.
 *
 * @throws Problem 404 `invitation-not-found`, 403 `invitation-for-another` or `free-accounts-limit`, 409 `invitation-closed`
 */
export async function acceptInvitation(
  { prisma, freeAccounts }: Pick<PeopleDeps, 'prisma' | 'freeAccounts'>,
  invited: Invited,
): Promise<{ organisationId: string; role: Role }> {
  return prisma.$transaction(async (tx) => {
    const { id, organisationId, role } = await openInvitation(tx, invited);
    if (role === 'owner') await requireRoomForFreeAccount(tx, freeAccounts, invited.userId, organisationId);
    await tx.invitation.update({ where: { id }, data: { status: 'accepted' } });
    await tx.member.createMany({
      data: { id: randomUUID(), organisationId, userId: invited.userId, role },
      skipDuplicates: true,
    });
    return { organisationId, role: role as Role };
  });
}

/** @throws Problem as `acceptInvitation` */
export async function declineInvitation({ prisma }: Pick<PeopleDeps, 'prisma'>, invited: Invited): Promise<void> {
  await prisma.$transaction(async (tx) => {
    const { id } = await openInvitation(tx, invited);
    await tx.invitation.update({ where: { id }, data: { status: 'rejected' } });
  });
}

/** The invitation, held until the transaction ends, when it is open and the person's own. */
async function openInvitation(tx: Transaction, { invitationId, userId }: Invited) {
  await tx.$queryRaw`SELECT 1 FROM invitation WHERE id = ${invitationId} FOR UPDATE`;
  const row = await tx.invitation.findUnique({ where: { id: invitationId } });
  if (!row) throw invitationNotFound();
  const user = await tx.user.findUnique({ where: { id: userId } });
  if (!user?.emailVerified || user.email.toLowerCase() !== row.email) {
    throw new Problem(
      403,
      'invitation-for-another',
      'The invitation is for somebody else',
      'Sign in with the address that the invitation was sent to, and confirm that address.',
    );
  }
  if (row.status !== 'pending' || row.expiresAt.getTime() <= Date.now()) {
    throw new Problem(
      409,
      'invitation-closed',
      'The invitation is not open any more',
      'It was answered, taken back, or its time is over. Ask for a new one.',
    );
  }
  return row;
}

function invitationNotFound(): Problem {
  return new Problem(
    404,
    'invitation-not-found',
    'There is no such invitation',
    'It may have been taken back. Ask for a new one.',
  );
}

function summary(row: Row): InvitationSummary {
  return {
    id: row.id,
    organisationId: row.organisationId,
    organisationName: row.organisation.name,
    email: row.email,
    // The column has a check.
    role: row.role as Role,
    invitedBy: row.inviter.name,
    expiresAt: row.expiresAt.toISOString(),
    expired: row.expiresAt.getTime() <= Date.now(),
  };
}
