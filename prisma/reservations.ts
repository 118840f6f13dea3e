import type { Prisma, PrismaClient } from './client.ts';

/** A workspace that has not come to be so long after its reservation never will. */
const VOID_AFTER_MINUTES = 15;
const LONGEST_WAIT_MS = 20_000;

/** A host and what is promised on it, while nobody else can promise anything. */
export interface LockedHost {
  id: string;
  memoryMb: number;
  /** Percent of one core. */
  cpuPercent: number;
  labels: Record<string, string>;
  /** ISO 8601, UTC. */
  seenAt: string;
  isDrained: boolean;
  /** To others than the workspace in question. */
  reserved: { memoryMb: number; cpuPercent: number };
  /** The workspace in question has a reservation here. */
  isHeld: boolean;
}

export interface Reservation {
  workspaceId: string;
  memoryMb: number;
  cpuPercent: number;
}

/**
 * Gives a workspace its room on a host. The rows of all hosts are locked while `choose` looks and what it chose is written, so
 * that no two ever get the same room; `choose` has to be quick. A second reservation of a workspace on one
 * host replaces the first.
 *
 * @param choose gets every host, with what is promised to others on it; `null` for none of them
 * @returns what `choose` returned
 */
export async function reserveHost<Choice extends { hostId: string | null }>(
  prisma: PrismaClient,
  { workspaceId, memoryMb, cpuPercent }: Reservation,
  choose: (hosts: LockedHost[]) => Choice,
): Promise<Choice> {
  return prisma.$transaction(
    async (tx) => {
      await tx.$queryRaw`SELECT id FROM host ORDER BY id FOR UPDATE`;
      await dropVoid(tx);
      const choice = choose(await lockedHosts(tx, workspaceId));
      if (choice.hostId === null) return choice;
      const taken = { memoryMb, cpuPercent, reservedAt: new Date() };
      await tx.placement.upsert({
        where: { workspaceId_hostId: { workspaceId, hostId: choice.hostId } },
        create: { workspaceId, hostId: choice.hostId, ...taken },
        update: taken,
      });
      return choice;
    },
    // Those who place wait for each other.
    { maxWait: LONGEST_WAIT_MS, timeout: LONGEST_WAIT_MS },
  );
}

async function lockedHosts(tx: Prisma.TransactionClient, workspaceId: string): Promise<LockedHost[]> {
  const hosts = await tx.host.findMany({ orderBy: { id: 'asc' } });
  const placements = await tx.placement.groupBy({
    by: ['hostId'],
    where: { workspaceId: { not: workspaceId } },
    _sum: { memoryMb: true, cpuPercent: true },
  });
  const held = await tx.placement.findMany({ where: { workspaceId }, select: { hostId: true } });
  return hosts.map(({ id, memoryMb, cpuPercent, labels, seenAt, drainedAt }) => {
    const sum = placements.find(({ hostId }) => hostId === id)?._sum;
    return {
      id,
      memoryMb,
      cpuPercent,
      labels: labels as Record<string, string>,
      seenAt: seenAt.toISOString(),
      isDrained: drainedAt !== null,
      reserved: { memoryMb: sum?.memoryMb ?? 0, cpuPercent: sum?.cpuPercent ?? 0 },
      isHeld: held.some(({ hostId }) => hostId === id),
    };
  });
}

/** Gives room back that was reserved for a workspace that is not to be after all. One that is there keeps its own. */
export async function releaseUnused(prisma: PrismaClient, workspaceId: string): Promise<void> {
  await prisma.$executeRaw`
    DELETE FROM placement WHERE workspace_id = ${workspaceId}
      AND NOT EXISTS (SELECT FROM workspace WHERE workspace.id = placement.workspace_id)`;
}

/** What was reserved for workspaces that never came to be. */
async function dropVoid(tx: Prisma.TransactionClient): Promise<void> {
  await tx.$executeRaw`
    DELETE FROM placement
    WHERE reserved_at < now() - make_interval(mins => ${VOID_AFTER_MINUTES}::int)
      AND NOT EXISTS (SELECT FROM workspace WHERE workspace.id = placement.workspace_id)`;
}
