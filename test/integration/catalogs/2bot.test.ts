import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Interval } from '#domain/catalog.ts';
import { grace } from '#stories/grace.ts';
import { type CatalogPlatform, startCatalogPlatform } from './catalog-platform.fixture.ts';
import { type Buyer, figuresOf, openShop, priceByHand, type Shop } from './shop.fixture.ts';

const GB = 1024;
const UNLIMITED = -1;

let catalogPlatform: CatalogPlatform;
let shop: Shop;

beforeAll(async () => {
  catalogPlatform = await startCatalogPlatform({
    catalog: 'catalogs/2bot.yaml',
    hostMemoryMb: 256 * GB,
    hostCpuPercent: 3200,
    before: async (stripe) => ({ STRIPE_PRICE_BUSINESS: await priceByHand(stripe, 7900) }),
  });
  shop = await openShop(catalogPlatform.platform.env);
});

afterAll(async () => {
  await shop?.close();
  await catalogPlatform?.discard();
});

/** Subscribes to a plan, an add-on or a booster and checks what the first invoice charged. */
async function buy(buyer: Buyer, id: string, interval: Interval, dollars: number): Promise<void> {
  const { paid } = await shop.buy(buyer, `2bot_${id.toLowerCase()}_${interval}`);
  expect(paid).toEqual({ amountPaid: dollars * 100, currency: 'usd' });
}

/** Waits until the API shows these sizes of the pool and this many workspaces. */
async function expectPool(buyer: Buyer, memoryMb: number, cpuPercent: number, storageMb: number, workspaces = 1) {
  return shop.eventually(buyer, (account) =>
    expect(figuresOf(account).pool).toEqual({ memoryMb, cpuPercent, storageMb, workspaces }),
  );
}

// First, as it waits most of its time and the others run beside it.
test.concurrent('story grace: a renewal fails, the workspace stops on day 7 and runs again once it is paid', {
  timeout: 300_000,
}, async () => {
  const { failures } = await grace.play({ platform: catalogPlatform.platform });
  expect(failures).toEqual([]);
});

describe.concurrent('A1: a personal plan', () => {
  test('FREE costs nothing and is had without a subscription', async () => {
    const account = await shop.read(await shop.openAccount());
    expect(account).toMatchObject({ plan: { id: 'FREE' }, standing: 'free', subscription: null });
    expect(figuresOf(account)).toEqual({
      pool: { memoryMb: 256, cpuPercent: 50, storageMb: 1 * GB, workspaces: 1 },
      limits: { gateways: 1, plugins: 3, executions: 500 },
      features: {},
    });
    expect(account.entitlements.limits.executions).toMatchObject({ per: 'month', mode: 'block' });
  });

  test.each([
    // plan, USD a month, memory, CPU, storage, gateways, plugins, executions a month
    ['STARTER', 9, 512, 75, 5 * GB, 3, 10, 5_000, 'block'],
    ['PRO', 29, 1 * GB, 100, 10 * GB, 10, 50, UNLIMITED, 'track'],
    ['BUSINESS', 79, 2 * GB, 200, 20 * GB, 50, 200, UNLIMITED, 'track'],
  ] as const)(
    '%s for %i USD',
    async (plan, dollars, memoryMb, cpuPercent, storageMb, gateways, plugins, executions, mode) => {
      const buyer = await shop.openAccount();
      await buy(buyer, plan, 'month', dollars);
      const account = await shop.eventually(buyer, (each) => expect(each.plan.id).toBe(plan));
      expect(account.standing).toBe('active');
      expect(figuresOf(account)).toEqual({
        pool: { memoryMb, cpuPercent, storageMb, workspaces: 1 },
        limits: { gateways, plugins, executions },
        features: {},
      });
      expect(account.entitlements.limits.executions).toMatchObject({ per: 'month', mode });
    },
  );

  test('BUSINESS at the price id that the environment names', async () => {
    const buyer = await shop.openAccount();
    const price = catalogPlatform.platform.env.STRIPE_PRICE_BUSINESS;
    const { paid } = await shop.subscribe(buyer, { items: [{ price }] });
    expect(paid.amountPaid).toBe(7900);
    await shop.eventually(buyer, (each) => expect(each.plan.id).toBe('BUSINESS'));
  });

  test('ENTERPRISE at a price that was agreed on, whose metadata names the plan', async () => {
    const buyer = await shop.openAccount();
    const price = await priceByHand(shop.stripe, 250_000, {
      leasehold_catalog: '2bot',
      leasehold_kind: 'plan',
      leasehold_id: 'ENTERPRISE',
    });
    const { paid } = await shop.subscribe(buyer, { items: [{ price }] });
    expect(paid.amountPaid).toBe(250_000);
    const account = await shop.eventually(buyer, (each) => expect(each.plan.id).toBe('ENTERPRISE'));
    expect(figuresOf(account)).toEqual({
      pool: { memoryMb: 4 * GB, cpuPercent: 400, storageMb: 40 * GB, workspaces: 1 },
      limits: { gateways: UNLIMITED, plugins: UNLIMITED, executions: UNLIMITED },
      features: {},
    });
  });
});

