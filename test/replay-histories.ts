import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import { RECONCILE_WORKFLOW } from '#workflows/reconciliation/messages.ts';
import { SUBSCRIPTION_WORKFLOW } from '#workflows/subscription/messages.ts';

const { WorkflowTaskFailedCause: Cause } = proto.temporal.api.enums.v1;
/** Tasks that did not fail for what the workflow does: a message came at its very end, it was terminated, or support reset it. */
const BENIGN = new Set<number>([
  Cause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
  Cause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,
  Cause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW,
]);

/** Every workflow type of ours. */
export const WORKFLOW_TYPES = [SUBSCRIPTION_WORKFLOW, RECONCILE_WORKFLOW] as const;

export interface Replayed {
  /** Runs replayed, by workflow type. */
  counts: Record<string, number>;
  events: number;
  /** Runs that today's code can't follow, or whose tasks failed; each with what is needed to look at it. */
  failures: string[];
}

/**
 * Replays every run that a namespace holds with the code of today, as the next restart of a worker would.
 *
 * @param codePath the workflows' script, of `workflowBundle`
 * @param ids workflow ids to replay. Default: all
 */
export async function replayHistories(client: Client, codePath: string, ids?: readonly string[]): Promise<Replayed> {
  const replayed: Replayed = { counts: {}, events: 0, failures: [] };
  const query = WORKFLOW_TYPES.map((type) => `WorkflowType = '${type}'`).join(' OR ');
  const runs: { workflowId: string; runId: string; type: string }[] = [];
  for await (const { workflowId, runId, type } of client.workflow.list({ query })) {
    if (!ids || ids.includes(workflowId)) runs.push({ workflowId, runId, type });
  }
  const histories = async function* () {
    for (const { workflowId, runId, type } of runs) {
      const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      replayed.counts[type] = (replayed.counts[type] ?? 0) + 1;
      replayed.events += history.events?.length ?? 0;
      for (const event of history.events ?? []) {
        const failed = event.workflowTaskFailedEventAttributes;
        if (!failed || BENIGN.has(failed.cause ?? 0)) continue;
        const { message } = failed.failure ?? {};
        replayed.failures.push(
          `${workflowId} ${runId}: task ${event.eventId} failed (${causeOf(failed.cause)}): ${message}`,
        );
      }
      yield { workflowId, history };
    }
  };
  for await (const { workflowId, runId, error } of Worker.runReplayHistories(
    { workflowBundle: { codePath } },
    histories(),
  )) {
    if (error) replayed.failures.push(`${workflowId} ${runId}: can't be replayed: ${error.message}`);
  }
  return replayed;
}

function causeOf(cause: number | null | undefined): string {
  return Cause[cause ?? 0]?.replace('WORKFLOW_TASK_FAILED_CAUSE_', '').toLowerCase() ?? 'unknown';
}
