import { type WorkflowHandle, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { attachPlatform } from '#platform/attach.ts';
import { PlatformError } from '#platform/platform-error.ts';
import { connectTemporal } from '#workflows/connection.ts';
import { subscriptionWorkflowId } from '#workflows/subscription/messages.ts';
import { stateFolder } from './state-folder.ts';

/**
 * Hands the workflow of an account to `use`: on the platform that runs here, else on the Temporal that the settings name.
 *
 * @throws PlatformError when there is neither, no such account, or the workflow refused what was asked of it
 */
export async function withAccountWorkflow<T>(
  accountId: string,
  use: (workflow: WorkflowHandle) => Promise<T>,
): Promise<T> {
  const platform = await attachPlatform(stateFolder(process.env));
  if (!platform && !process.env.TEMPORAL_ADDRESS)
    throw new PlatformError('Nothing runs here. Start it with `npm start`, or set TEMPORAL_ADDRESS.');
  const client = await connectTemporal(platform?.env ?? process.env);
  try {
    return await use(client.workflow.getHandle(subscriptionWorkflowId(accountId)));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw new PlatformError(`There is no account ${accountId}.`);
    if (error instanceof WorkflowUpdateFailedError) throw new PlatformError(error.cause?.message ?? error.message);
    throw error;
  } finally {
    await client.connection.close();
  }
}
