import { expect, test } from 'vitest';
import { aCatalog, anAddOn, aPlan, aPrice, day } from '#test/factories/billing.ts';
import { type Audience, UNLIMITED } from './catalog.ts';
import { entitlementsOf } from './entitlements.ts';
import { checkLimit } from './plan-limit.ts';

const counted = (gateways: number, executions: number, plugins: number) => ({
  gateways: { limit: gateways, per: 'standing' as const, mode: 'block' as const },
  executions: { limit: executions, per: 'month' as const, mode: 'block' as const },
  plugins: { limit: plugins, per: 'standing' as const, mode: 'track' as const },
});
const shop = aCatalog({
  plans: [
    aPlan({ id: 'FREE', name: 'Free', audiences: ['personal', 'organisation'], limits: counted(1, 500, 3) }),
    aPlan({ id: 'BUSINESS', name: 'Business', prices: [aPrice('b', 7900)], limits: counted(50, UNLIMITED, 9) }),
    aPlan({ id: 'OLD', name: 'Old', retired: true, prices: [aPrice('o', 100)], limits: counted(99, UNLIMITED, 9) }),
    aPlan({
      id: 'PRO',
      name: 'Pro',
      prices: [aPrice('p', 34_800, { interval: 'year' })],
      limits: counted(10, UNLIMITED, 9),
    }),
    aPlan({ id: 'ENTERPRISE', name: 'Enterprise', custom: true, limits: counted(UNLIMITED, UNLIMITED, 9) }),
    aPlan({
      id: 'ORG',
      name: 'Org',
      audiences: ['organisation'],
      prices: [aPrice('g', 1)],
      limits: counted(99, 99, 9),
    }),
  ],
  addOns: [anAddOn({ rules: [{ on: ['FREE'], resources: 'replace', unlocks: ['executions'] }] })],
});
const check = (planId: string, name: string, used: number, more: number, audience: Audience = 'personal') =>
  checkLimit(shop, {
    audience,
    entitlements: entitlementsOf(shop, { planId, addOns: [] }, [], day(0)),
    name,
    used,
    more,
  });

test('up to the limit all is well, and what is tracked, unlimited or not counted always is', () => {
  expect(check('FREE', 'gateways', 0, 1)).toEqual({ ok: true });
  expect(check('FREE', 'executions', 499, 1)).toEqual({ ok: true });
  expect(check('FREE', 'plugins', 3, 1)).toEqual({ ok: true });
  expect(check('PRO', 'executions', 1_000_000, 1)).toEqual({ ok: true });
  expect(check('FREE', 'agents', 1_000_000, 1)).toEqual({ ok: true });
});

test('beyond it, the cheapest plan of the audience that lifts it is named', () => {
  expect(check('FREE', 'gateways', 1, 1)).toEqual({
    ok: false,
    error: {
      limit: 'gateways',
      max: 1,
      used: 1,
      asked: 1,
      liftedBy: [{ kind: 'plan', id: 'PRO', name: 'Pro' }],
      message: 'Gateway limit reached. Upgrade to Pro.',
    },
  });
});

test('a plan under which it would not fit either is passed over', () => {
  expect(check('FREE', 'gateways', 1, 20)).toMatchObject({
    error: { message: 'Gateway limit reached. Upgrade to Business.' },
  });
});

test("on a plan for both, what lifts a limit is what accounts of the call's audience can have", () => {
  expect(check('FREE', 'gateways', 1, 1, 'organisation')).toMatchObject({
    error: { liftedBy: [{ kind: 'plan', id: 'ORG', name: 'Org' }] },
  });
  expect(check('FREE', 'executions', 500, 1, 'organisation')).toMatchObject({ error: { liftedBy: [] } });
});

test('an add-on that unlocks is named as well', () => {
  expect(check('FREE', 'executions', 500, 1)).toMatchObject({
    error: {
      max: 500,
      used: 500,
      liftedBy: [{ id: 'PRO' }, { kind: 'add-on', id: 'micro', name: 'Micro' }],
      message: 'Execution limit reached. Upgrade to Pro or add Micro.',
    },
  });
});

test('where nothing that is sold lifts it, people are asked to talk to us', () => {
  expect(check('BUSINESS', 'gateways', 50, 1)).toMatchObject({
    error: { liftedBy: [], message: 'Gateway limit reached. Talk to us about more.' },
  });
});
