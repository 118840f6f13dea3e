import { randomBytes, randomUUID } from 'node:crypto';
import type { Role } from '#domain/access.ts';
import { Problem } from '../problem.ts';
import { requireRoomForFreeAccount } from './free-accounts.ts';
import type { PeopleDeps } from './people-deps.ts';

/** Who makes many at once waits for oneself. */
const WAITING_FOR_EACH_OTHER = { maxWait: 10_000, timeout: 10_000 };

export interface OrganisationSummary {
  id: string;
  name: string;
  createdAt: string;
}

/**
 * Makes an organisation with its first owner, and opens its account; one that can't be opened now is opened at the owner's next look.
 *
 * @param name 1 to 80 characters
 * @throws Problem 404 `person-not-found`, 403 `free-accounts-limit`
 */
export async function createOrganisation(
  { prisma, freeAccounts, openAccountOf }: PeopleDeps,
  { name, ownerUserId }: { name: string; ownerUserId: string },
): Promise<OrganisationSummary> {
  if ((await prisma.user.count({ where: { id: ownerUserId } })) === 0) throw personNotFound();
  const role: Role = 'owner';
  // Not through better-auth: the count and the row that it allows belong into one transaction.
  const made = await prisma.$transaction(async (tx) => {
    await requireRoomForFreeAccount(tx, freeAccounts, ownerUserId);
    const organisation = await tx.organisation.create({
      data: { id: randomBytes(16).toString('hex'), name, slug: slugOf(name) },
    });
    await tx.member.create({
      data: { id: randomUUID(), organisationId: organisation.id, userId: ownerUserId, role },
    });
    return organisation;
  }, WAITING_FOR_EACH_OTHER);
  await openAccountOf({ organisationId: made.id, openedBy: ownerUserId });
  return { id: made.id, name: made.name, createdAt: made.createdAt.toISOString() };
}

/** The organisations that a person belongs to, by name, with the person's role in each. */
export async function listOrganisations(
  { prisma }: Pick<PeopleDeps, 'prisma'>,
  userId: string,
): Promise<(OrganisationSummary & { role: Role })[]> {
  const rows = await prisma.member.findMany({
    where: { userId },
    include: { organisation: true },
    orderBy: { organisation: { name: 'asc' } },
  });
  return rows.map(({ role, organisation }) => ({
    id: organisation.id,
    name: organisation.name,
    createdAt: organisation.createdAt.toISOString(),
    // The column has a check.
    role: role as Role,
  }));
}

export function personNotFound(): Problem {
  return new Problem(404, 'person-not-found', 'There is no such person', 'Sign in again and try once more.');
}

/** Readable and unique; nothing but better-auth asks for it. */
function slugOf(name: string): string {
  const words = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '');
  return `${words || 'organisation'}-${randomBytes(5).toString('hex')}`;
}
