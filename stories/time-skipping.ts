import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { msToTs, tsToMs } from '@temporalio/common/lib/time';
import { until } from './until.ts';

/**
 * Time skipping of the official server: experimental there, so this module is its only user. For stories, demos and
 * tests; the server has it switched on by `frontend.WorkflowTimeSkippingEnabled` in the embedded default alone.
 */
const FAST_FORWARD_TIMEOUT_MS = 60_000;
const GRPC_NOT_FOUND = 5;

/** The workflow's own time now, and the run that has it. */
export async function virtualTime(client: Client, workflowId: string): Promise<{ now: string; runId: string }> {
  const { raw, runId } = await client.workflow.getHandle(workflowId).describe();
  const info = raw.workflowExtendedInfo?.timeSkippingInfo;
  return { now: new Date(info?.currentTime ? tsToMs(info.currentTime) : Date.now()).toISOString(), runId };
}

/** Lets the workflow's time pass until `target`, timers firing on the way. Does nothing when it is there already. */
export async function fastForward(client: Client, workflowId: string, target: string): Promise<void> {
  const id = randomUUID();
  let asked = false;
  // A run that goes on in a fresh one just then is not there any more, and its successor has the same time.
  await until(`a run of ${workflowId} to take it`, FAST_FORWARD_TIMEOUT_MS, async () => {
    const { now } = await virtualTime(client, workflowId);
    const durationMs = Date.parse(target) - Date.parse(now);
    if (durationMs <= 0) return true;
    asked = await askFor(client, workflowId, { id, durationMs });
    return asked;
  });
  if (!asked) return;
  await until(`the workflow's time to reach ${target}, or the workflow to end`, FAST_FORWARD_TIMEOUT_MS, async () => {
    const { raw, status } = await client.workflow.getHandle(workflowId).describe();
    const config = raw.workflowExtendedInfo?.timeSkippingInfo?.effectiveConfig;
    // Reaching the target switches skipping off again.
    return status.name !== 'RUNNING' || (config?.fastForwardConfig?.id === id && config.enabled !== true);
  });
}

/** Returns false where the run has just ended and the workflow goes on in another. */
async function askFor(
  client: Client,
  workflowId: string,
  { id, durationMs }: { id: string; durationMs: number },
): Promise<boolean> {
  try {
    await client.workflowService.updateWorkflowExecutionOptions({
      namespace: client.options.namespace,
      workflowExecution: { workflowId },
      workflowExecutionOptions: {
        timeSkippingConfig: { enabled: true, fastForwardConfig: { id, duration: msToTs(durationMs) } },
      },
      updateMask: { paths: ['time_skipping_config'] },
    });
    return true;
  } catch (error) {
    const { status } = await client.workflow.getHandle(workflowId).describe();
    if ((error as { code?: number }).code === GRPC_NOT_FOUND && status.name === 'RUNNING') return false;
    throw error;
  }
}