const ADD_ONS = [
  // tier, memory, CPU, storage, USD a month, USD a year
  ['MICRO', 1 * GB, 50, 10 * GB, 5, 50],
  ['SMALL', 2 * GB, 100, 20 * GB, 9, 90],
  ['MEDIUM', 4 * GB, 200, 40 * GB, 15, 150],
  ['LARGE', 8 * GB, 400, 80 * GB, 29, 290],
  ['XLARGE', 16 * GB, 800, 150 * GB, 49, 490],
] as const;

describe.concurrent('A2: a workspace add-on', () => {
  const eachInterval = ADD_ONS.flatMap(([tier, memory, cpu, storage, month, year]) => [
    [tier, 'month', month, memory, cpu, storage] as const,
    [tier, 'year', year, memory, cpu, storage] as const,
  ]);

  test.each(eachInterval)(
    '%s by the %s for %i USD on FREE: its resources, and executions without a limit',
    async (tier, interval, dollars, memoryMb, cpuPercent, storageMb) => {
      const buyer = await shop.openAccount();
      await buy(buyer, tier, interval, dollars);
      const account = await expectPool(buyer, memoryMb, cpuPercent, storageMb);
      expect(account).toMatchObject({ plan: { id: 'FREE' }, standing: 'free', subscription: null });
      expect(account.addOns).toMatchObject([{ addOnId: tier, quantity: 1, status: 'active' }]);
      expect(figuresOf(account).limits).toEqual({ gateways: 1, plugins: 3, executions: UNLIMITED });
    },
  );

  test.each(eachInterval)(
    '%s by the %s for %i USD stacks on PRO',
    async (tier, interval, dollars, memoryMb, cpuPercent, storageMb) => {
      const buyer = await shop.openAccount();
      await buy(buyer, 'PRO', 'month', 29);
      await buy(buyer, tier, interval, dollars);
      const account = await expectPool(buyer, 1 * GB + memoryMb, 100 + cpuPercent, 10 * GB + storageMb);
      expect(account).toMatchObject({ plan: { id: 'PRO' }, standing: 'active' });
    },
  );

  test('MICRO on STARTER: the larger of each, and executions without a limit', async () => {
    const buyer = await shop.openAccount();
    await buy(buyer, 'STARTER', 'month', 9);
    await buy(buyer, 'MICRO', 'month', 5);
    const account = await expectPool(buyer, 1 * GB, 75, 10 * GB);
    expect(figuresOf(account).limits).toEqual({ gateways: 3, plugins: 10, executions: UNLIMITED });
  });

  test('each says in words what a number is made of', async () => {
    const buyer = await shop.openAccount();
    await buy(buyer, 'PRO', 'month', 29);
    await buy(buyer, 'MICRO', 'month', 5);
    const { entitlements } = await expectPool(buyer, 2 * GB, 150, 20 * GB);
    expect(entitlements.pool?.memoryMb.because).toBe('2 GB = PRO 1 GB + MICRO 1 GB');
  });
});

