import type Stripe from 'stripe';
import type { Catalog } from '#domain/catalog.ts';

/**
 * Makes sure that Stripe has a price for each of the catalog's, recognised by its lookup key. Creates what is missing and
 * changes nothing.
 *
 * @returns Stripe's price id by lookup key
 */
export async function ensurePrices(stripe: Stripe, catalog: Catalog): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (const plan of catalog.plans) {
    if (plan.prices.length === 0) continue;
    const existing = await stripe.prices.list({ lookup_keys: plan.prices.map((price) => price.lookupKey), limit: 10 });
    for (const price of existing.data) if (price.lookup_key) ids.set(price.lookup_key, price.id);
    const missing = plan.prices.filter((price) => !ids.has(price.lookupKey));
    if (missing.length === 0) continue;
    const [known] = existing.data;
    const product =
      known && typeof known.product === 'string'
        ? known.product
        : (
            await stripe.products.create(
              { name: `${catalog.name}: ${plan.name}`, metadata: { catalog: catalog.id, plan: plan.id } },
              { idempotencyKey: `catalog/${catalog.id}/${plan.id}` },
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
