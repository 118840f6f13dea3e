import { nextRenewal } from './billing-cycle.ts';
import { newId } from './ids.ts';
import { mergeMetadata } from './metadata.ts';
import type { InvoiceLine, Metadata, Price, Subscription, SubscriptionItem } from './objects.ts';
import { amountOf, findPrice, isMetered, planOf } from './prices.ts';
import { productNameOf } from './products.ts';
import { invalidRequest, notSimulated } from './stripe-error.ts';
import type { World } from './world.ts';

/** With `id` it changes or removes an item, without it adds one. https://docs.stripe.com/api/subscriptions/update#update_subscription-items */
export interface ItemChange {
  id?: string | undefined;
  price?: string | undefined;
  quantity?: number | undefined;
  deleted?: boolean | undefined;
  metadata?: Metadata | null | undefined;
}

export interface ItemsChange {
  items: SubscriptionItem[];
  /** The period begins anew: the rhythm changed, or what was free is paid. */
  resets: boolean;
  anchor: number;
  /** What is credited for the rest of the period, and what is charged for it. */
  prorations: InvoiceLine[];
}

/**
 * What a change of items comes to at an instant. A change of rhythm, or from free to paid, begins a new period then.
 * https://docs.stripe.com/billing/subscriptions/change-price
 *
 * @throws StripeError for items and prices that are not there, or mixed rhythms
 */
export function changeItems(
  world: World,
  subscription: Subscription,
  changes: ItemChange[],
  now: number,
  prorate: boolean,
): ItemsChange {
  const before = subscription.items.data;
  const items = structuredClone(before);
  for (const [index, wish] of changes.entries()) apply(world, subscription, items, wish, index, now);
  const [first] = items;
  if (!first) throw invalidRequest('A subscription must have at least one active plan.', 'items');
  if (new Set(items.map((item) => item.price.id)).size < items.length) {
    throw invalidRequest('Cannot have multiple items with the same price on a subscription.', 'items');
  }
  const rhythm = first.price.recurring;
  if (!rhythm || items.some(({ price }) => rhythmOf(price) !== rhythmOf(first.price))) {
    throw notSimulated('subscriptions whose items renew in different intervals', 'items');
  }
  const changed = items.some(
    (item) => JSON.stringify(item) !== JSON.stringify(before.find(({ id }) => id === item.id)),
  );
  const was = before[0];
  const trialing = subscription.status === 'trialing';
  const resets =
    changed &&
    !trialing &&
    (rhythmOf(first.price) !== (was && rhythmOf(was.price)) || (sum(before) === 0 && sum(items) > 0));
  const anchor = resets ? now : subscription.billing_cycle_anchor;
  if (resets) {
    for (const item of items) {
      item.current_period_start = now;
      item.current_period_end = nextRenewal(now, rhythm, now);
    }
  }
  const prorations = prorate && !trialing ? prorationsOf(world, before, items, now, resets) : [];
  return { items, resets, anchor, prorations };
}

function apply(
  world: World,
  subscription: Subscription,
  items: SubscriptionItem[],
  wish: ItemChange,
  index: number,
  now: number,
): void {
  const param = `items[${index}]`;
  const price = wish.price === undefined ? null : findPrice(world, wish.price, `${param}[price]`);
  if (price && (!price.active || !price.recurring || price.currency !== subscription.currency)) {
    throw invalidRequest(
      `The price ${price.id} must be active, recurring and in ${subscription.currency}.`,
      `${param}[price]`,
    );
  }
  if (wish.id === undefined) {
    if (!price)
      throw invalidRequest(`Missing required param: ${param}[price].`, `${param}[price]`, 'parameter_missing');
    const [model] = items;
    if (!model) throw invalidRequest('A subscription must have at least one active plan.', 'items');
    const { quantity: _, ...rest } = structuredClone(model);
    items.push({ ...rest, id: newId('si'), created: now, metadata: mergeMetadata({}, wish.metadata) });
    setPrice(items.at(-1) as SubscriptionItem, price, wish.quantity ?? 1, param);
    return;
  }
  const at = items.findIndex(({ id }) => id === wish.id);
  const item = items[at];
  if (!item) throw invalidRequest(`No such subscription item: '${wish.id}'`, `${param}[id]`, 'resource_missing');
  if (wish.deleted) {
    items.splice(at, 1);
    return;
  }
  item.metadata = mergeMetadata(item.metadata, wish.metadata);
  // A quantity that is not given becomes 1 with a new price. https://docs.stripe.com/billing/subscriptions/quantities
  if (price || wish.quantity !== undefined) setPrice(item, price ?? item.price, wish.quantity ?? 1, param);
}

function setPrice(item: SubscriptionItem, price: Price, quantity: number, param: string): void {
  item.price = structuredClone(price);
  item.plan = planOf(price);
  if (isMetered(price)) {
    if (quantity !== 1) throw invalidRequest('A quantity can not be given for a metered price.', `${param}[quantity]`);
    delete item.quantity;
  } else item.quantity = quantity;
}

/**
 * Lines for the rest of the period, to the second: a credit for what an item was, a charge for what it is. Where a new
 * period begins, only the credits: the new period is charged whole. https://docs.stripe.com/billing/subscriptions/prorations
 */
function prorationsOf(
  world: World,
  before: SubscriptionItem[],
  after: SubscriptionItem[],
  now: number,
  resets: boolean,
): InvoiceLine[] {
  const lines: InvoiceLine[] = [];
  for (const old of before) {
    const kept = after.find(({ id }) => id === old.id);
    if (kept && !resets && kept.price.id === old.price.id && kept.quantity === old.quantity) continue;
    lines.push(prorationLine(world, old, now, -1));
  }
  if (resets) return lines.filter(({ amount }) => amount !== 0);
  for (const item of after) {
    const old = before.find(({ id }) => id === item.id);
    if (old && old.price.id === item.price.id && old.quantity === item.quantity) continue;
    lines.push(prorationLine(world, item, now, 1));
  }
  return lines.filter(({ amount }) => amount !== 0);
}

function prorationLine(world: World, item: SubscriptionItem, now: number, sign: 1 | -1): InvoiceLine {
  const { current_period_start: start, current_period_end: end, price } = item;
  const quantity = item.quantity ?? 1;
  const amount = sign * Math.round((amountOf(price, quantity) * (end - now)) / (end - start));
  const name = productNameOf(world, price);
  return {
    id: newId('il'),
    object: 'line_item',
    amount,
    currency: price.currency,
    description: sign < 0 ? `Unused time on ${quantity} × ${name}` : `Remaining time on ${quantity} × ${name}`,
    discount_amounts: [],
    discountable: false,
    discounts: [],
    invoice: '',
    livemode: false,
    metadata: {},
    parent: {
      invoice_item_details: null,
      subscription_item_details: {
        invoice_item: newId('ii'),
        proration: true,
        proration_details: { credited_items: null },
        subscription: item.subscription,
        subscription_item: item.id,
      },
      type: 'subscription_item_details',
    },
    period: { end, start: now },
    pretax_credit_amounts: [],
    pricing: {
      price_details: { price: price.id, product: price.product },
      type: 'price_details',
      unit_amount_decimal: price.unit_amount_decimal,
    },
    quantity,
    quantity_decimal: String(quantity),
    subscription: item.subscription,
    subtotal: amount,
    taxes: [],
  };
}

function rhythmOf({ recurring }: Price): string {
  return `${recurring?.interval_count} ${recurring?.interval}`;
}

function sum(items: SubscriptionItem[]): number {
  return items.reduce((total, item) => total + amountOf(item.price, item.quantity ?? 1), 0);
}
