import type Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { aCatalog, anAddOn, aPlan, aPrice } from '#test/factories/billing.ts';
import { productsToRead, roleOf } from './stripe-role.ts';

const shop = aCatalog({
  plans: [
    aPlan({ id: 'PRO', prices: [aPrice('pro', 2900, { knownPriceIds: ['price_old_pro'] })] }),
    aPlan({ id: 'ENTERPRISE', custom: true, knownPriceIds: ['price_agreed', 'price_agreed_too'] }),
  ],
  addOns: [
    anAddOn({
      id: 'MICRO',
      prices: [aPrice('micro', 500)],
      metadata: { product_type: 'workspace_addon', tier: 'MICRO' },
    }),
    anAddOn({
      id: 'ORG_SMALL',
      kind: 'booster',
      audiences: ['organisation'],
      prices: [aPrice('org_small', 1800, { knownPriceIds: ['price_old_booster'] })],
      aliases: ['BOOSTER_SMALL'],
      metadata: { product_type: 'org_pool_booster', booster_tier: 'ORG_SMALL' },
    }),
  ],
});

interface Item {
  id?: string;
  lookup_key?: string | null;
  metadata?: Stripe.Metadata;
  usage_type?: string;
  quantity?: number;
  product?: string;
}
const subscription = (items: Item[], metadata: Stripe.Metadata = {}) =>
  ({
    metadata,
    items: {
      data: items.map(({ quantity, usage_type = 'licensed', ...price }) => ({
        quantity,
        price: {
          id: 'price_x',
          lookup_key: null,
          metadata: {},
          product: 'prod_1',
          recurring: { usage_type },
          ...price,
        },
      })),
    },
  }) as unknown as Stripe.Subscription;
const MICRO = { role: 'add-on', planId: null, addOnId: 'MICRO' };
const ORG_SMALL = { role: 'add-on', planId: null, addOnId: 'ORG_SMALL' };
const PRO = { role: 'base', planId: 'PRO', addOnId: null };
const ENTERPRISE = { role: 'base', planId: 'ENTERPRISE', addOnId: null };
const UNKNOWN = { role: 'unknown', planId: null, addOnId: null };

describe('a subscription is for', () => {
  test.each<[string, Item, object]>([
    ["a plan, by its price's lookup key", { lookup_key: 'test_pro_month' }, PRO],
    ['a plan, by a price id that is known', { id: 'price_old_pro' }, PRO],
    [
      'a plan, by what sync wrote on a price that has lost its lookup key',
      { metadata: { leasehold_lookup_key: 'test_pro_month' } },
      PRO,
    ],
    ['a custom plan, by a price id that was agreed on', { id: 'price_agreed_too' }, ENTERPRISE],
    [
      'a custom plan, by its price id, though the price was another plan’s once',
      { id: 'price_agreed', metadata: { leasehold_lookup_key: 'test_pro_month' } },
      ENTERPRISE,
    ],
    ['an add-on, by its lookup key', { lookup_key: 'test_micro_month' }, MICRO],
    ['a booster, by a price id that is known', { id: 'price_old_booster' }, ORG_SMALL],
    ['nothing that we know', {}, UNKNOWN],
  ])('%s', (_, item, expected) => {
    expect(roleOf(subscription([item]), shop, undefined)).toEqual({ ...expected, quantity: 1 });
  });

  test.each<[Stripe.Metadata, object]>([
    [{ user_id: 'u1', addon_tier: 'MICRO' }, MICRO],
    [{ organization_id: 'o1', booster_id: 'BOOSTER_SMALL' }, ORG_SMALL],
    [{ booster_id: 'ORG_SMALL' }, ORG_SMALL],
    [{ booster_tier: 'ORG_SMALL' }, ORG_SMALL],
    [{ product_type: 'workspace_addon', tier: 'MICRO' }, MICRO],
    [{ addon_tier: 'ORG_SMALL' }, UNKNOWN],
    [{ booster_id: 'MICRO' }, UNKNOWN],
    [{ addon_tier: 'HUGE' }, UNKNOWN],
    [{ leasehold_catalog: 'test', leasehold_kind: 'plan', leasehold_id: 'PRO' }, PRO],
    [{ leasehold_catalog: 'test', leasehold_kind: 'booster', leasehold_id: 'ORG_SMALL' }, ORG_SMALL],
    [{ leasehold_catalog: 'another', leasehold_kind: 'plan', leasehold_id: 'PRO' }, UNKNOWN],
    [{ leasehold_catalog: 'test', leasehold_kind: 'metric', leasehold_id: 'PRO' }, UNKNOWN],
  ])('what its own or its product metadata %o say', (metadata, expected) => {
    expect(roleOf(subscription([{}], metadata), shop, undefined)).toMatchObject(expected);
    expect(roleOf(subscription([{}]), shop, metadata)).toMatchObject(expected);
  });

  test('what its price says, whatever the metadata say', () => {
    expect(
      roleOf(subscription([{ lookup_key: 'test_pro_month' }], { addon_tier: 'MICRO' }), shop, undefined),
    ).toMatchObject(PRO);
  });

  test('the item with a price of the catalog, metered ones beside it or not, with its quantity', () => {
    const items = [{ usage_type: 'metered' }, { lookup_key: 'test_micro_month', quantity: 3 }];
    expect(roleOf(subscription(items), shop, undefined)).toEqual({ ...MICRO, quantity: 3 });
  });
});

test('only the products of subscriptions that nothing else explains are read, each once', () => {
  const known = subscription([{ lookup_key: 'test_pro_month', product: 'prod_pro' }]);
  const explained = subscription([{ product: 'prod_micro' }], { addon_tier: 'MICRO' });
  const odd = subscription([{ product: 'prod_odd' }]);
  expect(productsToRead([known, explained, odd, odd], shop)).toEqual(['prod_odd']);
});
