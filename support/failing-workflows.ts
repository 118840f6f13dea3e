import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time.js';
import { RECONCILE_WORKFLOW } from '#workflows/reconciliation/messages.ts';
import { SUBSCRIPTION_WORKFLOW, subscriptionWorkflowId } from '#workflows/subscription/messages.ts';
import type { Found } from './late-accounts.ts';
import { taskProblemOf } from './task-problem.ts';
import { MOST_LISTED, type Trouble } from './trouble.ts';

/** Set by the server once a task has failed so often in a row as its dynamic configuration says. */
const REPORTED_PROBLEMS = 'TemporalReportedProblems';
const FAILING =
  `ExecutionStatus = 'Running' AND WorkflowType IN ('${SUBSCRIPTION_WORKFLOW}', '${RECONCILE_WORKFLOW}')` +
  ` AND ${REPORTED_PROBLEMS} IN ('category=WorkflowTaskFailed', 'category=WorkflowTaskTimedOut')`;
/** Each costs a call. */
const MOST_DESCRIBED = 20;

/** Finds workflows whose task fails again and again through the server's own search attribute (1.30 and newer): two calls, and one for each of the first 20. */
export async function findFailingWorkflows(client: Client): Promise<Found> {
  const { count } = await client.workflow.count(FAILING);
  if (count === 0) return { found: [], count };
  const found: Trouble[] = [];
  for await (const { workflowId, searchAttributes } of client.workflow.list({
    query: FAILING,
    pageSize: MOST_LISTED,
  })) {
    const problems = (searchAttributes[REPORTED_PROBLEMS] ?? []) as unknown[];
    const since = found.length < MOST_DESCRIBED ? await failingSince(client, workflowId) : null;
    found.push(troubleOf(workflowId, since, causeAmong(problems)));
    if (found.length === MOST_LISTED) break;
  }
  return { found, count: Math.max(count, found.length) };
}

/** For a server without that attribute: describes accounts for which something else speaks, and keeps those whose task fails. */
export async function describeSuspects(client: Client, accountIds: string[]): Promise<Found> {
  const found: Trouble[] = [];
  for (const accountId of accountIds.slice(0, MOST_DESCRIBED)) {
    const workflowId = subscriptionWorkflowId(accountId);
    const task = await client.workflow
      .getHandle(workflowId)
      .describe()
      .then(pendingTask)
      .catch(() => null);
    if (task && task.attempt > 1) found.push(troubleOf(workflowId, task.since, null));
  }
  return { found, count: found.length };
}

/** Whether the server marks workflows whose tasks fail. */
export async function reportsProblems(client: Client): Promise<boolean> {
  const { namespace } = client.options;
  const { namespaceInfo } = await client.workflowService.describeNamespace({ namespace });
  return namespaceInfo?.capabilities?.reportedProblemsSearchAttribute === true;
}

/** A task that waits or is under way. */
export interface PendingTask {
  /** 1 for one that has not failed. */
  attempt: number;
  /** ISO: when it was first to be done. */
  since: string | null;
}

export function pendingTask({ raw }: WorkflowExecutionDescription): PendingTask | null {
  const task = raw.pendingWorkflowTask;
  if (!task) return null;
  const at = task.originalScheduledTime ?? task.scheduledTime;
  return { attempt: task.attempt ?? 1, since: at ? new Date(tsToMs(at)).toISOString() : null };
}

async function failingSince(client: Client, workflowId: string): Promise<string | null> {
  const description = await client.workflow
    .getHandle(workflowId)
    .describe()
    .catch(() => null);
  return description && (pendingTask(description)?.since ?? null);
}

/** The account of a workflow, or `null` for one of another type. */
export function accountOfWorkflow(workflowId: string): string | null {
  const start = subscriptionWorkflowId('');
  return workflowId.startsWith(start) ? workflowId.slice(start.length) : null;
}

/** The reported cause, such as `WorkflowTaskFailedCauseNonDeterministicError`. */
export function causeAmong(problems: readonly unknown[]): string | null {
  const cause = problems.find((each) => typeof each === 'string' && each.startsWith('cause='));
  return typeof cause === 'string' ? cause.slice('cause='.length) : null;
}

function troubleOf(workflowId: string, since: string | null, cause: string | null): Trouble {
  const accountId = accountOfWorkflow(workflowId);
  const problem = cause === null ? null : taskProblemOf(cause);
  const why = problem ? `: ${problem.cause}` : '';
  const how = problem ? `${problem.advice}: ` : '';
  return {
    kind: 'workflow-task-fails',
    accountId,
    about: workflowId,
    since,
    detail: `The task of workflow ${workflowId} fails again and again${why}. It acts on nothing until that ends.`,
    cure:
      accountId === null
        ? `${how}terminate it in the Temporal Web UI; its Schedule, or \`bin/leasehold reconcile\`, starts the next one`
        : `${how}\`bin/leasehold account repair ${accountId}\``,
  };
}
