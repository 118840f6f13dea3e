import { Counter, Gauge, Registry } from 'prom-client';
import type { ReconciliationMetrics } from '#activities/reconciliation/deps.ts';
import type { PrismaClient } from '#prisma/client.ts';
import { TROUBLE_KINDS, type Troubles } from '#support/trouble.ts';

export interface WorkerMetrics {
  registry: Registry;
  reconciliation: ReconciliationMetrics;
  /** What a host found that nobody answers for, by what it is. */
  strangers: (found: Record<'unknown' | 'foreign', number>) => void;
  /** Parts of messages that a workflow did not take. */
  messageDropped(message: string, reason: string, count: number): void;
  /** This worker failed a workflow task. */
  workflowTaskFailed: () => void;
  /** Shows the accounts in trouble of the newest look. */
  watch: (newest: () => Troubles | null) => void;
  /** An answer of a workspace was not taken, and why. */
  answerRefused: (because: string) => void;
}

/** What operators watch of a worker. The gauges are of the database, and alike on every worker. */
export function createWorkerMetrics(prisma: PrismaClient): WorkerMetrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = (name: string, help: string) =>
    new Counter({ name: `leasehold_reconciliation_${name}`, help, registers });
  const counterBy = (label: string, name: string, help: string) =>
    new Counter({ name: `leasehold_reconciliation_${name}`, help, labelNames: [label], registers });

  const listed = counter('events_listed_total', 'Events that Stripe listed.');
  const missing = counterBy('type', 'events_missing_total', 'Events that had never arrived, by type.');
  const compared = counter('accounts_compared_total', 'Accounts that were compared with Stripe.');
  const drift = counterBy('kind', 'drift_total', 'Differences from Stripe that were found, by kind.');
  const repaired = counterBy('kind', 'repaired_total', 'Differences from Stripe that were seen to be gone, by kind.');

  new Gauge({
    name: 'leasehold_reconciliation_last_walk_timestamp_seconds',
    help: 'When the last walk to its end began, by walk.',
    labelNames: ['walk'] as const,
    registers,
    async collect() {
      const rows = await prisma.$queryRaw<{ walk: string; at: number }[]>`
        SELECT walk, extract(epoch FROM max(started_at))::float8 AS at FROM reconciliation_run, unnest(walks) AS walk
        WHERE outcome IN ('clean', 'repaired', 'left') GROUP BY walk`.catch(() => []);
      for (const { walk, at } of rows) this.set({ walk }, at);
    },
  });
  new Gauge({
    name: 'leasehold_reconciliation_drifted_accounts',
    help: 'Accounts that differ from Stripe and are not repaired, as the last walk over accounts found them.',
    registers,
    async collect() {
      // Without PostgreSQL the other figures still count.
      const count = await prisma.$queryRaw<{ count: number }[]>`
        SELECT count(DISTINCT account_id)::int AS count FROM drift
        WHERE repaired_at IS NULL AND run_id = (
          SELECT id FROM reconciliation_run WHERE 'accounts' = ANY(walks) ORDER BY started_at DESC LIMIT 1)`.catch(
        () => [],
      );
      this.set(count[0]?.count ?? Number.NaN);
    },
  });

  const strangers = new Gauge({
    name: 'leasehold_host_strangers',
    help: "Containers, networks and volumes on this worker's engine that nobody answers for, by what they are.",
    labelNames: ['what'] as const,
    registers,
  });

  const dropped = new Counter({
    name: 'leasehold_workflow_messages_dropped_total',
    help: 'Signals, their entries and Updates that a workflow did not take, by message and reason.',
    labelNames: ['message', 'reason'] as const,
    registers,
  });
  const refused = new Counter({
    name: 'leasehold_workspace_answers_refused_total',
    help: 'Answers of workspaces that were not taken, by why: too-large, too-slow, encoded, malformed, too-deep, cut-off, no-answer-of-a-gateway.',
    labelNames: ['because'] as const,
    registers,
  });

  const failedTasks = new Counter({
    name: 'leasehold_workflow_task_failures_total',
    help: 'Workflow tasks that this worker reported as failed. One that fails again and again is reported for its first tries.',
    registers,
  });

  return {
    registry,
    messageDropped: (message, reason, count) => dropped.inc({ message, reason }, count),
    workflowTaskFailed: () => failedTasks.inc(),
    watch(newest) {
      new Gauge({
        name: 'leasehold_accounts_in_trouble',
        help: 'Accounts in trouble, by kind; alike on every worker that serves accounts. NaN: it could not be looked at.',
        labelNames: ['kind'] as const,
        registers,
        collect() {
          const counts = newest()?.counts;
          for (const kind of TROUBLE_KINDS) this.set({ kind }, counts?.[kind] ?? Number.NaN);
        },
      });
    },
    answerRefused: (because) => refused.inc({ because }),
    strangers(found) {
      for (const [what, count] of Object.entries(found)) strangers.set({ what }, count);
    },
    reconciliation: {
      eventsListed: (count) => listed.inc(count),
      eventMissing: (type) => missing.inc({ type }),
      accountCompared: () => compared.inc(),
      drift: (kind) => drift.inc({ kind }),
      repaired: (kind) => repaired.inc({ kind }),
    },
  };
}
