import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import { NON_RETRYABLE, type SubscriptionActivities, type WorkspaceActivities } from '#activities/contracts.ts';
import { workspaceTaskQueue } from './messages.ts';

const nonRetryableErrorTypes = [...NON_RETRYABLE];

/** Short idempotent steps run inside the workflow task: half the cost of ordinary activities (`docs/decisions/`). */
export const steps = proxyLocalActivities<
  Pick<SubscriptionActivities, 'readBilling' | 'loadAccount' | 'claimCustomer' | 'saveAccount'>
>({
  startToCloseTimeout: '15 seconds',
  scheduleToCloseTimeout: '45 seconds',
  retry: {
    initialInterval: '200 milliseconds',
    maximumInterval: '2 seconds',
    maximumAttempts: 4,
    nonRetryableErrorTypes,
  },
});

/** Side effects that others see, each safe to repeat. */
export const sideEffects = proxyActivities<
  Pick<
    SubscriptionActivities,
    'sendMail' | 'cancelSubscription' | 'endAddOn' | 'endDuplicate' | 'endBilling' | 'deleteAccount'
  >
>({
  scheduleToStartTimeout: '60 seconds',
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '2 minutes',
  retry: { initialInterval: '1 second', maximumAttempts: 3, nonRetryableErrorTypes },
});

/** The worker beside the Docker engine of a host. */
export function hostActivities(hostId: string): WorkspaceActivities {
  return proxyActivities<WorkspaceActivities>({
    taskQueue: workspaceTaskQueue(hostId),
    scheduleToStartTimeout: '60 seconds',
    startToCloseTimeout: '120 seconds',
    scheduleToCloseTimeout: '4 minutes',
    heartbeatTimeout: '30 seconds',
    retry: { initialInterval: '1 second', maximumAttempts: 3, nonRetryableErrorTypes },
  });
}
