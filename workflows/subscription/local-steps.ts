import { proxyLocalActivities } from '@temporalio/workflow';
import { NON_RETRYABLE, type SubscriptionActivities } from '#activities/contracts.ts';

/**
 * Short idempotent steps that run inside the workflow task: half the cost of ordinary activities (`docs/decisions/`).
 *
 * **Only the main loop starts them, one at a time.** A local activity leaves nothing in the history but its result, in the order in which
 * results came. Two that are in flight at once may end in another order when the history is replayed than they did at first; what is
 * started after them then gets the other's number, and its result: a run that no worker can take up again. So no message handler and no
 * coroutine starts one. What runs beside the loop is an ordinary activity, which has an event of its own. Import boundaries hold this file to
 * the main loop (`.dependency-cruiser.cjs`), Biome holds `proxyLocalActivities` to this file, and `npm run orders` plays the orders of arrival.
 * The whole story: `docs/decisions/2026-12-01-local-activities-of-the-main-loop-alone.md`.
 */
export const steps = proxyLocalActivities<
  Pick<SubscriptionActivities, 'readBilling' | 'loadAccount' | 'claimCustomer' | 'saveAccount'>
>({
  startToCloseTimeout: '15 seconds',
  // What has been recorded meanwhile, a hold for example, is saved after it: it may not wait for long.
  scheduleToCloseTimeout: '20 seconds',
  retry: {
    initialInterval: '200 milliseconds',
    maximumInterval: '2 seconds',
    maximumAttempts: 4,
    nonRetryableErrorTypes: [...NON_RETRYABLE],
  },
});