describe.concurrent('A3: a plan of an organisation', () => {
  test('ORG_FREE has no pool, and 1,000 executions a month', async () => {
    const account = await shop.read(await shop.openAccount({ audience: 'organisation' }));
    expect(account).toMatchObject({ audience: 'organisation', plan: { id: 'ORG_FREE' }, standing: 'free' });
    expect(figuresOf(account)).toEqual({
      pool: null,
      limits: { gateways: 1, plugins: 3, executions: 1_000 },
      features: {},
    });
    expect(account.entitlements.limits.executions).toMatchObject({ per: 'month', mode: 'block' });
  });

  test.each([
    // plan, USD a month, memory, CPU, storage, gateways, plugins
    ['ORG_STARTER', 49, 4 * GB, 200, 20 * GB, 10, 50],
    ['ORG_GROWTH', 99, 8 * GB, 400, 50 * GB, 25, 100],
    ['ORG_PRO', 199, 16 * GB, 800, 100 * GB, 50, 200],
    ['ORG_BUSINESS', 399, 32 * GB, 1600, 250 * GB, 100, 500],
  ] as const)('%s for %i USD a month', async (plan, dollars, memoryMb, cpuPercent, storageMb, gateways, plugins) => {
    const buyer = await shop.openAccount({ audience: 'organisation' });
    await buy(buyer, plan, 'month', dollars);
    const account = await shop.eventually(buyer, (each) => expect(each.plan.id).toBe(plan));
    expect(figuresOf(account)).toEqual({
      pool: { memoryMb, cpuPercent, storageMb, workspaces: UNLIMITED },
      limits: { gateways, plugins, executions: UNLIMITED },
      features: {},
    });
  });

  test('ORG_ENTERPRISE at a price that was agreed on, whose metadata names the plan', async () => {
    const buyer = await shop.openAccount({ audience: 'organisation' });
    const price = await priceByHand(shop.stripe, 900_000, {
      leasehold_catalog: '2bot',
      leasehold_kind: 'plan',
      leasehold_id: 'ORG_ENTERPRISE',
    });
    await shop.subscribe(buyer, { items: [{ price }] });
    const account = await expectPool(buyer, 32 * GB, 1600, 250 * GB, UNLIMITED);
    expect(account.plan.id).toBe('ORG_ENTERPRISE');
  });

  test.each([
    ['ORG_STARTER', 'TEAM'],
    ['ORG_GROWTH', 'GROWTH'],
    ['ORG_PRO', 'PRO'],
    ['ORG_BUSINESS', 'BUSINESS'],
  ])('%s is sold as pool tier %s', async (plan, tier) => {
    const price = await shop.stripe.prices.retrieve(await shop.priceOf(`2bot_${plan.toLowerCase()}_month`), {
      expand: ['product'],
    });
    expect(price.product).toMatchObject({ metadata: { pool_tier: tier } });
  });
});

const BOOSTERS = [
  // booster, memory, CPU, storage, USD a month, USD a year
  ['ORG_MICRO', 2 * GB, 100, 30 * GB, 10, 100],
  ['ORG_SMALL', 4 * GB, 200, 60 * GB, 18, 180],
  ['ORG_MEDIUM', 8 * GB, 400, 120 * GB, 30, 300],
  ['ORG_LARGE', 16 * GB, 800, 240 * GB, 58, 580],
  ['ORG_XLARGE', 32 * GB, 1600, 450 * GB, 98, 980],
] as const;

describe.concurrent('A4: a pool booster', () => {
  const eachInterval = BOOSTERS.flatMap(([booster, memory, cpu, storage, month, year]) => [
    [booster, 'month', month, memory, cpu, storage] as const,
    [booster, 'year', year, memory, cpu, storage] as const,
  ]);

  test.each(eachInterval)(
    '%s by the %s for %i USD on top of ORG_STARTER',
    async (booster, interval, dollars, memoryMb, cpuPercent, storageMb) => {
      const buyer = await shop.openAccount({ audience: 'organisation' });
      await buy(buyer, 'ORG_STARTER', 'month', 49);
      await buy(buyer, booster, interval, dollars);
      const account = await expectPool(buyer, 4 * GB + memoryMb, 200 + cpuPercent, 20 * GB + storageMb, UNLIMITED);
      expect(account.addOns).toMatchObject([{ addOnId: booster, quantity: 1, status: 'active' }]);
    },
  );
});

describe.concurrent('customers that are older than the catalog, at prices that it does not know', () => {
  test.each([
    // metadata of the subscription, booster, memory
    [{ organization_id: 'org_1', booster_id: 'BOOSTER_SMALL' }, 'ORG_SMALL', 4 * GB, 200, 60 * GB],
    [{ organization_id: 'org_1', booster_id: 'BOOSTER_MEDIUM' }, 'ORG_MEDIUM', 8 * GB, 400, 120 * GB],
    [{ organization_id: 'org_1', booster_id: 'BOOSTER_LARGE' }, 'ORG_LARGE', 16 * GB, 800, 240 * GB],
    [{ organization_id: 'org_1', booster_id: 'ORG_XLARGE' }, 'ORG_XLARGE', 32 * GB, 1600, 450 * GB],
  ] as const)('%o is booster %s', async (metadata, booster, memoryMb, cpuPercent, storageMb) => {
    const buyer = await shop.openAccount({ audience: 'organisation' });
    await buy(buyer, 'ORG_GROWTH', 'month', 99);
    await shop.subscribe(buyer, {
      items: [{ price: await priceByHand(shop.stripe, 1000) }],
      metadata: { ...metadata },
    });
    const account = await expectPool(buyer, 8 * GB + memoryMb, 400 + cpuPercent, 50 * GB + storageMb, UNLIMITED);
    expect(account.addOns).toMatchObject([{ addOnId: booster, quantity: 1 }]);
  });

  test('user_id and addon_tier on the subscription name an add-on', async () => {
    const buyer = await shop.openAccount();
    const price = await priceByHand(shop.stripe, 1500);
    await shop.subscribe(buyer, { items: [{ price }], metadata: { user_id: 'user_1', addon_tier: 'MEDIUM' } });
    const account = await expectPool(buyer, 4 * GB, 200, 40 * GB);
    expect(account.addOns).toMatchObject([{ addOnId: 'MEDIUM', quantity: 1 }]);
  });
});

