import type { PrismaClient } from '#prisma/client.ts';

/** Ranges, with the resolution that is kept for all of them. */
export const HISTORY_RANGES = {
  '1h': { seconds: 3_600, resolutionSeconds: 10 },
  '24h': { seconds: 86_400, resolutionSeconds: 60 },
  '7d': { seconds: 7 * 86_400, resolutionSeconds: 900 },
  '30d': { seconds: 30 * 86_400, resolutionSeconds: 900 },
} as const;
export type HistoryRange = keyof typeof HISTORY_RANGES;

/** What a workspace used within `stepSeconds` from `at`. Steps in which it did not run are left out. */
export interface UsagePoint {
  at: string;
  /** Seconds of the step in which it ran. */
  seconds: number;
  cpuAvgPercent: number;
  cpuMaxPercent: number;
  cpuLimitPercent: number;
  memoryAvgMb: number;
  memoryMaxMb: number;
  memoryLimitMb: number;
  networkInBytes: number;
  networkOutBytes: number;
  starts: number;
}

export interface UsageHistory {
  range: HistoryRange;
  from: string;
  to: string;
  stepSeconds: number;
  points: UsagePoint[];
}

/** @param points how many at most: steps are as long as that takes */
export type ReadUsageHistory = (workspaceId: string, range: HistoryRange, points: number) => Promise<UsageHistory>;

/** History of workspaces as their hosts' workers keep it. Wall time: it is about machines. */
export function createReadUsageHistory(prisma: PrismaClient): ReadUsageHistory {
  return async (workspaceId, range, points) => {
    const { seconds, resolutionSeconds } = HISTORY_RANGES[range];
    const stepSeconds = resolutionSeconds * Math.ceil(seconds / resolutionSeconds / points);
    const to = Math.ceil(Date.now() / 1000 / stepSeconds) * stepSeconds;
    const from = to - Math.ceil(seconds / stepSeconds) * stepSeconds;
    const rows = await prisma.$queryRaw<(Omit<UsagePoint, 'at'> & { at: Date })[]>`
      SELECT date_bin(make_interval(secs => ${stepSeconds}::int), at, 'epoch'::timestamptz) AS at,
             sum(seconds)::int AS seconds,
             round((sum(cpu_avg * seconds) / sum(seconds))::numeric, 1)::float8 AS "cpuAvgPercent",
             round(max(cpu_max)::numeric, 1)::float8 AS "cpuMaxPercent",
             (array_agg(cpu_limit ORDER BY at DESC))[1] AS "cpuLimitPercent",
             round((sum(memory_avg * seconds) / sum(seconds))::numeric, 1)::float8 AS "memoryAvgMb",
             round(max(memory_max)::numeric, 1)::float8 AS "memoryMaxMb",
             (array_agg(memory_limit ORDER BY at DESC))[1] AS "memoryLimitMb",
             sum(network_in)::float8 AS "networkInBytes", sum(network_out)::float8 AS "networkOutBytes",
             sum(starts)::int AS starts
      FROM workspace_sample
      WHERE workspace_id = ${workspaceId} AND resolution = ${resolutionSeconds}::smallint
        AND at >= to_timestamp(${from}::int) AND at < to_timestamp(${to}::int)
      GROUP BY 1 ORDER BY 1`;
    return {
      range,
      from: new Date(from * 1000).toISOString(),
      to: new Date(to * 1000).toISOString(),
      stepSeconds,
      points: rows.map((row) => ({ ...row, at: row.at.toISOString() })),
    };
  };
}
