import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { ReconciliationDeps } from '#activities/reconciliation/deps.ts';
import {
  billingHints,
  type HostReport,
  hostReports,
  revivalOf,
  SUBSCRIPTION_WORKFLOW,
  subscriptionWorkflowId,
} from '#workflows/subscription/messages.ts';

/** What the reconciliation asks of the workflows of accounts. */
export function accountWorkflows(client: Client): Pick<ReconciliationDeps, 'isRunning' | 'askToLook'> {
  return {
    async isRunning(accountId) {
      try {
        const { status } = await client.workflow.getHandle(subscriptionWorkflowId(accountId)).describe();
        return status.name === 'RUNNING' || status.name === 'PAUSED';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    },
    async askToLook(accountId, hint) {
      await client.workflow.signalWithStart(SUBSCRIPTION_WORKFLOW, {
        ...revivalOf(accountId),
        signal: billingHints,
        signalArgs: [[hint]],
      });
    },
  };
}

/** Tells an account's workflow what its host saw. One that was terminated is begun again, from what is stored. */
export async function sendHostReports(client: Client, accountId: string, reports: HostReport[]): Promise<void> {
  await client.workflow.signalWithStart(SUBSCRIPTION_WORKFLOW, {
    ...revivalOf(accountId),
    signal: hostReports,
    signalArgs: [reports],
  });
}
