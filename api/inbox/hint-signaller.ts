import { type BillingHint, billingHints, revivalOf, SUBSCRIPTION_WORKFLOW } from '#workflows/subscription/messages.ts';
import type { TemporalLink } from '../temporal.ts';

/** Hands hints to an account's workflow. Rejects when Temporal did not confirm them. */
export type SignalHints = (accountId: string, hints: BillingHint[]) => Promise<void>;

/**
 * One `signalWithStart` for all hints given, so that an account whose workflow was terminated or never began gets one.
 *
 * @param deadlineMs how long one call may take. Default 5,000.
 */
export function createHintSignaller(temporal: TemporalLink, deadlineMs = 5_000): SignalHints {
  return async (accountId, hints) => {
    await temporal.connection.withDeadline(Date.now() + deadlineMs, () =>
      temporal.client.workflow.signalWithStart(SUBSCRIPTION_WORKFLOW, {
        ...revivalOf(accountId),
        signal: billingHints,
        signalArgs: [hints],
      }),
    );
  };
}
