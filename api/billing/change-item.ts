import type Stripe from 'stripe';
import { Problem } from '../problem.ts';
import type { Changed } from './answers.ts';
import { type BillingCommand, COMMAND_KEY, onceFor } from './billing-deps.ts';
import { latestInvoiceOf } from './held-subscriptions.ts';
import { NOTHING_TO_DO, stepFor } from './invoice-payment.ts';

/** What an item of a subscription is to become. */
export interface ItemChange {
  item: Stripe.SubscriptionItem;
  /** Id of the new price. */
  price: string;
  quantity: number;
  /** Of the subscription, from the change on. */
  metadata: Record<string, string>;
}

/** What a command came to that was carried out before; `null` when it was not. */
export async function changedBefore(
  stripe: Stripe,
  { id }: BillingCommand,
  subscription: Stripe.Subscription,
): Promise<Changed | null> {
  const scheduleId = scheduleOf(subscription);
  const schedule = scheduleId === null ? null : await stripe.subscriptionSchedules.retrieve(scheduleId);
  if (schedule?.metadata?.[COMMAND_KEY] === id) {
    const at = schedule.phases.at(-1)?.start_date ?? null;
    const instant = at === null ? null : new Date(at * 1_000).toISOString();
    return { ...answerOf(subscription), outcome: 'scheduled', at: instant, invoiceId: null };
  }
  if (subscription.metadata[COMMAND_KEY] !== id) return null;
  return { ...answerOf(subscription), outcome: 'done', invoiceId: latestInvoiceOf(subscription)?.id ?? null };
}

/**
 * Changes an item now and charges the difference. Nothing is in force before it is paid: on a decline, and while the bank
 * wants it confirmed, the subscription stays as it was. https://docs.stripe.com/billing/subscriptions/pending-updates
 *
 * @throws Problem 402 `card-declined`
 */
export async function changeNow(
  stripe: Stripe,
  command: BillingCommand,
  subscription: Stripe.Subscription,
  { item, price, quantity, metadata }: ItemChange,
): Promise<Changed> {
  await dropPendingUpdate(stripe, subscription);
  await dropSchedule(stripe, command, subscription);
  const changed = await stripe.subscriptions.update(
    subscription.id,
    {
      items: [{ id: item.id, price, quantity }],
      payment_behavior: 'pending_if_incomplete',
      // A trial is not charged, whatever it is of.
      proration_behavior: subscription.status === 'trialing' ? 'none' : 'always_invoice',
      expand: ['latest_invoice'],
    },
    // Sent again after a decline it is another attempt: the invoice of the first one is void.
    onceFor(command, `change/${latestInvoiceOf(subscription)?.id ?? 'first'}`),
  );
  const invoice = latestInvoiceOf(changed);
  if (changed.pending_update && invoice) {
    const step = await stepFor(stripe, invoice);
    return { ...answerOf(changed), outcome: 'needs-customer', invoiceId: invoice.id ?? null, ...step };
  }
  // Whoever chooses a plan stays. Neither may go along with the change itself, which can still wait for its payment.
  const described = await stripe.subscriptions.update(
    subscription.id,
    { metadata: { ...metadata, [COMMAND_KEY]: command.id }, ...takesBackCancel(changed) },
    onceFor(command, 'describe'),
  );
  return { ...answerOf(described), outcome: 'done', invoiceId: invoice?.id ?? null };
}

