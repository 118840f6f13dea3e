import { executionDuration } from '#domain/size-limits.ts';
import type { UsagePeriod } from '#domain/usage-period.ts';
import type { PrismaClient } from '#prisma/client.ts';
import type { Logger } from '#telemetry/logger.ts';

/** How an execution ended. `lost`: nobody answered, it may or may not have run. */
export type ExecutionOutcome = 'done' | 'failed' | 'lost';

/** Single executions are kept this long: longer than any period that is counted. */
const KEPT_DAYS = 35;
/** The longest that a message takes is 30 s: after this its API is gone. */
const LOST_AFTER_SECONDS = 120;
const TIDY_EVERY_MS = 60_000;
/** 30,000 years, and far within what a sum of floating point numbers holds: a count never fails for its size. */
const LONGEST_SUM_MS = 1e15;
const REASON = /^[A-Z][A-Z0-9_]{0,63}$/;

/** How an execution ended, as far as it is known. */
export interface ExecutionEnd {
  outcome: ExecutionOutcome;
  /** As its host saw it. What no execution can have had counts as not told. */
  durationMs?: number | undefined;
  /** The workspace's own code for why it failed. One that is no code is left out. */
  reason?: string | undefined;
}

export interface ExecutionCount {
  /** Those that ran: done and failed. */
  executions: number;
  failed: number;
  /** Nobody knows whether they ran; not among `executions`. */
  lost: number;
  /** Of all together, and of the longest. */
  durationMs: number;
  durationMaxMs: number;
}

export interface RecordedExecution {
  id: string;
  plugin: string;
  at: string;
  outcome: ExecutionOutcome | 'pending';
  durationMs: number | null;
  reason: string | null;
}

export interface Executions {
  /** Writes one down before it is handed over. */
  begin(execution: { id: string; workspaceId: string; plugin: string }): Promise<void>;
  /**
   * Writes down how it ended and counts it; `null` takes one back that was never carried out. What is settled stays as it is: it
   * is counted once, however often this is called.
   */
  settle(id: string, end: ExecutionEnd | null): Promise<void>;
  /** The newest ones, newest first. */
  recent(workspaceId: string, limit: number): Promise<RecordedExecution[]>;
  /** All within a period, to the millisecond. */
  total(workspaceId: string, period: UsagePeriod): Promise<ExecutionCount>;
  /** The same by hours or days of UTC; those without any are left out. */
  by(workspaceId: string, period: UsagePeriod, unit: 'hour' | 'day'): Promise<(ExecutionCount & { at: string })[]>;
}

interface CountRow extends ExecutionCount {
  at: Date;
}

