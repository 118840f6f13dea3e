import type { PrismaClient } from '#prisma/client.ts';
import type { ContainerReading, ContainerUse } from './container-reading.ts';

/** Resolutions in seconds, and how long each is kept. Each is made from the one before. */
export const RESOLUTIONS = [
  { seconds: 10, keptSeconds: 3_600 },
  { seconds: 60, keptSeconds: 86_400 },
  { seconds: 900, keptSeconds: 30 * 86_400 },
] as const;

export type WorkspaceUse = ContainerUse &
  Pick<ContainerReading, 'cpuLimitPercent' | 'memoryLimitMb'> & { workspaceId: string };

export interface SampleHistory {
  /**
   * Stores what workspaces used within the ten seconds from `at`, once. Of a workspace that is not stored (any more), nothing.
   *
   * @returns how many were stored
   */
  save(at: Date, uses: readonly WorkspaceUse[]): Promise<number>;
  /**
   * Makes the coarser rows from the finer ones, and deletes what is kept no longer. Made anew from the same rows it gives the
   * same, so a process that was restarted begins with all that it can still make.
   */
  tidy(now: Date): Promise<void>;
}

/** History of the workspaces of one host. */
export function createSampleHistory(prisma: PrismaClient, hostId: string): SampleHistory {
  const madeUntil = new Map<number, number>();

  async function make(from: (typeof RESOLUTIONS)[number], seconds: number, nowSeconds: number): Promise<void> {
    const until = nowSeconds - (nowSeconds % seconds);
    // Of a row that began before that, some of what it is made from is deleted.
    const oldestWhole = Math.ceil((nowSeconds - from.keptSeconds) / seconds) * seconds;
    // The last one once more: a sample may come late.
    const since = Math.max(oldestWhole, (madeUntil.get(seconds) ?? 0) - seconds);
    if (since >= until) return;
    await prisma.$executeRaw`
      INSERT INTO workspace_sample AS stored (workspace_id, resolution, at, seconds, cpu_avg, cpu_max, cpu_limit, memory_avg,
        memory_max, memory_limit, network_in, network_out, starts)
      SELECT fine.workspace_id, ${seconds}::smallint, date_bin(make_interval(secs => ${seconds}::int), fine.at, 'epoch'::timestamptz),
             least(sum(fine.seconds), ${seconds}::int), sum(fine.cpu_avg * fine.seconds) / sum(fine.seconds), max(fine.cpu_max),
             (array_agg(fine.cpu_limit ORDER BY fine.at DESC))[1],
             sum(fine.memory_avg * fine.seconds) / sum(fine.seconds), max(fine.memory_max),
             (array_agg(fine.memory_limit ORDER BY fine.at DESC))[1],
             sum(fine.network_in), sum(fine.network_out), sum(fine.starts)
      FROM workspace_sample fine
      JOIN workspace ON workspace.id = fine.workspace_id AND workspace.host_id = ${hostId}
      WHERE fine.resolution = ${from.seconds}::smallint
        AND fine.at >= to_timestamp(${since}::int) AND fine.at < to_timestamp(${until}::int)
      GROUP BY 1, 3
      ON CONFLICT (workspace_id, resolution, at) DO UPDATE SET
        seconds = EXCLUDED.seconds, cpu_avg = EXCLUDED.cpu_avg, cpu_max = EXCLUDED.cpu_max, cpu_limit = EXCLUDED.cpu_limit,
        memory_avg = EXCLUDED.memory_avg, memory_max = EXCLUDED.memory_max, memory_limit = EXCLUDED.memory_limit,
        network_in = EXCLUDED.network_in, network_out = EXCLUDED.network_out, starts = EXCLUDED.starts
      WHERE EXCLUDED.seconds > stored.seconds`;
    madeUntil.set(seconds, until);
  }

  return {
    async save(at, uses) {
      if (uses.length === 0) return 0;
      const of = <T>(pick: (use: WorkspaceUse) => T) => uses.map(pick);
      return prisma.$executeRaw`
        INSERT INTO workspace_sample (workspace_id, resolution, at, seconds, cpu_avg, cpu_max, cpu_limit, memory_avg, memory_max,
          memory_limit, network_in, network_out, starts)
        SELECT workspace.id, 10, ${at}, used.seconds, used.cpu, used.cpu, used.cpu_limit, used.memory, used.memory,
               used.memory_limit, used.network_in, used.network_out, used.starts
        FROM unnest(${of((use) => use.workspaceId)}::text[], ${of(wholeSeconds)}::int[], ${of((use) => use.cpuPercent)}::real[],
          ${of((use) => use.cpuLimitPercent)}::int[], ${of((use) => use.memoryMb)}::real[],
          ${of((use) => use.memoryLimitMb)}::int[], ${of((use) => use.networkInBytes)}::bigint[],
          ${of((use) => use.networkOutBytes)}::bigint[], ${of((use) => use.starts)}::int[])
          AS used (id, seconds, cpu, cpu_limit, memory, memory_limit, network_in, network_out, starts)
        JOIN workspace ON workspace.id = used.id
        ON CONFLICT DO NOTHING`;
    },
    async tidy(now) {
      const nowSeconds = Math.floor(now.getTime() / 1000);
      const [fine, middle, coarse] = RESOLUTIONS;
      await make(fine, middle.seconds, nowSeconds);
      await make(middle, coarse.seconds, nowSeconds);
      for (const { seconds, keptSeconds } of RESOLUTIONS) {
        // Another host's worker may be at the same rows.
        await prisma.$executeRaw`
          DELETE FROM workspace_sample WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM workspace_sample
            WHERE resolution = ${seconds}::smallint AND at < to_timestamp(${nowSeconds - keptSeconds}::int)
            FOR UPDATE SKIP LOCKED))`;
      }
    },
  };
}

/** Of a late look the row still covers ten seconds. */
function wholeSeconds({ seconds }: WorkspaceUse): number {
  return Math.min(10, Math.max(1, Math.round(seconds)));
}
