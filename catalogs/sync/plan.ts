import type { Catalog, Metric, Plan } from '#domain/catalog.ts';
import { readableAmount } from './minor-units.ts';
import { portalDifferences } from './portal.ts';
import type { Present, PresentPrice, PresentProduct } from './present.ts';
import { type WantedPrice, type WantedProduct, wantedProducts } from './wanted.ts';

/** Metadata of a price that is or was the catalog's: the lookup key that it was made for. */
export const PRICE_KEY = 'leasehold_lookup_key';

/** Something at Stripe, or something that an earlier step makes, by its key. */
export type Reference = { id: string } | { made: string };

type Act =
  | { kind: 'create-product'; key: string; name: string; metadata: Record<string, string> }
  | { kind: 'update-product'; id: string; name?: string; active?: boolean; metadata?: Record<string, string> }
  | { kind: 'create-meter'; key: string; name: string; eventName: string; aggregation: Metric['aggregation'] }
  | { kind: 'update-meter'; id: string; name: string }
  | {
      kind: 'create-price';
      product: Reference;
      meter: Reference | null;
      price: WantedPrice;
      /** The price that has the lookup key until now. */
      replaces: string | null;
    }
  | { kind: 'take-price'; id: string; lookupKey: string; active?: true }
  | {
      kind: 'archive-price';
      id: string;
      /** Where it is the default price of its product: which one becomes it first, as Stripe archives no default price. */
      newDefault: { product: string; price: Reference } | null;
    }
  | { kind: 'create-portal' }
  | { kind: 'update-portal'; id: string };

/** One change at Stripe. */
export type Step = Act & {
  /** For people: what it does. */
  says: string;
};

export interface SyncPlan {
  /** In the order in which they must be done. */
  steps: Step[];
  /** What people should know and that changes nothing. */
  notes: string[];
}

/** A catalog and Stripe that can't be brought together without a decision of people. */
export class SyncRefused extends Error {
  constructor(catalog: Catalog, problems: string[]) {
    super(
      `Catalog ${catalog.id} can't be brought to Stripe:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
    this.name = 'SyncRefused';
  }
}

/**
 * What has to be done so that Stripe has what the catalog says. Pure. Nothing is ever deleted: a price whose amount
 * changed is archived after a new one has taken its lookup key, and stays for those who pay it. Prices that custom plans
 * know are left as they are.
 *
 * @throws SyncRefused naming each known price that does not match or is two things at once, and each meter that counts in another way
 */
export function planSync(catalog: Catalog, present: Present): SyncPlan {
  const planning: Planning = { catalog, present, steps: [], notes: [], problems: [] };
  for (const metric of catalog.metrics) planMeter(planning, metric);
  for (const product of wantedProducts(catalog)) planProduct(planning, product);
  for (const plan of catalog.plans) checkAgreedPrices(planning, plan);
  planPortal(planning);
  if (planning.problems.length > 0) throw new SyncRefused(catalog, planning.problems);
  return { steps: planning.steps, notes: planning.notes };
}

interface Planning {
  catalog: Catalog;
  present: Present;
  steps: Step[];
  notes: string[];
  problems: string[];
}

function planMeter({ present, steps, problems }: Planning, { eventName, name, aggregation }: Metric): void {
  const meter = present.meters.find((each) => each.eventName === eventName);
  if (!meter) {
    const says = `+ meter ${eventName} (${aggregation} of its events)`;
    steps.push({ kind: 'create-meter', key: meterKey(eventName), name, eventName, aggregation, says });
    return;
  }
  if (meter.aggregation !== aggregation) {
    problems.push(
      `the meter ${meter.id} of ${eventName} makes one number by ${meter.aggregation}, the catalog says ${aggregation}; Stripe can't change that: give the metric another eventName`,
    );
  } else if (meter.name !== name) {
    steps.push({ kind: 'update-meter', id: meter.id, name, says: `~ meter ${eventName}: is named ${name}` });
  }
}

/** What customers agreed on by hand is theirs and ours: nothing is done about it, and what is odd is said. */
function checkAgreedPrices({ catalog, present, notes, problems }: Planning, { id: planId, knownPriceIds }: Plan): void {
  for (const id of knownPriceIds) {
    const price = present.agreedPrices.find((each) => each.id === id);
    if (!price) {
      notes.push(`${id}, known as plan ${planId}, is not at this Stripe: nobody can have the plan by it`);
      continue;
    }
    const other = wantedProducts(catalog).find(({ prices }) =>
      prices.some(({ lookupKey }) => lookupKey === price.lookupKey),
    );
    if (!other) continue;
    problems.push(
      `the price ${id}, known as plan ${planId}, has the lookup key ${price.lookupKey} of ${titleOf(other)} at Stripe: take the id out of ${planId}, or give ${other.id} another lookupKey`,
    );
  }
}

