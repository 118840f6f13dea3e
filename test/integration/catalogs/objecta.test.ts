import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { grace } from '#stories/grace.ts';
import { type CatalogPlatform, startCatalogPlatform } from './catalog-platform.fixture.ts';
import { type Buyer, figuresOf, openShop, priceByHand, type Shop } from './shop.fixture.ts';

const UNLIMITED = -1;

let catalogPlatform: CatalogPlatform;
let shop: Shop;

beforeAll(async () => {
  catalogPlatform = await startCatalogPlatform({
    catalog: 'catalogs/objecta.yaml',
    hostMemoryMb: 64 * 1024,
    hostCpuPercent: 3200,
    before: async (stripe) => ({
      STRIPE_PROFESSIONAL_PRICE_ID: await priceByHand(stripe, 9900),
      STRIPE_ENTERPRISE_PRICE_ID: await priceByHand(stripe, 120_000),
    }),
  });
  shop = await openShop(catalogPlatform.platform.env);
});

afterAll(async () => {
  await shop?.close();
  await catalogPlatform?.discard();
});

interface Row {
  limits: { agents: number; messages: number; users: number };
  storageMb: number;
  features: Record<'knowledgeBase' | 'workflows' | 'fineTuning' | 'sso' | 'sla', boolean> & { support: string };
}

async function expectRow(buyer: Buyer, plan: string, { limits, storageMb, features }: Row): Promise<void> {
  const account = await shop.eventually(buyer, (each) => expect(each.plan.id).toBe(plan));
  const figures = figuresOf(account);
  expect(figures).toMatchObject({ pool: { storageMb } });
  expect(figures.limits).toEqual(limits);
  expect(figures.features).toEqual(features);
  expect(account.entitlements.limits.messages).toMatchObject({ per: 'month' });
}

// First, as it waits most of its time and the others run beside it.
test.concurrent('story grace: a renewal fails, the workspace stops on day 7 and runs again once it is paid', {
  timeout: 300_000,
}, async () => {
  const { failures } = await grace.play({ platform: catalogPlatform.platform });
  expect(failures).toEqual([]);
});

describe.concurrent('C: a plan', () => {
  test('free costs nothing and is had without a subscription', async () => {
    const buyer = await shop.openAccount();
    expect(await shop.read(buyer)).toMatchObject({ standing: 'free', subscription: null });
    await expectRow(buyer, 'free', {
      limits: { agents: 1, messages: 1_000, users: 1 },
      storageMb: 100,
      features: {
        knowledgeBase: false,
        workflows: false,
        fineTuning: false,
        sso: false,
        sla: false,
        support: 'community',
      },
    });
  });

  test('starter for 29 USD a month', async () => {
    const buyer = await shop.openAccount();
    const { paid } = await shop.buy(buyer, 'objecta_starter_month');
    expect(paid).toEqual({ amountPaid: 2900, currency: 'usd' });
    await expectRow(buyer, 'starter', {
      limits: { agents: 5, messages: 10_000, users: 3 },
      storageMb: 1_000,
      features: { knowledgeBase: true, workflows: true, fineTuning: false, sso: false, sla: false, support: 'email' },
    });
  });

  test('professional for 99 USD a month, at the price id that the environment names', async () => {
    const buyer = await shop.openAccount();
    const { subscription, paid } = await shop.buy(buyer, 'objecta_professional_month');
    const price = catalogPlatform.platform.env.STRIPE_PROFESSIONAL_PRICE_ID;
    expect(subscription.items.data).toMatchObject([{ price: { id: price } }]);
    expect(paid).toEqual({ amountPaid: 9900, currency: 'usd' });
    await expectRow(buyer, 'professional', {
      limits: { agents: 25, messages: 100_000, users: 10 },
      storageMb: 10_000,
      features: { knowledgeBase: true, workflows: true, fineTuning: true, sso: false, sla: false, support: 'priority' },
    });
  });

  test('enterprise at the price that was agreed on, whose id the environment names', async () => {
    const buyer = await shop.openAccount();
    const price = catalogPlatform.platform.env.STRIPE_ENTERPRISE_PRICE_ID;
    const { paid } = await shop.subscribe(buyer, { items: [{ price }] });
    expect(paid.amountPaid).toBe(120_000);
    await expectRow(buyer, 'enterprise', {
      limits: { agents: UNLIMITED, messages: UNLIMITED, users: UNLIMITED },
      storageMb: UNLIMITED,
      features: { knowledgeBase: true, workflows: true, fineTuning: true, sso: true, sla: true, support: 'dedicated' },
    });
  });
});

describe.concurrent('limits by docker inspect', () => {
  test('a workspace grows from free to professional to enterprise', async () => {
    const buyer = await shop.openAccount({ workspaces: 1 });
    await shop.eventuallyRuns(buyer, 256, 0.5);
    const { subscription } = await shop.buy(buyer, 'objecta_professional_month');
    await shop.eventuallyRuns(buyer, 2 * 1024, 2);
    await shop.change(subscription, catalogPlatform.platform.env.STRIPE_ENTERPRISE_PRICE_ID ?? '');
    await shop.eventuallyRuns(buyer, 8 * 1024, 4);
  });
});
