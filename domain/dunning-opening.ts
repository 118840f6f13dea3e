import type { Dunning } from './account-state.ts';
import type { DunningPolicy } from './catalog.ts';
import { type InvoiceSnapshot, isForUpgrade, type SubscriptionSnapshot } from './snapshot.ts';
import { addDays, addMs, type Instant, later } from './time.ts';

/**
 * The dunning of a subscription that owes. Grace counts from the first failure of its oldest open renewal. An invoice that
 * was left open when the account last recovered is a debt, but no longer a reason to shorten grace.
 *
 * @param recoveredAt when the account last recovered from a dunning
 */
export function openDunning(
  subscription: SubscriptionSnapshot,
  recoveredAt: Instant | null,
  now: Instant,
  policy: DunningPolicy,
): Dunning {
  const oldest = subscription.invoices
    .filter((invoice) => invoice.status === 'open' && invoice.attemptCount > 0 && !isForUpgrade(invoice))
    .filter((invoice) => recoveredAt === null || firstFailure(invoice) > recoveredAt)
    .sort((a, b) => firstFailure(a).localeCompare(firstFailure(b)))[0];
  const startedAt = oldest ? firstFailure(oldest) : startWithoutInvoice(subscription, recoveredAt);
  const suspendAt = later(addDays(startedAt, policy.suspendAfterDays), addDays(now, policy.minimumNoticeDays));
  return {
    id: oldest?.id ?? `${subscription.id}/${startedAt}`,
    subscriptionId: subscription.id,
    policy,
    startedAt,
    suspendAt,
    cancelAt: addDays(suspendAt, policy.cancelAfterDays - policy.suspendAfterDays),
    deleteAt: addDays(suspendAt, policy.deleteAfterDays - policy.suspendAfterDays),
    decidedDays: [],
    extensions: [],
    stage: 'grace',
    waitingFor: null,
  };
}

/** Stripe first collects an invoice when it finalises it, so that instant is the first failure, and no later attempt moves it. */
function firstFailure(invoice: InvoiceSnapshot): Instant {
  return invoice.finalizedAt ?? invoice.createdAt;
}

/** Always after the last recovery, so that no two dunnings of a subscription begin at one instant. */
function startWithoutInvoice(subscription: SubscriptionSnapshot, recoveredAt: Instant | null): Instant {
  const { currentPeriodStart } = subscription;
  return recoveredAt === null ? currentPeriodStart : later(currentPeriodStart, addMs(recoveredAt, 1));
}
