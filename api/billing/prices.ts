import type Stripe from 'stripe';
import type { AddOn, Catalog, Interval, Plan, PlanPrice } from '#domain/catalog.ts';
import { Problem } from '../problem.ts';

/** One line of what is bought. Metered prices have no quantity. */
export interface PricedItem {
  price: string;
  quantity?: number;
}

/** The price by the month or by the year. @throws Problem 404 `offer-not-found` when it is not sold so */
export function priceFor({ id, prices }: Plan | AddOn, interval: Interval): PlanPrice {
  const price = prices.find((each) => each.interval === interval);
  if (price) return price;
  const sold = prices.map((each) => `by the ${each.interval}`).join(' and ');
  throw new Problem(
    404,
    'offer-not-found',
    'There is no such offer',
    `${id} is not sold by the ${interval}${sold ? `; it is sold ${sold}` : ''}. See GET …/offers.`,
  );
}

/**
 * The items of a new subscription to a plan or an add-on, the metered ones of a plan that is billed by use among them.
 *
 * @throws Problem 503 `price-missing` when the catalog was never brought to Stripe
 */
export async function itemsOf(
  stripe: Stripe,
  catalog: Catalog,
  sold: { price: PlanPrice; quantity: number; metered: boolean },
): Promise<PricedItem[]> {
  const main = await priceIdOf(stripe, sold.price);
  const metered = sold.metered ? await Promise.all(catalog.metrics.map((metric) => priceIdOf(stripe, metric))) : [];
  return [{ price: main, quantity: sold.quantity }, ...metered.map((price) => ({ price }))];
}

/** The price that is on sale at Stripe: the one that bears the lookup key, else one whose id the catalog knows. */
export async function priceIdOf(
  stripe: Stripe,
  { lookupKey, knownPriceIds }: Pick<PlanPrice, 'lookupKey' | 'knownPriceIds'>,
): Promise<string> {
  const { data } = await stripe.prices.list({ lookup_keys: [lookupKey], active: true, limit: 1 });
  const [byKey] = data;
  if (byKey) return byKey.id;
  for (const id of knownPriceIds) {
    const known = await stripe.prices.retrieve(id);
    if (known.active) return known.id;
  }
  throw new Problem(
    503,
    'price-missing',
    'The price is not at Stripe',
    `No price at Stripe has the lookup key ${lookupKey}. Whoever runs this: \`leasehold catalog sync\` makes it.`,
  );
}
