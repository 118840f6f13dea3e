import type Stripe from 'stripe';
import type { Catalog, PlanPrice } from '#domain/catalog.ts';

/**
 * Makes sure that Stripe has a price for each of the catalog's, recognised by its lookup key. Creates what is missing and
 * changes nothing.
 *
 * @returns Stripe's price id by lookup key
 */
export async function ensurePrices(stripe: Stripe, catalog: Catalog): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (const { key, name, prices, metadata } of sold(catalog)) {
    if (prices.length === 0) continue;
    const existing = await stripe.prices.list({ lookup_keys: prices.map((price) => price.lookupKey), limit: 10 });
    for (const price of existing.data) if (price.lookup_key) ids.set(price.lookup_key, price.id);
    const missing = prices.filter((price) => !ids.has(price.lookupKey));
    if (missing.length === 0) continue;
    const [known] = existing.data;
    const product =
      known && typeof known.product === 'string'
        ? known.product
        : (
            await stripe.products.create(
              { name: `${catalog.name}: ${name}`, metadata },
              { idempotencyKey: `catalog/${catalog.id}/${key}` },
            )
          ).id;
    for (const price of missing) {
      const created = await stripe.prices.create(
        {
          product,
          currency: catalog.currency,
          unit_amount: price.amountCents,
          recurring: { interval: price.interval },
          lookup_key: price.lookupKey,
        },
        { idempotencyKey: `catalog/${catalog.id}/${price.lookupKey}/${price.amountCents}` },
      );
      ids.set(price.lookupKey, created.id);
    }
  }
  return ids;
}

interface Sold {
  /** Tells it from everything else that the catalog sells. */
  key: string;
  name: string;
  prices: PlanPrice[];
  metadata: Record<string, string>;
}

function sold({ id, plans, addOns }: Catalog): Sold[] {
  return [
    ...plans.map((plan) => ({ ...plan, key: plan.id, metadata: { ...plan.metadata, catalog: id, plan: plan.id } })),
    ...addOns.map((addOn) => ({
      ...addOn,
      key: `add-on/${addOn.id}`,
      metadata: { ...addOn.metadata, catalog: id, add_on: addOn.id },
    })),
  ];
}
