import type Stripe from 'stripe';
import { mainItemOf } from '#billing/stripe-role.ts';
import { type Catalog, type Interval, isSelfService, planOf } from '#domain/catalog.ts';
import type { Changed, Fit } from './answers.ts';
import type { BillingCommand, BillingDeps } from './billing-deps.ts';
import { changedBefore, changeLater, changeNow, type ItemChange } from './change-item.ts';
import { requireCustomer } from './customer.ts';
import { heldSubscriptions, refuseOwing, requirePlan } from './held-subscriptions.ts';
import { priceIdOf } from './prices.ts';
import { type Buyer, type Purchase, planIsFree, pricedPlan, readBuyer } from './purchase.ts';
import { fitOf, NOTHING_AMISS, offerNotFound, offerRefused } from './refusals.ts';

const MONTHS = { month: 1, year: 12 };

/** Of a change of plan: what it comes to. */
export interface PlannedChange extends ItemChange {
  subscription: Stripe.Subscription;
  customer: string;
  purchase: Purchase;
  /** `now`: it costs more by the month, is billed by the year from now on, or nothing has been charged yet. */
  when: 'now' | 'period-end';
}

/**
 * Changes the plan, or how often it is billed. More is charged and given at once; less begins with the next period, for which
 * it is paid.
 *
 * @throws Problem 402 `debt-first` or `card-declined`; 409 `no-subscription`; 403 or 409 `offer-refused`
 */
export async function changePlan(
  deps: BillingDeps,
  command: BillingCommand,
  wish: { planId: string; interval?: Interval | undefined },
): Promise<Changed & { fit: Fit }> {
  const { account } = command;
  return deps.takeTurn(account.accountId, async () => {
    const buyer = await readBuyer(deps, account);
    const customer = await requireCustomer(deps, account.accountId);
    const present = requirePlan(await heldSubscriptions(deps.stripe, deps.catalog, customer, buyer.state));
    const before = await changedBefore(deps.stripe, command, present);
    if (before) return { ...before, fit: NOTHING_AMISS };
    const change = await plannedChange(deps, command, buyer, wish);
    const act = change.when === 'now' ? changeNow : changeLater;
    return { ...(await act(deps.stripe, command, change.subscription, change)), fit: change.purchase.fit };
  });
}

/** What a change of plan comes to; nothing is done yet. */
export async function plannedChange(
  deps: BillingDeps,
  { account }: Pick<BillingCommand, 'account'>,
  buyer: Buyer,
  { planId, interval: wanted }: { planId: string; interval?: Interval | undefined },
): Promise<PlannedChange> {
  const { stripe, catalog } = deps;
  const offer = buyer.offers.plans.find((each) => each.id === planId);
  if (!offer) throw offerNotFound(`There is no plan ${planId} for this account.`);
  const plan = planOf(catalog, planId);
  const customer = await requireCustomer(deps, account.accountId);
  const subscription = requirePlan(await heldSubscriptions(stripe, catalog, customer, buyer.state));
  refuseOwing(subscription);
  const item = mainItemOf(subscription, catalog);
  if (!item) throw new Error(`Subscription ${subscription.id} has no item.`);
  const interval = wanted ?? intervalOf(item);
  if (!offer.may.ok && (offer.may.code !== 'current' || !isSelfService(plan))) {
    throw offerRefused(offer.may, fitOf(offer));
  }
  if (plan.prices.length === 0) throw planIsFree(plan);
  const purchase = pricedPlan(plan, account, interval, 0, fitOf(offer));
  const price = await priceIdOf(stripe, purchase.price);
  if (price === item.price.id && !isLeaving(subscription)) {
    const reason = `${plan.name} by the ${interval} is what you have.`;
    throw offerRefused({ ok: false, code: 'current', reason }, fitOf(offer));
  }
  return {
    subscription,
    customer,
    item,
    price,
    quantity: 1,
    metadata: purchase.metadata,
    purchase,
    when: subscription.status === 'trialing' || isMore(item, purchase, catalog) ? 'now' : 'period-end',
  };
}

/** Whether something else is to come: then the present plan is a choice as well. */
function isLeaving({ schedule, pending_update, cancel_at, cancel_at_period_end }: Stripe.Subscription): boolean {
  return schedule !== null || pending_update !== null || cancel_at !== null || cancel_at_period_end;
}

function isMore({ price }: Stripe.SubscriptionItem, { price: wanted }: Purchase, { currency }: Catalog): boolean {
  const recurring = price.recurring;
  const interval = recurring?.interval === 'year' ? 'year' : 'month';
  if (price.unit_amount === null || price.currency !== currency) return true;
  const present = price.unit_amount / (MONTHS[interval] * (recurring?.interval_count ?? 1));
  const then = wanted.amountCents / MONTHS[wanted.interval];
  // The same plan by the year costs less by the month, and is paid in advance from now on.
  if (wanted.interval === 'year' && interval === 'month') return wanted.amountCents > price.unit_amount;
  return then >= present;
}

function intervalOf({ price: { recurring } }: Stripe.SubscriptionItem): Interval {
  return recurring?.interval === 'year' ? 'year' : 'month';
}
