import { expect, test } from 'vitest';
import { aCatalog, anAddOn, aPlan } from '#test/factories/billing.ts';
import { mayBuy } from './purchase.ts';

const rules = [{ on: ['PRO'], resources: 'stack' as const, unlocks: [] }];
const forOrganisations = [{ on: ['ORG_STARTER'], resources: 'stack' as const, unlocks: [] }];
const shop = aCatalog({
  plans: [
    aPlan({ id: 'PRO' }),
    aPlan({ id: 'TOP' }),
    aPlan({ id: 'ORG_FREE', audience: 'organisation', pool: null }),
    aPlan({ id: 'ORG_STARTER', audience: 'organisation' }),
  ],
  addOns: [
    anAddOn({ id: 'MICRO', rules, maxQuantity: 3 }),
    anAddOn({ id: 'OLD', rules, retired: true }),
    anAddOn({ id: 'HUGE', rules, prices: [] }),
    anAddOn({ id: 'ORG_MICRO', audience: 'organisation', kind: 'booster', rules: forOrganisations }),
  ],
});

test('an add-on can be bought on a plan that its rules name, as often as there may be of it', () => {
  expect(mayBuy(shop, 'PRO', 'MICRO', 1, [])).toEqual({ ok: true });
  expect(mayBuy(shop, 'PRO', 'MICRO', 1, [{ id: 'MICRO', quantity: 2 }])).toEqual({ ok: true });
  expect(mayBuy(shop, 'ORG_STARTER', 'ORG_MICRO', 100, [{ id: 'MICRO', quantity: 3 }])).toEqual({ ok: true });
});

test.each<[string, string, number, string, string]>([
  ['ORG_FREE', 'ORG_MICRO', 1, 'plan', 'ORG_FREE must upgrade first: ORG_MICRO can be bought from ORG_STARTER on.'],
  ['TOP', 'MICRO', 1, 'plan', "MICRO can't be bought on TOP."],
  ['PRO', 'OLD', 1, 'retired', 'OLD is no longer sold. Those who have it keep it.'],
  ['PRO', 'HUGE', 1, 'custom', 'HUGE is agreed on by hand: talk to us.'],
  ['PRO', 'GONE', 1, 'unknown-add-on', 'There is no add-on GONE.'],
  ['PRO', 'ORG_MICRO', 1, 'wrong-audience', 'ORG_MICRO is for organisations; PRO is for personal accounts.'],
  ['PRO', 'MICRO', 0, 'quantity', 'The quantity of MICRO must be a whole number of at least 1.'],
  ['PRO', 'MICRO', 1.5, 'quantity', 'The quantity of MICRO must be a whole number of at least 1.'],
  ['PRO', 'MICRO', 2, 'max-quantity', 'An account can have 3 × MICRO at most; it has 2 and asks for 2 more.'],
])('on %s, %s × %s is refused as %s', (planId, addOnId, quantity, code, reason) => {
  expect(mayBuy(shop, planId, addOnId, quantity, [{ id: 'MICRO', quantity: 2 }])).toEqual({ ok: false, code, reason });
});
