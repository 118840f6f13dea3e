import { proxyActivities } from '@temporalio/workflow';
import { NON_RETRYABLE, type SubscriptionActivities, type WorkspaceActivities } from '#activities/contracts.ts';
import { workspaceTaskQueue } from './messages.ts';

const nonRetryableErrorTypes = [...NON_RETRYABLE];

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
