import type Stripe from 'stripe';
import { accountNotFound } from '../accounts/refusals.ts';
import { Problem } from '../problem.ts';
import type { Ending } from './answers.ts';
import { type BillingCommand, type BillingDeps, onceFor } from './billing-deps.ts';
import { dropPendingUpdate, dropSchedule, takesBackCancel } from './change-item.ts';
import { requireCustomer } from './customer.ts';
import { type HeldSubscriptions, heldSubscriptions, requirePlan } from './held-subscriptions.ts';
import { subscriptionNotFound } from './refusals.ts';

/** Which subscription is meant: the plan's, or one of the add-ons' by its id. */
export type Target = 'plan' | { addOn: string };

/** Ends a subscription with the period that is paid, or at once. One whose first payment never came ends at once. */
export async function endSubscription(
  deps: BillingDeps,
  command: BillingCommand,
  { target, immediate }: { target: Target; immediate: boolean },
): Promise<Ending> {
  const { stripe } = deps;
  return onTarget(deps, command, target, { alsoUnfinished: true }, async (subscription) => {
    await dropPendingUpdate(stripe, subscription);
    await dropSchedule(stripe, command, subscription);
    if (immediate || subscription.status === 'incomplete') {
      return endingOf(await stripe.subscriptions.cancel(subscription.id, {}, onceFor(command, 'cancel')));
    }
    if (takesBackCancel(subscription)) return endingOf(subscription);
    const change = { cancel_at_period_end: true };
    return endingOf(await stripe.subscriptions.update(subscription.id, change, onceFor(command, 'cancel')));
  });
}

/**
 * Takes back what is to come: a cancel, a scheduled change, or one that waits for its payment.
 *
 * @throws Problem 409 `nothing-to-undo`
 */
export async function keepSubscription(deps: BillingDeps, command: BillingCommand, target: Target): Promise<Ending> {
  const { stripe } = deps;
  return onTarget(deps, command, target, { alsoUnfinished: false }, async (subscription) => {
    const hadPending = await dropPendingUpdate(stripe, subscription);
    const hadSchedule = await dropSchedule(stripe, command, subscription);
    const present = hadSchedule ? await stripe.subscriptions.retrieve(subscription.id) : subscription;
    const change = takesBackCancel(present);
    if (change) return endingOf(await stripe.subscriptions.update(subscription.id, change, onceFor(command, 'keep')));
    if (hadPending || hadSchedule) return endingOf(present);
    throw new Problem(
      409,
      'nothing-to-undo',
      'There is nothing to take back',
      'The subscription neither ends nor changes. One that has ended is bought anew, with POST …/billing/checkout.',
    );
  });
}

/** Finds the subscription among those of the account's own customer, and acts on it in turn. */
export async function onTarget<Result>(
  deps: BillingDeps,
  { account: { accountId } }: BillingCommand,
  target: Target,
  { alsoUnfinished }: { alsoUnfinished: boolean },
  act: (subscription: Stripe.Subscription) => Promise<Result>,
): Promise<Result> {
  return deps.takeTurn(accountId, async () => {
    const state = await deps.readModel.storedState(accountId);
    if (!state) throw accountNotFound();
    const customer = await requireCustomer(deps, accountId);
    const held = await heldSubscriptions(deps.stripe, deps.catalog, customer, state);
    return act(find(held, target, alsoUnfinished));
  });
}

function find(held: HeldSubscriptions, target: Target, alsoUnfinished: boolean): Stripe.Subscription {
  if (target === 'plan') {
    const [unfinished] = held.unfinished;
    return alsoUnfinished && !held.plan && unfinished ? unfinished : requirePlan(held);
  }
  const found = held.others.find((each) => each.id === target.addOn);
  if (!found) throw subscriptionNotFound();
  return found;
}

function endingOf(subscription: Stripe.Subscription): Ending {
  const { id, status, cancel_at: cancelAt, cancel_at_period_end: withPeriod, ended_at: endedAt } = subscription;
  const periodEnd = withPeriod ? Math.max(...subscription.items.data.map((each) => each.current_period_end)) : null;
  const seconds = endedAt ?? cancelAt ?? periodEnd;
  return { subscriptionId: id, status, endsAt: seconds === null ? null : new Date(seconds * 1_000).toISOString() };
}
