import { timeOf } from './clock.ts';
import { change, emit } from './events.ts';
import type { Invoice, Subscription, SubscriptionStatus } from './objects.ts';
import { isOfPendingUpdate } from './pending-updates.ts';
import { noSuch } from './stripe-error.ts';
import type { World } from './world.ts';

/** @throws StripeError `resource_missing` */
export function findSubscription(world: World, id: string, param = 'subscription'): Subscription {
  const subscription = world.state.subscriptions[id];
  if (!subscription) throw noSuch('subscription', id, param);
  return subscription;
}

export function hasEnded(subscription: Subscription): boolean {
  return subscription.status === 'canceled' || subscription.status === 'incomplete_expired';
}

export function invoicesOf(world: World, subscription: Subscription): Invoice[] {
  return Object.values(world.state.invoices).filter(
    (each) => each.parent.subscription_details.subscription === subscription.id,
  );
}

/**
 * Sets the status that the invoices ask for; emits `customer.subscription.updated` when it changes. The latest finalised
 * invoice decides: paid means active, tried in vain means past due; voided ones do not count, and an uncollectible one
 * leaves the status as it was. An ended subscription stays ended. https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses
 */
export function followInvoices(world: World, subscription: Subscription): void {
  if (subscription.status === 'paused') {
    followResumption(world, subscription);
    return;
  }
  const status = statusFromInvoices(world, subscription);
  if (status === subscription.status) return;
  if (world.unannounced === subscription.id) {
    subscription.status = status;
    return;
  }
  change(world, 'customer.subscription.updated', subscription, (each) => {
    each.status = status;
    if (status === 'incomplete_expired') {
      each.ended_at = timeOf(world, each.test_clock);
      each.canceled_at = each.ended_at;
    }
  });
}

/**
 * What a paused subscription waits for has come: its invoice is paid or written off. Emits
 * `customer.subscription.updated` and `.resumed`. https://docs.stripe.com/api/subscriptions/resume
 */
function followResumption(world: World, subscription: Subscription): void {
  const invoice = world.state.invoices[world.state.resumptions[subscription.id] ?? ''];
  if (!invoice) return;
  if (invoice.status === 'void') delete world.state.resumptions[subscription.id];
  const isSettled = invoice.status === 'paid' || invoice.status === 'uncollectible';
  if (!isSettled) return;
  delete world.state.resumptions[subscription.id];
  change(world, 'customer.subscription.updated', subscription, (each) => {
    each.status = 'active';
  });
  emit(world, 'customer.subscription.resumed', subscription);
}

/** The last retry has failed: what the account's settings say happens. https://docs.stripe.com/billing/revenue-recovery/smart-retries */
export function collectionFailed(world: World, subscription: Subscription): void {
  if (hasEnded(subscription)) return;
  if (world.policy.afterLastRetry === 'cancel') {
    endSubscription(world, subscription, { reason: 'payment_failed' });
  } else if (world.policy.afterLastRetry === 'mark_unpaid') {
    change(world, 'customer.subscription.updated', subscription, (each) => {
      each.status = 'unpaid';
    });
  }
}

export interface Ending {
  reason: 'cancellation_requested' | 'payment_failed';
  comment?: string | undefined;
  feedback?: Subscription['cancellation_details']['feedback'] | undefined;
}

/**
 * Ends a subscription now: emits `customer.subscription.deleted` and stops collecting its invoices by itself; they stay
 * payable. https://docs.stripe.com/billing/subscriptions/cancel
 */
export function endSubscription(world: World, subscription: Subscription, ending: Ending): void {
  const at = timeOf(world, subscription.test_clock);
  subscription.status = 'canceled';
  subscription.ended_at = at;
  subscription.canceled_at ??= at;
  subscription.cancellation_details.reason ??= ending.reason;
  subscription.cancellation_details.comment = ending.comment ?? subscription.cancellation_details.comment;
  subscription.cancellation_details.feedback = ending.feedback ?? subscription.cancellation_details.feedback;
  for (const invoice of invoicesOf(world, subscription)) {
    if (invoice.status !== 'open' && invoice.status !== 'draft') continue;
    change(world, 'invoice.updated', invoice, (each) => {
      each.auto_advance = false;
      each.automatically_finalizes_at = null;
      each.next_payment_attempt = null;
    });
  }
  delete world.state.resumptions[subscription.id];
  emit(world, 'customer.subscription.deleted', subscription);
  endSchedule(world, subscription, at);
}

/** A schedule ends with its subscription. https://docs.stripe.com/billing/subscriptions/subscription-schedules */
function endSchedule(world: World, subscription: Subscription, at: number): void {
  const schedule = world.state.subscriptionSchedules[subscription.schedule ?? ''];
  if (schedule?.status !== 'active') return;
  schedule.status = 'canceled';
  schedule.canceled_at = at;
  schedule.current_phase = null;
  emit(world, 'subscription_schedule.canceled', schedule);
}

function statusFromInvoices(world: World, subscription: Subscription): SubscriptionStatus {
  const { status } = subscription;
  if (hasEnded(subscription) || status === 'trialing' || status === 'paused') return status;
  // An update that waits for its payment leaves the status alone: https://docs.stripe.com/billing/subscriptions/pending-updates
  const finalized = invoicesOf(world, subscription).filter(
    (each) => each.status !== 'draft' && !isOfPendingUpdate(world, each),
  );
  const latest = finalized.filter((each) => each.status !== 'void').at(-1);
  if (status === 'incomplete') {
    if (!latest) return finalized.length > 0 ? 'incomplete_expired' : 'incomplete';
    return latest.status === 'paid' ? 'active' : 'incomplete';
  }
  if (!latest || latest.status === 'paid') return 'active';
  if (latest.status === 'uncollectible' || !latest.attempted) return status;
  return status === 'unpaid' ? 'unpaid' : 'past_due';
}