/** Executions as the API counts them, in PostgreSQL. */
export function createExecutions({ prisma, log }: { prisma: PrismaClient; log: Logger }): Executions {
  let tidiedAt = 0;

  /** Now and then, beside what somebody asks for: what its API never settled is lost, what is old goes. */
  function tidyNowAndThen(): void {
    if (Date.now() - tidiedAt < TIDY_EVERY_MS) return;
    tidiedAt = Date.now();
    tidy().catch((error: unknown) => log.warn({ err: error }, 'executions could not be tidied'));
  }

  async function tidy(): Promise<void> {
    await prisma.$executeRaw`
      WITH lost AS (
        UPDATE execution SET outcome = 'lost'
        WHERE id IN (SELECT id FROM execution
                     WHERE outcome = 'pending' AND sent_at < now() - make_interval(secs => ${LOST_AFTER_SECONDS}::int)
                     FOR UPDATE SKIP LOCKED)
        RETURNING workspace_id, date_trunc('hour', at, 'UTC') AS hour)
      INSERT INTO execution_hour AS stored (workspace_id, hour, lost)
      SELECT workspace_id, hour, count(*) FROM lost GROUP BY 1, 2
      ON CONFLICT (workspace_id, hour) DO UPDATE SET lost = stored.lost + EXCLUDED.lost`;
    await prisma.$executeRaw`
      DELETE FROM execution WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM execution
        WHERE outcome <> 'pending' AND sent_at < now() - make_interval(days => ${KEPT_DAYS}::int)
        FOR UPDATE SKIP LOCKED))`;
  }

  /** Whole hours from their counts, the hour in which the period begins from what is in it. */
  function counted(workspaceId: string, { start, end }: UsagePeriod, unit: 'hour' | 'day' | null) {
    return prisma.$queryRaw<CountRow[]>`
      WITH part AS (
        SELECT hour, done, failed, lost, duration_ms, duration_max_ms FROM execution_hour
        WHERE workspace_id = ${workspaceId} AND hour >= ${start}::timestamptz AND hour < ${end}::timestamptz
        UNION ALL
        SELECT date_trunc('hour', at, 'UTC'), (outcome = 'done')::int, (outcome = 'failed')::int, (outcome = 'lost')::int,
               coalesce(duration_ms, 0), coalesce(duration_ms, 0)
        FROM execution
        WHERE workspace_id = ${workspaceId} AND at >= ${start}::timestamptz
          AND date_trunc('hour', at, 'UTC') < ${start}::timestamptz AND outcome <> 'pending')
      SELECT CASE WHEN ${unit}::text IS NULL THEN NULL ELSE date_trunc(${unit}::text, hour, 'UTC') END AS at,
             coalesce(sum(done + failed), 0)::int AS executions, coalesce(sum(failed), 0)::int AS failed,
             coalesce(sum(lost), 0)::int AS lost, coalesce(sum(duration_ms), 0)::float8 AS "durationMs",
             coalesce(max(duration_max_ms), 0)::float8 AS "durationMaxMs"
      FROM part GROUP BY 1 ORDER BY 1`;
  }

  return {
    async begin({ id, workspaceId, plugin }) {
      tidyNowAndThen();
      // An account whose time was moved ahead, as demonstrations do, counts in its own time.
      await prisma.$executeRaw`
        INSERT INTO execution (id, workspace_id, plugin, at)
        SELECT ${id}, workspace.id, ${plugin},
               now() + CASE WHEN account.saved_at - account.updated_at > interval '1 minute'
                            THEN account.saved_at - account.updated_at ELSE interval '0' END
        FROM workspace JOIN account ON account.id = workspace.account_id
        WHERE workspace.id = ${workspaceId}`;
    },
    async settle(id, end) {
      if (end === null) {
        await prisma.execution.deleteMany({ where: { id, outcome: 'pending' } });
        return;
      }
      const { outcome } = end;
      const durationMs = executionDuration(end.durationMs);
      const reason = end.reason !== undefined && REASON.test(end.reason) ? end.reason : null;
      await prisma.$executeRaw`
        WITH settled AS (
          UPDATE execution SET outcome = ${outcome}, duration_ms = ${durationMs}::float8, reason = ${reason}
          WHERE id = ${id} AND outcome = 'pending'
          RETURNING workspace_id, at, outcome, coalesce(duration_ms, 0) AS duration_ms)
        INSERT INTO execution_hour AS stored (workspace_id, hour, done, failed, lost, duration_ms, duration_max_ms)
        SELECT workspace_id, date_trunc('hour', at, 'UTC'), (outcome = 'done')::int, (outcome = 'failed')::int,
               (outcome = 'lost')::int, duration_ms, duration_ms
        FROM settled
        ON CONFLICT (workspace_id, hour) DO UPDATE SET
          done = stored.done + EXCLUDED.done, failed = stored.failed + EXCLUDED.failed, lost = stored.lost + EXCLUDED.lost,
          duration_ms = least(stored.duration_ms + EXCLUDED.duration_ms, ${LONGEST_SUM_MS}::float8),
          duration_max_ms = greatest(stored.duration_max_ms, EXCLUDED.duration_max_ms)`;
    },
    async recent(workspaceId, limit) {
      tidyNowAndThen();
      const rows = await prisma.execution.findMany({
        where: { workspaceId },
        orderBy: [{ at: 'desc' }, { id: 'desc' }],
        take: limit,
      });
      return rows.map(({ id, plugin, at, outcome, durationMs, reason }) => ({
        id,
        plugin,
        at: at.toISOString(),
        outcome: outcome as RecordedExecution['outcome'],
        durationMs,
        reason,
      }));
    },
    async total(workspaceId, period) {
      const [row] = await counted(workspaceId, period, null);
      const { executions = 0, failed = 0, lost = 0, durationMs = 0, durationMaxMs = 0 } = row ?? {};
      return { executions, failed, lost, durationMs, durationMaxMs };
    },
    async by(workspaceId, period, unit) {
      const rows = await counted(workspaceId, period, unit);
      return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
    },
  };
}
