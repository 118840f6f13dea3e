import type { PrismaClient } from '#prisma/client.ts';
import type { Principal } from '../auth/principal.ts';
import type { AuditActor } from './audit-log.ts';

/** Who a principal is, with the name that it has now. */
export type FindActor = (principal: Principal) => Promise<AuditActor>;

export function createFindActor(prisma: PrismaClient): FindActor {
  return async (principal) => {
    if (principal.kind === 'user') return { kind: 'person', id: principal.userId, name: principal.name };
    const key = await prisma.apiKey.findUnique({ where: { id: principal.keyId }, select: { name: true } });
    return { kind: 'key', id: principal.keyId, name: key?.name ?? '' };
  };
}
