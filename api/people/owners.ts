import type { Role } from '#domain/access.ts';
import { Problem } from '../problem.ts';
import type { Transaction } from './people-deps.ts';

/**
 * Holds an organisation's row until the transaction ends: changes of its members go one after the other, so that two owners
 * who leave at once do not leave it without one.
 *
 * @throws Problem 404 `organisation-not-found`
 */
export async function lockOrganisation(tx: Transaction, organisationId: string): Promise<void> {
  const rows = await tx.$queryRaw<unknown[]>`SELECT 1 FROM organisation WHERE id = ${organisationId} FOR UPDATE`;
  if (rows.length === 0) throw organisationNotFound();
}

/** @throws Problem 409 `last-owner` when nobody but `userId` owns the organisation, whose row is locked */
export async function requireAnotherOwner(tx: Transaction, organisationId: string, userId: string): Promise<void> {
  const role: Role = 'owner';
  const others = await tx.member.count({ where: { organisationId, role, userId: { not: userId } } });
  if (others > 0) return;
  throw new Problem(
    409,
    'last-owner',
    'The last owner can not go',
    'An organisation needs an owner. Make somebody else an owner first, or delete the organisation.',
  );
}

export function organisationNotFound(): Problem {
  return new Problem(404, 'organisation-not-found', 'There is no such organisation', 'Choose one that you belong to.');
}

export function memberNotFound(): Problem {
  return new Problem(
    404,
    'member-not-found',
    'There is no such member',
    'Reload the list of members and choose again.',
  );
}
