import { wallSeconds } from './clock.ts';
import { change, emit } from './events.ts';
import { newId } from './ids.ts';
import { mergeMetadata } from './metadata.ts';
import { findMeter } from './meters.ts';
import type { Interval, Metadata, Plan, Price } from './objects.ts';
import { findProduct } from './products.ts';
import { invalidRequest, noSuch, notSimulated } from './stripe-error.ts';
import type { World } from './world.ts';

export interface PriceFields {
  active?: boolean | undefined;
  nickname?: string | null | undefined;
  lookup_key?: string | null | undefined;
  transfer_lookup_key?: boolean | undefined;
  metadata?: Metadata | null | undefined;
}

export interface PriceCreation extends PriceFields {
  currency: string;
  unit_amount?: number | undefined;
  /** At most 12 places; in place of `unit_amount`. */
  unit_amount_decimal?: string | undefined;
  product: string;
  recurring?:
    | {
        interval: Interval;
        interval_count?: number | undefined;
        usage_type?: 'licensed' | 'metered' | undefined;
        meter?: string | undefined;
      }
    | undefined;
}

/** @throws StripeError `resource_missing` */
export function findPrice(world: World, id: string, param = 'price'): Price {
  const price = world.state.prices[id];
  if (!price) throw noSuch('price', id, param);
  return price;
}

/** Emits `price.created`. https://docs.stripe.com/api/prices/create */
export function createPrice(world: World, fields: PriceCreation): Price {
  findProduct(world, fields.product);
  const amount = unitAmountOf(fields);
  requireMeter(world, fields.recurring);
  if (amount.includes('.') && fields.recurring?.usage_type !== 'metered') {
    throw notSimulated('fractions of a cent where nothing is metered', 'unit_amount_decimal');
  }
  claimLookupKey(world, null, fields);
  const price: Price = {
    id: newId('price'),
    object: 'price',
    active: fields.active ?? true,
    billing_scheme: 'per_unit',
    created: wallSeconds(world),
    currency: fields.currency.toLowerCase(),
    custom_unit_amount: null,
    livemode: false,
    lookup_key: fields.lookup_key || null,
    metadata: mergeMetadata({}, fields.metadata),
    nickname: fields.nickname ?? null,
    product: fields.product,
    recurring: fields.recurring
      ? {
          interval: fields.recurring.interval,
          interval_count: fields.recurring.interval_count ?? 1,
          meter: fields.recurring.meter ?? null,
          trial_period_days: null,
          usage_type: fields.recurring.usage_type ?? 'licensed',
        }
      : null,
    tax_behavior: 'unspecified',
    tiers_mode: null,
    transform_quantity: null,
    type: fields.recurring ? 'recurring' : 'one_time',
    unit_amount: amount.includes('.') ? null : Number(amount),
    unit_amount_decimal: amount,
  };
  world.state.prices[price.id] = price;
  emit(world, 'price.created', price);
  return price;
}

/** Emits `price.updated`. Amount and rhythm never change. https://docs.stripe.com/api/prices/update */
export function updatePrice(world: World, id: string, fields: PriceFields): Price {
  const price = findPrice(world, id, 'id');
  if (fields.active === false && world.state.products[price.product]?.default_price === price.id) {
    throw invalidRequest('This price cannot be archived because it is the default price of its product.', 'active');
  }
  claimLookupKey(world, price, fields);
  change(world, 'price.updated', price, (each) => {
    if (fields.active !== undefined) each.active = fields.active;
    if (fields.nickname !== undefined) each.nickname = fields.nickname;
    if (fields.lookup_key !== undefined) each.lookup_key = fields.lookup_key || null;
    each.metadata = mergeMetadata(each.metadata, fields.metadata);
  });
  return price;
}

/** Whether it charges what a meter counts. */
export function isMetered(price: Price): boolean {
  return price.recurring?.usage_type === 'metered';
}

/** What so many of it cost, in minor units. Metered ones cost nothing: no usage is simulated. */
export function amountOf(price: Price, quantity: number): number {
  return isMetered(price) ? 0 : (price.unit_amount ?? 0) * quantity;
}

/** A recurring price in the older form. */
export function planOf(price: Price): Plan {
  const { recurring } = price;
  if (!recurring) throw new Error(`Price ${price.id} does not recur, so it has no plan.`);
  return {
    id: price.id,
    object: 'plan',
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: 'per_unit',
    created: price.created,
    currency: price.currency,
    interval: recurring.interval,
    interval_count: recurring.interval_count,
    livemode: false,
    metadata: price.metadata,
    meter: recurring.meter,
    nickname: price.nickname,
    product: price.product,
    tiers_mode: null,
    transform_usage: null,
    trial_period_days: null,
    usage_type: recurring.usage_type,
  };
}

/** One of the two amounts, without zeros that say nothing. https://docs.stripe.com/api/prices/create */
function unitAmountOf(fields: PriceCreation): string {
  const { unit_amount, unit_amount_decimal } = fields;
  if (unit_amount !== undefined && unit_amount_decimal !== undefined) {
    throw invalidRequest(
      'You may only specify one of these parameters: unit_amount, unit_amount_decimal.',
      'unit_amount_decimal',
    );
  }
  if (unit_amount !== undefined) return String(unit_amount);
  if (unit_amount_decimal === undefined) {
    throw invalidRequest('Missing required param: unit_amount.', 'unit_amount', 'parameter_missing');
  }
  const plain = unit_amount_decimal.includes('.') ? unit_amount_decimal.replace(/\.?0+$/, '') : unit_amount_decimal;
  return plain.replace(/^0+(?=\d)/, '');
}

/** A metered price charges what an active meter counts. https://docs.stripe.com/billing/subscriptions/usage-based/implementation-guide */
function requireMeter(world: World, recurring: PriceCreation['recurring']): void {
  if (!recurring) return;
  const metered = recurring.usage_type === 'metered';
  if (metered && recurring.meter === undefined) {
    throw invalidRequest('Metered prices must be backed by a meter.', 'recurring[meter]', 'parameter_missing');
  }
  if (!metered && recurring.meter !== undefined) {
    throw invalidRequest('A meter needs `recurring[usage_type]=metered`.', 'recurring[meter]');
  }
  if (recurring.meter === undefined) return;
  if (findMeter(world, recurring.meter, 'recurring[meter]').status !== 'active') {
    throw invalidRequest(`The meter ${recurring.meter} is inactive.`, 'recurring[meter]');
  }
}

/** A lookup key belongs to one price; `transfer_lookup_key` takes it from the one that has it. */
function claimLookupKey(world: World, claimant: Price | null, fields: PriceFields): void {
  if (!fields.lookup_key) return;
  const holder = Object.values(world.state.prices).find((each) => each.lookup_key === fields.lookup_key);
  if (!holder || holder === claimant) return;
  if (!fields.transfer_lookup_key) {
    throw invalidRequest(
      `A price (\`${holder.id}\`) already uses that lookup key. Pass transfer_lookup_key=true to transfer it.`,
      'lookup_key',
    );
  }
  change(world, 'price.updated', holder, (each) => {
    each.lookup_key = null;
  });
}
