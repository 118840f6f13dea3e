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
  /** Of that, to workspaces of accounts on one of `freePlans`. */
  reservedFree: { memoryMb: number; cpuPercent: number };
  /** The workspace in question has a reservation here. */
  isHeld: boolean;
}

export interface Reservation {
  workspaceId: string;
  memoryMb: number;
  cpuPercent: number;
  /** It is of an account on a free plan. Until that account is stored with it, this says so. Default: no. */
  isFree?: boolean;
  /** Ids of the plans that nobody pays for. Default: none, and then nothing counts as free. */
  freePlans?: readonly string[];
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
  { workspaceId, memoryMb, cpuPercent, isFree = false, freePlans = [] }: Reservation,
  choose: (hosts: LockedHost[]) => Choice,
): Promise<Choice> {
  return prisma.$transaction(
    async (tx) => {
      await tx.$queryRaw`SELECT id FROM host ORDER BY id FOR UPDATE`;
      await dropVoid(tx);
      const choice = choose(await lockedHosts(tx, workspaceId, freePlans));
      if (choice.hostId === null) return choice;
      const taken = { memoryMb, cpuPercent, isFree, reservedAt: new Date() };
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

interface FreeSum {
  hostId: string;
  memoryMb: number;
  cpuPercent: number;
}

async function lockedHosts(
  tx: Prisma.TransactionClient,
  workspaceId: string,
  freePlans: readonly string[],
): Promise<LockedHost[]> {
  const hosts = await tx.host.findMany({ orderBy: { id: 'asc' } });
  const placements = await tx.placement.groupBy({
    by: ['hostId'],
    where: { workspaceId: { not: workspaceId } },
    _sum: { memoryMb: true, cpuPercent: true },
  });
  // An account that buys a plan, or loses it, takes its workspaces along: its row decides as soon as there is one.
  const free = await tx.$queryRaw<FreeSum[]>`
    SELECT placement.host_id AS "hostId", sum(placement.memory_mb)::float8 AS "memoryMb", sum(placement.cpu_percent)::float8 AS "cpuPercent"
    FROM placement
    LEFT JOIN workspace ON workspace.id = placement.workspace_id
    LEFT JOIN account ON account.id = workspace.account_id
    WHERE placement.workspace_id <> ${workspaceId}
      AND CASE WHEN account.id IS NULL THEN placement.is_free ELSE account.plan_id = ANY(${[...freePlans]}::text[]) END
    GROUP BY 1`;
  const held = await tx.placement.findMany({ where: { workspaceId }, select: { hostId: true } });
  return hosts.map(({ id, memoryMb, cpuPercent, labels, seenAt, drainedAt }) => {
    const sum = placements.find(({ hostId }) => hostId === id)?._sum;
    const freeSum = free.find(({ hostId }) => hostId === id);
    return {
      id,
      memoryMb,
      cpuPercent,
      labels: labels as Record<string, string>,
      seenAt: seenAt.toISOString(),
      isDrained: drainedAt !== null,
      reserved: { memoryMb: sum?.memoryMb ?? 0, cpuPercent: sum?.cpuPercent ?? 0 },
      reservedFree: { memoryMb: freeSum?.memoryMb ?? 0, cpuPercent: freeSum?.cpuPercent ?? 0 },
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