function planProduct(planning: Planning, wanted: WantedProduct): void {
  const choices = wanted.prices.map((price) => ({ price, ...choose(planning, wanted, price) }));
  const products = productsOf(planning.present, wanted, choices);
  const [main] = products;
  if (!main && wanted.retired) return;
  const title = titleOf(wanted);
  if (!main) {
    const { key, name, metadata } = wanted;
    planning.steps.push({ kind: 'create-product', key, name, metadata, says: `+ product of ${title}: ${name}` });
  }
  for (const product of products) planProductUpdate(planning, wanted, product);
  const reference: Reference = main ? { id: main.id } : { made: wanted.key };
  for (const { price, holder, takes } of choices) {
    if (wanted.retired) retire(planning, title, holder);
    else planPrice(planning, { title, reference, price, holder, takes });
  }
}

interface Choice {
  /** The price that has the lookup key. */
  holder: PresentPrice | null;
  /** The price that is to have it: the holder, or a known one. `null`: one has to be made. */
  takes: PresentPrice | null;
}

function choose({ present, notes, problems }: Planning, wanted: WantedProduct, price: WantedPrice): Choice {
  const holder = present.prices.find((each) => each.lookupKey === price.lookupKey) ?? null;
  if (holder && matches(present, holder, price)) return { holder, takes: holder };
  const known = present.prices.filter((each) => price.knownPriceIds.includes(each.id));
  const takes = known.find((each) => matches(present, each, price)) ?? null;
  // A price that has the key was adopted or made before: then a difference is a change of price, and no mistake.
  if (holder || takes || wanted.retired) return { holder, takes };
  for (const each of known) {
    problems.push(
      `the price ${each.id}, known as ${price.lookupKey} of ${titleOf(wanted)}, is ${readable(each)} at Stripe and ${readableWanted(price)} in the catalog: correct the amount, or take the id out`,
    );
  }
  if (known.length === 0 && price.knownPriceIds.length > 0) {
    notes.push(
      `${price.knownPriceIds.join(', ')}, known as ${price.lookupKey}, ${price.knownPriceIds.length === 1 ? 'is' : 'are'} not at this Stripe: a price is made instead`,
    );
  }
  return { holder, takes };
}

/** The products that sell it: ours first, then those that known prices belong to. */
function productsOf(present: Present, wanted: WantedProduct, choices: Choice[]): PresentProduct[] {
  const held = new Set(choices.flatMap(({ takes, holder }) => [takes?.product, holder?.product]));
  const ours = (product: PresentProduct) =>
    product.metadata.leasehold_kind === wanted.kind && product.metadata.leasehold_id === wanted.id;
  return [
    ...present.products.filter(ours),
    ...present.products.filter((product) => !ours(product) && held.has(product.id)),
  ];
}

