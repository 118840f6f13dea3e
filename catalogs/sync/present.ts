import type Stripe from 'stripe';
import type { Catalog } from '#domain/catalog.ts';
import { plainDecimal } from './minor-units.ts';
import { wantedProducts } from './wanted.ts';

/** Stripe finds prices by ten lookup keys at a time. */
const KEYS_PER_LIST = 10;
const PAGE = 100;

export interface PresentProduct {
  id: string;
  name: string;
  active: boolean;
  metadata: Record<string, string>;
  /** Id of the price that can't be archived while it is the product's default. */
  defaultPrice: string | null;
}

export interface PresentPrice {
  id: string;
  product: string;
  active: boolean;
  lookupKey: string | null;
  currency: string;
  /** Minor units, a plain decimal; `null` for tiers and the like. */
  amount: string | null;
  /** `month`, `year`, or another rhythm such as `3 month`; `null` for what is paid once. */
  interval: string | null;
  /** Id of the meter of a metered price. */
  meter: string | null;
  metadata: Record<string, string>;
}

export interface PresentMeter {
  id: string;
  name: string;
  eventName: string;
  aggregation: string;
}

/** What Stripe has of a catalog. Plain data. */
export interface Present {
  products: PresentProduct[];
  prices: PresentPrice[];
  /** Those that custom plans know: they are looked at and never changed. */
  agreedPrices: PresentPrice[];
  /** Active ones. */
  meters: PresentMeter[];
  /** The portal configuration of the catalog. */
  portal: { id: string; features: Record<string, unknown> } | null;
}

/** Reads what Stripe has of a catalog, by metadata, lookup keys and known price ids. Changes nothing. */
export async function readPresent(stripe: Stripe, catalog: Catalog): Promise<Present> {
  const wanted = wantedProducts(catalog).flatMap((product) => product.prices);
  const products = new Map<string, PresentProduct>();
  const prices = new Map<string, PresentPrice>();

  const keys = wanted.map((price) => price.lookupKey);
  for (let from = 0; from < keys.length; from += KEYS_PER_LIST) {
    const lookup_keys = keys.slice(from, from + KEYS_PER_LIST);
    for await (const price of stripe.prices.list({ lookup_keys, limit: PAGE }))
      prices.set(price.id, presentPrice(price));
  }
  for (const id of new Set(wanted.flatMap((price) => price.knownPriceIds))) {
    if (prices.has(id)) continue;
    const price = await existing(stripe.prices.retrieve(id));
    if (price) prices.set(id, presentPrice(price));
  }
  for await (const product of stripe.products.list({ limit: PAGE })) {
    if (product.metadata.leasehold_catalog === catalog.id) products.set(product.id, presentProduct(product));
  }
  for (const { product } of prices.values()) {
    if (!products.has(product)) products.set(product, presentProduct(await stripe.products.retrieve(product)));
  }
  for (const product of products.keys()) {
    for await (const price of stripe.prices.list({ product, limit: PAGE })) prices.set(price.id, presentPrice(price));
  }
  const agreedPrices: PresentPrice[] = [];
  for (const id of catalog.plans.flatMap((plan) => plan.knownPriceIds)) {
    const price = prices.get(id) ?? (await existing(stripe.prices.retrieve(id).then(presentPrice)));
    if (price) agreedPrices.push(price);
  }
  return {
    products: [...products.values()],
    prices: [...prices.values()],
    agreedPrices,
    ...(await readRest(stripe, catalog)),
  };
}

async function readRest(stripe: Stripe, catalog: Catalog): Promise<Pick<Present, 'meters' | 'portal'>> {
  const meters: PresentMeter[] = [];
  if (catalog.metrics.length > 0) {
    for await (const meter of stripe.billing.meters.list({ status: 'active', limit: PAGE })) {
      const { id, display_name: name, event_name: eventName } = meter;
      meters.push({ id, name, eventName, aggregation: meter.default_aggregation.formula });
    }
  }
  let portal: Present['portal'] = null;
  for await (const each of stripe.billingPortal.configurations.list({ active: true, limit: PAGE })) {
    if (each.metadata?.leasehold_catalog !== catalog.id) continue;
    portal = { id: each.id, features: each.features as unknown as Record<string, unknown> };
    break;
  }
  return { meters, portal };
}

function presentProduct({ id, name, active, metadata, default_price }: Stripe.Product): PresentProduct {
  return { id, name, active, metadata, defaultPrice: idOf(default_price) };
}

function presentPrice(price: Stripe.Price): PresentPrice {
  const { recurring } = price;
  const count = recurring?.interval_count ?? 1;
  return {
    id: price.id,
    product: idOf(price.product) ?? '',
    active: price.active,
    lookupKey: price.lookup_key,
    currency: price.currency,
    amount: price.unit_amount_decimal === null ? null : plainDecimal(price.unit_amount_decimal.toString()),
    interval: recurring ? (count === 1 ? recurring.interval : `${count} ${recurring.interval}`) : null,
    meter: recurring?.meter ?? null,
    metadata: price.metadata,
  };
}

function idOf(reference: string | { id: string } | null | undefined): string | null {
  return typeof reference === 'string' ? reference : (reference?.id ?? null);
}

async function existing<T>(request: Promise<T>): Promise<T | null> {
  try {
    return await request;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'resource_missing') return null;
    throw error;
  }
}