describe.concurrent('the metadata by which others know what was sold', () => {
  test.each([
    [
      'MICRO',
      { product_type: 'workspace_addon', tier: 'MICRO', ram_mb: '1024', cpu_cores: '0.5', storage_mb: '10240' },
    ],
    [
      'XLARGE',
      { product_type: 'workspace_addon', tier: 'XLARGE', ram_mb: '16384', cpu_cores: '8', storage_mb: '153600' },
    ],
    [
      'ORG_MICRO',
      {
        product_type: 'org_pool_booster',
        booster_tier: 'ORG_MICRO',
        ram_mb: '2048',
        cpu_cores: '1',
        storage_mb: '30720',
      },
    ],
    [
      'ORG_XLARGE',
      {
        product_type: 'org_pool_booster',
        booster_tier: 'ORG_XLARGE',
        ram_mb: '32768',
        cpu_cores: '16',
        storage_mb: '460800',
      },
    ],
  ])('%s', async (id, metadata) => {
    const price = await shop.stripe.prices.retrieve(await shop.priceOf(`2bot_${id.toLowerCase()}_year`), {
      expand: ['product'],
    });
    expect(price.product).toMatchObject({ metadata });
  });
});

describe.concurrent('limits by docker inspect', () => {
  test('a workspace grows with what its owner buys: FREE, PRO, PRO with MICRO, PRO with MICRO and XLARGE', async () => {
    const buyer = await shop.openAccount({ workspaces: 1 });
    await shop.eventuallyRuns(buyer, 256, 0.5);
    await buy(buyer, 'PRO', 'month', 29);
    await shop.eventuallyRuns(buyer, 1 * GB, 1);
    await buy(buyer, 'MICRO', 'month', 5);
    await shop.eventuallyRuns(buyer, 2 * GB, 1.5);
    await buy(buyer, 'XLARGE', 'year', 490);
    await shop.eventuallyRuns(buyer, 18 * GB, 9.5);
  });

  test('an add-on in place of what FREE has: XLARGE', async () => {
    const buyer = await shop.openAccount({ workspaces: 1 });
    await buy(buyer, 'XLARGE', 'month', 49);
    await shop.eventuallyRuns(buyer, 16 * GB, 8);
  });

  test('a workspace that asks for it has the whole pool of ORG_BUSINESS, and then nothing is left for another', async () => {
    const buyer = await shop.openAccount({ audience: 'organisation' });
    await buy(buyer, 'ORG_BUSINESS', 'month', 399);
    await shop.eventually(buyer, (account) => expect(account.plan.id).toBe('ORG_BUSINESS'));
    const create = (name: string, size?: { memoryMb: number; cpuPercent: number; storageMb: number }) =>
      shop.call(buyer, `/api/v1/accounts/${buyer.accountId}/workspaces`, {
        method: 'POST',
        body: JSON.stringify({ name, size }),
      });
    const created = await create('All of it', { memoryMb: 32 * GB, cpuPercent: 1600, storageMb: 250 * GB });
    expect(created.status).toBe(202);
    buyer.workspaceIds.push(((await created.json()) as { workspaceId: string }).workspaceId);
    await shop.eventuallyRuns(buyer, 32 * GB, 16);
    const refused = await create('One more');
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ code: 'plan-limit', limit: 'memoryMb', used: 32 * GB, max: 32 * GB });
  });

  test('an organisation has its workspace stopped on ORG_FREE, and the default share of the pool on ORG_BUSINESS', async () => {
    const buyer = await shop.openAccount({ audience: 'organisation', workspaces: 1 });
    await shop.eventually(buyer, ({ workspaces }) =>
      expect(workspaces).toMatchObject([{ status: 'stopped', reason: 'The plan has no workspaces.' }]),
    );
    await buy(buyer, 'ORG_BUSINESS', 'month', 399);
    await shop.eventuallyRuns(buyer, 1 * GB, 0.5);
  });
});
