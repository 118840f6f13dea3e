import { expect, test } from 'vitest';
import { aCatalog, anAddOn, aPlan } from '#test/factories/billing.ts';
import type { Audience } from './catalog.ts';
import type { Holdings } from './entitlements.ts';
import { mayBuy } from './purchase.ts';

const rules = [{ on: ['PRO', 'ANYONE'], resources: 'stack' as const, unlocks: [] }];
const forOrganisations = [{ on: ['ORG_STARTER'], resources: 'stack' as const, unlocks: [] }];
const shop = aCatalog({
  plans: [
    aPlan({ id: 'PRO' }),
    aPlan({ id: 'ANYONE', audiences: ['personal', 'organisation'] }),
    aPlan({ id: 'TOP' }),
    aPlan({ id: 'ORG_FREE', audiences: ['organisation'], pool: null }),
    aPlan({ id: 'ORG_STARTER', audiences: ['organisation'] }),
  ],
  addOns: [
    anAddOn({ id: 'MICRO', rules, maxQuantity: 3 }),
    anAddOn({ id: 'OLD', rules, retired: true }),
    anAddOn({ id: 'HUGE', rules, prices: [] }),
    anAddOn({ id: 'BOTH', audiences: ['personal', 'organisation'], rules }),
    anAddOn({ id: 'ORG_MICRO', audiences: ['organisation'], kind: 'booster', rules: forOrganisations }),
  ],
});

const buy = (planId: string, addOnId: string, quantity: number, held: Holdings['addOns'], audience?: Audience) =>
  mayBuy(shop, {
    audience: audience ?? (planId.startsWith('ORG_') ? 'organisation' : 'personal'),
    planId,
    addOnId,
    quantity,
    held,
  });

test('an add-on can be bought on a plan that its rules name, as often as there may be of it', () => {
  expect(buy('PRO', 'MICRO', 1, [])).toEqual({ ok: true });
  expect(buy('PRO', 'MICRO', 1, [{ id: 'MICRO', quantity: 2 }])).toEqual({ ok: true });
  expect(buy('ORG_STARTER', 'ORG_MICRO', 100, [{ id: 'MICRO', quantity: 3 }])).toEqual({ ok: true });
});

test("on a plan for both, the account's own audience says what it may buy", () => {
  expect(buy('ANYONE', 'MICRO', 1, [], 'personal')).toEqual({ ok: true });
  expect(buy('ANYONE', 'BOTH', 1, [], 'personal')).toEqual({ ok: true });
  expect(buy('ANYONE', 'BOTH', 1, [], 'organisation')).toEqual({ ok: true });
  expect(buy('ANYONE', 'MICRO', 1, [], 'organisation')).toEqual({
    ok: false,
    code: 'wrong-audience',
    reason: "MICRO is for personal accounts; this account is an organisation's.",
  });
});

test('an upgrade is named only where the account could have it', () => {
  const inHigher = (audience: Audience) => {
    const stacksOnTop = [{ on: ['TEAM_TOP'], resources: 'stack' as const, unlocks: [] }];
    const plans = [
      aPlan({ id: 'BASE', audiences: ['personal', 'organisation'] }),
      aPlan({ id: 'TEAM_TOP', audiences: ['organisation'] }),
    ];
    const addOns = [anAddOn({ id: 'BOTH', audiences: ['personal', 'organisation'], rules: stacksOnTop })];
    return mayBuy(aCatalog({ plans, addOns }), { audience, planId: 'BASE', addOnId: 'BOTH', quantity: 1, held: [] });
  };
  expect(inHigher('organisation')).toMatchObject({
    reason: 'BASE must upgrade first: BOTH can be bought from TEAM_TOP on.',
  });
  expect(inHigher('personal')).toMatchObject({ reason: "BOTH can't be bought on BASE." });
});

test.each<[string, string, number, string, string]>([
  ['ORG_FREE', 'ORG_MICRO', 1, 'plan', 'ORG_FREE must upgrade first: ORG_MICRO can be bought from ORG_STARTER on.'],
  ['TOP', 'MICRO', 1, 'plan', "MICRO can't be bought on TOP."],
  ['PRO', 'OLD', 1, 'retired', 'OLD is no longer sold. Those who have it keep it.'],
  ['PRO', 'HUGE', 1, 'custom', 'HUGE is agreed on by hand: talk to us.'],
  ['PRO', 'GONE', 1, 'unknown-add-on', 'There is no add-on GONE.'],
  ['PRO', 'ORG_MICRO', 1, 'wrong-audience', 'ORG_MICRO is for organisations; this account is a personal one.'],
  ['PRO', 'MICRO', 0, 'quantity', 'The quantity of MICRO must be a whole number of at least 1.'],
  ['PRO', 'MICRO', 1.5, 'quantity', 'The quantity of MICRO must be a whole number of at least 1.'],
  ['PRO', 'MICRO', 2, 'max-quantity', 'An account can have 3 × MICRO at most; it has 2 and asks for 2 more.'],
])('on %s, %s × %s is refused as %s', (planId, addOnId, quantity, code, reason) => {
  expect(buy(planId, addOnId, quantity, [{ id: 'MICRO', quantity: 2 }])).toEqual({ ok: false, code, reason });
});
