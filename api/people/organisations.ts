import { randomBytes } from 'node:crypto';
import type { Role } from '#domain/access.ts';
import { Problem } from '../problem.ts';
import type { PeopleDeps } from './people-deps.ts';

export interface OrganisationSummary {
  id: string;
  name: string;
  createdAt: string;
}

/**
 * Makes an organisation with its first owner; `onOrganisationCreated` of `createAuth` opens its account.
 *
 * @param name 1 to 80 characters
 * @throws Problem 404 `person-not-found`
 */
export async function createOrganisation(
  { auth, prisma }: PeopleDeps,
  { name, ownerUserId }: { name: string; ownerUserId: string },
): Promise<OrganisationSummary> {
  if ((await prisma.user.count({ where: { id: ownerUserId } })) === 0) throw personNotFound();
  const made = await auth.api.createOrganization({ body: { name, slug: slugOf(name), userId: ownerUserId } });
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
