import type { AddOn, Catalog, Interval, Metric, Plan, PlanPrice } from '#domain/catalog.ts';
import { minorUnits } from './minor-units.ts';

const PERCENT_PER_CORE = 100;

/** A price as the catalog has it. */
export interface WantedPrice {
  lookupKey: string;
  knownPriceIds: string[];
  currency: string;
  /** Minor units, a plain decimal. */
  amount: string;
  interval: Interval;
  /** Name of the meter's events of a metered price; `null` for one that is paid in advance. */
  meterEvent: string | null;
}

/** Something that is sold, as the catalog has it: a plan, an add-on, a booster or a metric. */
export interface WantedProduct {
  /** Names it within the catalog, for example `plan/PRO`. */
  key: string;
  kind: 'plan' | AddOn['kind'] | 'metric';
  id: string;
  /** As customers read it on their invoices. */
  name: string;
  metadata: Record<string, string>;
  prices: WantedPrice[];
  /** Nobody buys it any more. */
  retired: boolean;
}

/** What Stripe should have of a catalog. What has no price has no product. */
export function wantedProducts(catalog: Catalog): WantedProduct[] {
  return [
    ...catalog.plans.map((plan) => planProduct(catalog, plan)),
    ...catalog.addOns.map((addOn) => addOnProduct(catalog, addOn)),
    ...catalog.metrics.map((metric) => metricProduct(catalog, metric)),
  ].filter(({ prices }) => prices.length > 0);
}

function planProduct(catalog: Catalog, { id, name, metadata, prices, retired }: Plan): WantedProduct {
  return product(catalog, { kind: 'plan', id, name, metadata, retired, prices: paidInAdvance(catalog, prices) });
}

function addOnProduct(catalog: Catalog, addOn: AddOn): WantedProduct {
  const { kind, id, name, gives, prices, retired } = addOn;
  const sizes = {
    ram_mb: String(gives.memoryMb),
    cpu_cores: String(gives.cpuPercent / PERCENT_PER_CORE),
    storage_mb: String(gives.storageMb),
  };
  const metadata = { ...addOn.metadata, ...sizes };
  return product(catalog, { kind, id, name, metadata, retired, prices: paidInAdvance(catalog, prices) });
}

function metricProduct(catalog: Catalog, metric: Metric): WantedProduct {
  const { id, name, lookupKey, knownPriceIds, eventName, unitPrice } = metric;
  const price: WantedPrice = {
    lookupKey,
    knownPriceIds,
    currency: catalog.currency,
    amount: minorUnits(unitPrice, catalog.currency),
    interval: 'month',
    meterEvent: eventName,
  };
  return product(catalog, {
    kind: 'metric',
    id,
    name,
    metadata: { unit: metric.unit },
    retired: false,
    prices: [price],
  });
}

function product(catalog: Catalog, fields: Omit<WantedProduct, 'key'>): WantedProduct {
  return {
    ...fields,
    key: `${fields.kind}/${fields.id}`,
    name: `${catalog.name}: ${fields.name}`,
    metadata: {
      ...fields.metadata,
      leasehold_catalog: catalog.id,
      leasehold_kind: fields.kind,
      leasehold_id: fields.id,
    },
  };
}

function paidInAdvance(catalog: Catalog, prices: PlanPrice[]): WantedPrice[] {
  return prices.map(({ lookupKey, knownPriceIds, amountCents, interval }) => ({
    lookupKey,
    knownPriceIds,
    currency: catalog.currency,
    amount: String(amountCents),
    interval,
    meterEvent: null,
  }));
}