/** Changes an item at the end of the period that is paid. https://docs.stripe.com/billing/subscriptions/subscription-schedules */
export async function changeLater(
  stripe: Stripe,
  command: BillingCommand,
  subscription: Stripe.Subscription,
  { item, price, quantity, metadata }: ItemChange,
): Promise<Changed> {
  await dropPendingUpdate(stripe, subscription);
  await dropSchedule(stripe, command, subscription);
  const cancel = takesBackCancel(subscription);
  if (cancel) await stripe.subscriptions.update(subscription.id, cancel, onceFor(command, 'keep'));
  const schedule = await stripe.subscriptionSchedules.create(
    { from_subscription: subscription.id },
    // Sent again after half of it was done, the schedule that was begun is released, and this is another one.
    onceFor(command, `schedule/${scheduleOf(subscription) ?? 'first'}`),
  );
  const [present] = schedule.phases;
  if (!present) throw new Error(`Schedule ${schedule.id} has no phase.`);
  const asNow = subscription.items.data.map(itemOf);
  const then = subscription.items.data.map((each) => (each.id === item.id ? { price, quantity } : itemOf(each)));
  const at = item.current_period_end;
  await stripe.subscriptionSchedules.update(
    schedule.id,
    {
      end_behavior: 'release',
      metadata: { [COMMAND_KEY]: command.id },
      proration_behavior: 'none',
      phases: [
        { items: asNow, start_date: present.start_date, end_date: at, proration_behavior: 'none' },
        { items: then, start_date: at, duration: durationOf(item), proration_behavior: 'none', metadata },
      ],
    },
    onceFor(command, `phases/${schedule.id}`),
  );
  return { ...answerOf(subscription), outcome: 'scheduled', at: new Date(at * 1_000).toISOString(), invoiceId: null };
}

/** Takes back a change that is to come. */
export async function dropSchedule(
  stripe: Stripe,
  command: BillingCommand,
  subscription: Stripe.Subscription,
): Promise<boolean> {
  const id = scheduleOf(subscription);
  if (id === null) return false;
  await stripe.subscriptionSchedules.release(id, { preserve_cancel_date: false }, onceFor(command, `release/${id}`));
  return true;
}

/** Takes back a change that waits for its payment: voiding its invoice drops it. */
export async function dropPendingUpdate(stripe: Stripe, subscription: Stripe.Subscription): Promise<boolean> {
  if (!subscription.pending_update) return false;
  const invoice = latestInvoiceOf(subscription);
  if (!invoice?.id || invoice.status !== 'open') return false;
  await stripe.invoices.voidInvoice(invoice.id).catch(async (error: unknown) => {
    // Paid, expired or voided in this moment.
    const { status } = await stripe.invoices.retrieve(invoice.id ?? '');
    if (status === 'open') throw error;
    if (status === 'paid') throw paidMeanwhile();
  });
  return true;
}

/** The parameters that take a cancel back, or `null` when none is to come. A portal sets `cancel_at` alone. */
export function takesBackCancel(subscription: Stripe.Subscription): Stripe.SubscriptionUpdateParams | null {
  if (subscription.cancel_at_period_end) return { cancel_at_period_end: false };
  return subscription.cancel_at === null ? null : { cancel_at: '' };
}

function answerOf({ id, status }: Stripe.Subscription): Omit<Changed, 'outcome' | 'invoiceId'> {
  return { subscriptionId: id, status, at: null, ...NOTHING_TO_DO };
}

function scheduleOf({ schedule }: Stripe.Subscription): string | null {
  return typeof schedule === 'object' ? (schedule?.id ?? null) : schedule;
}

function itemOf({ price, quantity }: Stripe.SubscriptionItem): { price: string; quantity?: number } {
  return quantity === undefined ? { price: price.id } : { price: price.id, quantity };
}

/** One period is enough: the schedule lets the subscription go afterwards, as it then is. */
function durationOf({ price: { recurring } }: Stripe.SubscriptionItem): {
  interval: 'day' | 'week' | 'month' | 'year';
  interval_count: number;
} {
  const interval = recurring?.interval ?? 'month';
  const known = (['day', 'week', 'month', 'year'] as const).find((each) => each === interval) ?? 'month';
  return { interval: known, interval_count: recurring?.interval_count ?? 1 };
}

function paidMeanwhile(): Problem {
  return new Problem(
    409,
    'billing-busy',
    'Another change is under way',
    'A change that waited for its payment has just been paid. Load the account again and decide anew.',
  );
}
