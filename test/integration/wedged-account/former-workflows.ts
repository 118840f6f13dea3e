import { sleep } from '@temporalio/workflow';
import type { SubscriptionInput } from '#workflows/subscription/messages.ts';
import { subscription as real } from '#workflows/subscription/workflow.ts';

export { reconcile } from '#workflows/reconciliation/workflow.ts';

/** A version whose histories ours can't follow: it begins with a timer, for accounts that are to be poisoned. */
export async function subscription(input: SubscriptionInput): Promise<void> {
  if (input.accountId.startsWith('poisoned-')) void sleep('365 days');
  return real(input);
}
