import type Stripe from 'stripe';
import type { AddOn, Catalog, Plan, PlanPrice } from '#domain/catalog.ts';
import type { SubscriptionSnapshot } from '#domain/snapshot.ts';

/** What a subscription is for, and the item of it that says so. */
export type RecognisedRole = Pick<SubscriptionSnapshot, 'role' | 'planId' | 'addOnId' | 'quantity'>;

/** Keys of metadata that name an add-on, with the kind that they speak of. */
const ADD_ON_KEYS: Record<string, AddOn['kind'][]> = {
  tier: ['add-on', 'booster'],
  addon_tier: ['add-on'],
  booster_id: ['booster'],
  booster_tier: ['booster'],
};

/** Our own keys: what a catalog's sync writes on products and prices, so that they are known when a lookup key has moved on. */
const OUR_CATALOG = 'leasehold_catalog';
const OUR_KIND = 'leasehold_kind';
const OUR_ID = 'leasehold_id';
const OUR_LOOKUP_KEY = 'leasehold_lookup_key';

/**
 * What a subscription is for. Its price says so, by lookup key or by an id that the catalog knows (of a custom plan, the one
 * that was agreed on); else the metadata of the
 * subscription, of the price or of its product, as customers that are older than the catalog have it.
 *
 * @param productMetadata of the product of its price, where it was read
 */
export function roleOf(
  subscription: Stripe.Subscription,
  catalog: Catalog,
  productMetadata: Stripe.Metadata | undefined,
): RecognisedRole {
  const items = subscription.items.data;
  for (const item of items) {
    const known = byPrice(item.price, catalog);
    if (known) return { ...known, quantity: item.quantity ?? 1 };
  }
  const item = mainItemOf(subscription, catalog);
  for (const metadata of [subscription.metadata, item?.price.metadata, productMetadata]) {
    const known = metadata && byMetadata(metadata, catalog);
    if (known) return { ...known, quantity: item?.quantity ?? 1 };
  }
  return { role: 'unknown', planId: null, addOnId: null, quantity: item?.quantity ?? 1 };
}

/** The item that a subscription is for: the one with a price of the catalog, else the first one that is not metered. */
export function mainItemOf(subscription: Stripe.Subscription, catalog: Catalog): Stripe.SubscriptionItem | undefined {
  const items = subscription.items.data;
  return (
    items.find((each) => byPrice(each.price, catalog)) ??
    items.find((each) => each.price.recurring?.usage_type !== 'metered') ??
    items[0]
  );
}

/** Products whose metadata is needed to tell what their subscriptions are for. */
export function productsToRead(subscriptions: readonly Stripe.Subscription[], catalog: Catalog): string[] {
  const ids = subscriptions
    .filter((each) => roleOf(each, catalog, undefined).role === 'unknown')
    .flatMap((each) => productIdOf(mainItemOf(each, catalog)) ?? []);
  return [...new Set(ids)];
}

/** The catalog's plan of a price, or `null` when it is no plan's. */
export function planIdOf(price: Stripe.Price, catalog: Catalog): string | null {
  return (byPrice(price, catalog) ?? byMetadata(price.metadata, catalog))?.planId ?? null;
}

/** The product of an item's price. */
export function productIdOf(item: Stripe.SubscriptionItem | undefined): string | null {
  const product = item?.price.product ?? null;
  return typeof product === 'object' ? (product?.id ?? null) : product;
}

type Known = Omit<RecognisedRole, 'quantity'>;

function byPrice(price: Stripe.Price, { plans, addOns }: Catalog): Known | null {
  const isKnown = ({ knownPriceIds }: { knownPriceIds: string[] }) => knownPriceIds.includes(price.id);
  const hasKey = ({ lookupKey }: PlanPrice) => [price.lookup_key, price.metadata[OUR_LOOKUP_KEY]].includes(lookupKey);
  // An id was written down for this one price; a lookup key may be of its past.
  return (
    asBase(plans.find((each) => isKnown(each) || each.prices.some(isKnown))) ??
    asAddOn(addOns.find((each) => each.prices.some(isKnown))) ??
    asBase(plans.find((each) => each.prices.some(hasKey))) ??
    asAddOn(addOns.find((each) => each.prices.some(hasKey)))
  );
}

function byMetadata(metadata: Stripe.Metadata, catalog: Catalog): Known | null {
  for (const [key, kinds] of Object.entries(ADD_ON_KEYS)) {
    const value = metadata[key];
    const addOn = value && catalog.addOns.find((each) => kinds.includes(each.kind) && isCalled(each, key, value));
    if (addOn) return asAddOn(addOn);
  }
  if (metadata[OUR_CATALOG] !== catalog.id) return null;
  const { [OUR_KIND]: kind, [OUR_ID]: id } = metadata;
  return (
    asBase(catalog.plans.find((each) => kind === 'plan' && each.id === id)) ??
    asAddOn(catalog.addOns.find((each) => each.kind === kind && each.id === id))
  );
}

function asBase(plan: Plan | undefined): Known | null {
  return plan ? { role: 'base', planId: plan.id, addOnId: null } : null;
}

function asAddOn(addOn: AddOn | undefined): Known | null {
  return addOn ? { role: 'add-on', planId: null, addOnId: addOn.id } : null;
}

function isCalled(addOn: AddOn, key: string, value: string): boolean {
  return addOn.id === value || addOn.aliases.includes(value) || addOn.metadata[key] === value;
}
