import type { SubscriptionInput } from '#workflows/subscription/messages.ts';
import { subscription as real } from '#workflows/subscription/workflow.ts';

export { reconcile } from '#workflows/reconciliation/workflow.ts';

/** A version with a fault: it throws a plain `Error` for some accounts, which fails their workflow tasks again and again. */
export async function subscription(input: SubscriptionInput): Promise<void> {
  if (input.accountId.startsWith('throwing-')) throw new Error('A fault of the code that was deployed.');
  return real(input);
}