function planProductUpdate({ steps }: Planning, wanted: WantedProduct, product: PresentProduct): void {
  const metadata = Object.fromEntries(
    Object.entries(wanted.metadata).filter(([key, value]) => product.metadata[key] !== value),
  );
  const changes = {
    ...(product.name !== wanted.name && { name: wanted.name }),
    ...(!product.active && !wanted.retired && { active: true as const }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
  const words = [
    'name' in changes ? [`is named ${wanted.name}, was ${product.name}`] : [],
    'active' in changes ? ['is sold again'] : [],
    Object.entries(metadata).map(([key, value]) => `${key}=${value}`),
  ].flat();
  if (words.length === 0) return;
  const says = `~ product ${product.id} of ${titleOf(wanted)}: ${words.join(', ')}`;
  steps.push({ kind: 'update-product', id: product.id, ...changes, says });
}

function planPrice(
  planning: Planning,
  wish: Choice & { title: string; reference: Reference; price: WantedPrice },
): void {
  const { present, steps } = planning;
  const { title, reference, price, holder, takes } = wish;
  const { lookupKey } = price;
  if (!takes) {
    const was = holder ? `, was ${readable(holder)}` : '';
    steps.push({
      kind: 'create-price',
      product: reference,
      meter: meterOf(present, price),
      price,
      replaces: holder?.id ?? null,
      says: `+ price ${lookupKey} of ${title}: ${readableWanted(price)}${was}`,
    });
  } else if (takes !== holder || !takes.active || takes.metadata[PRICE_KEY] !== lookupKey) {
    const how = takes !== holder ? 'is adopted' : takes.active ? 'is marked as ours' : 'is sold again';
    const says = `~ price ${takes.id} ${how} as ${lookupKey} of ${title}: ${readableWanted(price)}`;
    const activation = takes.active ? {} : { active: true as const };
    steps.push({ kind: 'take-price', id: takes.id, lookupKey, ...activation, says });
  }
  const successor: Successor = takes
    ? { price: { id: takes.id }, product: takes.product }
    : { price: { made: priceKey(lookupKey) }, product: 'id' in reference ? reference.id : null };
  for (const old of present.prices) {
    const ours = old === holder || old.metadata[PRICE_KEY] === lookupKey;
    const agreed = present.agreedPrices.some((each) => each.id === old.id);
    if (ours && old !== takes && old.active && !agreed) replace(planning, old, successor);
  }
}

interface Successor {
  price: Reference;
  /** Id of the product that it belongs to; `null` when that has to be made. */
  product: string | null;
}

function replace({ present, steps, notes }: Planning, old: PresentPrice, successor: Successor): void {
  const isDefault = present.products.some((each) => each.defaultPrice === old.id);
  if (isDefault && successor.product !== old.product) {
    notes.push(
      `the price ${old.id} stays active: Stripe archives no default price, and its product sells nothing else`,
    );
    return;
  }
  const newDefault = isDefault ? { product: old.product, price: successor.price } : null;
  const says = `- price ${old.id} (${readable(old)}) is archived; it stays for those who pay it`;
  steps.push({ kind: 'archive-price', id: old.id, newDefault, says });
}

function retire({ present, steps }: Planning, title: string, holder: PresentPrice | null): void {
  if (!holder?.active) return;
  const product = present.products.find((each) => each.defaultPrice === holder.id);
  if (!product) {
    const says = `- price ${holder.id} (${readable(holder)}) is archived, as ${title} is retired; it stays for those who pay it`;
    steps.push({ kind: 'archive-price', id: holder.id, newDefault: null, says });
  } else if (product.active) {
    // A product that is archived is not sold either, its default price included.
    const says = `- product ${product.id} is archived, as ${title} is retired; it stays for those who pay for it`;
    steps.push({ kind: 'update-product', id: product.id, active: false, says });
  }
}

function planPortal({ catalog, present, steps }: Planning): void {
  if (!present.portal) {
    steps.push({ kind: 'create-portal', says: `+ portal configuration of ${catalog.name}` });
    return;
  }
  const { id, features } = present.portal;
  const differences = portalDifferences(features);
  if (differences.length === 0) return;
  steps.push({ kind: 'update-portal', id, says: `~ portal configuration ${id}: ${differences.join(', ')}` });
}

function matches(present: Present, price: PresentPrice, wanted: WantedPrice): boolean {
  const meter = wanted.meterEvent === null ? null : meterOf(present, wanted);
  const metersMatch = meter === null ? price.meter === null : 'id' in meter && meter.id === price.meter;
  return (
    metersMatch &&
    price.amount === wanted.amount &&
    price.currency === wanted.currency &&
    price.interval === wanted.interval
  );
}

function meterOf(present: Present, { meterEvent }: WantedPrice): Reference | null {
  if (meterEvent === null) return null;
  const meter = present.meters.find((each) => each.eventName === meterEvent);
  return meter ? { id: meter.id } : { made: meterKey(meterEvent) };
}

/** By which later steps name the price that takes a lookup key. */
export function priceKey(lookupKey: string): string {
  return `price/${lookupKey}`;
}

function meterKey(eventName: string): string {
  return `meter/${eventName}`;
}

function titleOf({ kind, id }: WantedProduct): string {
  return `${kind} ${id}`;
}

function readableWanted({ amount, currency, interval, meterEvent }: WantedPrice): string {
  const price = readableAmount(amount, currency);
  return meterEvent === null ? `${price} a ${interval}` : `${price} a unit of ${meterEvent}, by the ${interval}`;
}

function readable({ amount, currency, interval, meter }: PresentPrice): string {
  const price = amount === null ? `tiers in ${currency.toUpperCase()}` : readableAmount(amount, currency);
  if (meter !== null) return `${price} a unit of ${meter}, by the ${interval}`;
  return interval === null ? `${price} once` : `${price} a ${interval}`;
}
