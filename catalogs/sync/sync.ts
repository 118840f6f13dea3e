import type Stripe from 'stripe';
import type { Catalog } from '#domain/catalog.ts';
import { applySync } from './apply.ts';
import { planSync } from './plan.ts';
import { readPresent } from './present.ts';
import { wantedProducts } from './wanted.ts';

/**
 * Brings a catalog to Stripe.
 *
 * @returns Stripe's price ids by lookup key, without those of what is retired and was never sold
 * @throws SyncRefused when people have to decide first
 */
export async function syncCatalog(stripe: Stripe, catalog: Catalog): Promise<Map<string, string>> {
  const before = await readPresent(stripe, catalog);
  const { steps } = planSync(catalog, before);
  await applySync(stripe, catalog, steps);
  const { prices } = steps.length === 0 ? before : await readPresent(stripe, catalog);
  const ids = new Map(prices.map(({ lookupKey, id }) => [lookupKey, id]));
  const keys = wantedProducts(catalog).flatMap((product) => product.prices.map(({ lookupKey }) => lookupKey));
  return new Map(
    keys.flatMap((key) => {
      const id = ids.get(key);
      return id === undefined ? [] : [[key, id] as const];
    }),
  );
}
