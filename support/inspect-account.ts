import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { PrismaClient } from '#prisma/client.ts';
import { SUBSCRIPTION_TASK_QUEUE, subscriptionWorkflowId } from '#workflows/subscription/messages.ts';
import { causeAmong, pendingTask } from './failing-workflows.ts';
import { type RunHistory, readRunHistory } from './run-history.ts';
import { type TaskProblem, taskProblemOf } from './task-problem.ts';

/** A worker asks for work at least once a minute. */
const POLLER_FRESH_MS = 75_000;
/** `WORKFLOW_TASK` of Temporal's task queue types. */
const WORKFLOW_TASKS = 1;

/** What PostgreSQL has of an account. */
export interface StoredSummary {
  version: number;
  standing: string;
  planId: string;
  /** Names of the holds that are in force. */
  holds: string[];
  /** Ids of the effects that wait to be carried out. */
  waitingEffects: string[];
  savedAt: Date;
  updatedAt: Date;
  nextDeadline: Date | null;
  eventsNotActedOn: number;
  setAside: { what: string; about: string; reason: string; at: Date; content: string }[];
}

/** The newest run of an account's workflow. */
export interface RunSummary {
  runId: string;
  /** `RUNNING`, `TERMINATED` and so on. */
  status: string;
  history: RunHistory;
  events: number;
  /** The task that waits or is under way. */
  task: { attempt: number; since: string | null } | null;
  /** Its task fails again and again. */
  fails: { problem: TaskProblem; message: string | null } | null;
}

export interface AccountReport {
  accountId: string;
  stored: StoredSummary | null;
  deletedAt: Date | null;
  run: RunSummary | null;
  /** Workers that ask for the tasks of accounts. */
  workers: number;
}

/** Reads all that tells how an account and its workflow are. Changes nothing. */
export async function inspectAccount(
  { prisma, client }: { prisma: PrismaClient; client: Client },
  accountId: string,
): Promise<AccountReport> {
  const [stored, deleted, run, workers] = await Promise.all([
    readStored(prisma, accountId),
    prisma.deletedAccount.findUnique({ where: { id: accountId } }),
    readRun(client, accountId),
    countWorkers(client),
  ]);
  return { accountId, stored, deletedAt: deleted?.deletedAt ?? null, run, workers };
}

async function readStored(prisma: PrismaClient, accountId: string): Promise<StoredSummary | null> {
  const row = await prisma.account.findUnique({ where: { id: accountId } });
  if (!row) return null;
  const state = row.state as unknown as { holds?: { name: string }[]; outbox?: { id: string }[] };
  const [eventsNotActedOn, setAside] = await Promise.all([
    prisma.stripeEvent.count({ where: { accountId, actedAt: null } }),
    prisma.setAside.findMany({ where: { accountId, settledAt: null }, orderBy: { at: 'asc' }, take: 20 }),
  ]);
  return {
    version: row.version,
    standing: row.standing,
    planId: row.planId,
    holds: (state.holds ?? []).map(({ name }) => name),
    waitingEffects: (state.outbox ?? []).map(({ id }) => id),
    savedAt: row.savedAt,
    updatedAt: row.updatedAt,
    nextDeadline: row.nextDeadline,
    eventsNotActedOn,
    setAside,
  };
}

async function readRun(client: Client, accountId: string): Promise<RunSummary | null> {
  const workflowId = subscriptionWorkflowId(accountId);
  try {
    const description = await client.workflow.getHandle(workflowId).describe();
    const { runId, status } = description;
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const history = readRunHistory(events ?? []);
    const task = pendingTask(description);
    const reported = causeAmong((description.searchAttributes.TemporalReportedProblems ?? []) as unknown[]);
    const failsNow = reported !== null || (task !== null && task.attempt > 1);
    const cause = history.failure?.cause ?? reported ?? 'WorkflowTaskTimedOut';
    return {
      runId,
      status: status.name,
      history,
      events: events?.length ?? 0,
      task,
      fails:
        status.name === 'RUNNING' && failsNow
          ? { problem: taskProblemOf(cause), message: history.failure?.message || null }
          : null,
    };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

async function countWorkers(client: Client): Promise<number> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: SUBSCRIPTION_TASK_QUEUE },
    taskQueueType: WORKFLOW_TASKS,
  });
  return (pollers ?? []).filter(
    ({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1_000 > Date.now() - POLLER_FRESH_MS,
  ).length;
}
