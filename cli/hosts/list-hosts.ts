import { SEEN_WITHIN_MS } from '#domain/placement.ts';
import type { PrismaClient } from '#prisma/client.ts';

/** A host, as operators see it. */
export interface HostLine {
  id: string;
  labels: Record<string, string>;
  memoryMb: number;
  /** Percent of one core. */
  cpuPercent: number;
  /** What workspaces take of it, running or not. */
  reserved: { memoryMb: number; cpuPercent: number };
  freeMemoryMb: number;
  /** Workspaces that live there, by what was last seen of them; deleted ones do not count. */
  workspaces: { running: number; stopped: number };
  /** Of those: how many are to leave it, and how many are on their way. */
  moves: { planned: number; moving: number };
  seenAt: string;
  isPresent: boolean;
  drainedAt: string | null;
  drainReason: string | null;
  reconcilePaused: boolean;
  version: string;
}

interface Counts {
  hostId: string;
  running: number;
  stopped: number;
  planned: number;
  moving: number;
}

/** All hosts, by id. */
export async function listHosts(prisma: PrismaClient): Promise<HostLine[]> {
  const [hosts, taken, counts] = await Promise.all([
    prisma.host.findMany({ orderBy: { id: 'asc' } }),
    prisma.placement.groupBy({ by: ['hostId'], _sum: { memoryMb: true, cpuPercent: true } }),
    prisma.$queryRaw<Counts[]>`
      SELECT workspace.host_id AS "hostId",
             (count(*) FILTER (WHERE observed_state = 'running'))::int AS running,
             (count(*) FILTER (WHERE observed_state IS DISTINCT FROM 'running'))::int AS stopped,
             (count(*) FILTER (WHERE each #>> '{move,stage}' = 'planned'))::int AS planned,
             (count(*) FILTER (WHERE each #>> '{move,stage}' = 'moving'))::int AS moving
      FROM workspace JOIN account ON account.id = workspace.account_id
      LEFT JOIN LATERAL jsonb_array_elements(account.state -> 'workspaces') each ON each ->> 'id' = workspace.id
      WHERE desired_state <> 'deleted' GROUP BY workspace.host_id`,
  ]);
  return hosts.map((host) => {
    const sum = taken.find(({ hostId }) => hostId === host.id)?._sum;
    const count = counts.find(({ hostId }) => hostId === host.id);
    const reserved = { memoryMb: sum?.memoryMb ?? 0, cpuPercent: sum?.cpuPercent ?? 0 };
    return {
      id: host.id,
      labels: host.labels as Record<string, string>,
      memoryMb: host.memoryMb,
      cpuPercent: host.cpuPercent,
      reserved,
      freeMemoryMb: host.memoryMb - reserved.memoryMb,
      workspaces: { running: count?.running ?? 0, stopped: count?.stopped ?? 0 },
      moves: { planned: count?.planned ?? 0, moving: count?.moving ?? 0 },
      seenAt: host.seenAt.toISOString(),
      isPresent: Date.now() - host.seenAt.getTime() <= SEEN_WITHIN_MS,
      drainedAt: host.drainedAt?.toISOString() ?? null,
      drainReason: host.drainReason,
      reconcilePaused: host.reconcilePaused,
      version: host.version,
    };
  });
}
