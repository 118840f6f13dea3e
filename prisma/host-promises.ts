import type { PrismaClient } from './client.ts';

/** A host and what is promised on it, to look at: nothing is locked. */
export interface HostPromises {
  id: string;
  memoryMb: number;
  /** Percent of one core. */
  cpuPercent: number;
  /** To workspaces, running or not, and to those that are on their way. */
  reserved: { memoryMb: number; cpuPercent: number };
  /** ISO 8601, UTC. */
  seenAt: string;
  isDrained: boolean;
}

/** All hosts, by id. */
export async function readHostPromises(prisma: PrismaClient): Promise<HostPromises[]> {
  const [hosts, taken] = await Promise.all([
    prisma.host.findMany({ orderBy: { id: 'asc' } }),
    prisma.placement.groupBy({ by: ['hostId'], _sum: { memoryMb: true, cpuPercent: true } }),
  ]);
  return hosts.map(({ id, memoryMb, cpuPercent, seenAt, drainedAt }) => {
    const sum = taken.find(({ hostId }) => hostId === id)?._sum;
    const reserved = { memoryMb: sum?.memoryMb ?? 0, cpuPercent: sum?.cpuPercent ?? 0 };
    return { id, memoryMb, cpuPercent, reserved, seenAt: seenAt.toISOString(), isDrained: drainedAt !== null };
  });
}
