import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { grace } from '#stories/grace.ts';
import { type CatalogPlatform, startCatalogPlatform } from './catalog-platform.fixture.ts';
import { figuresOf, openShop, priceByHand, type Shop } from './shop.fixture.ts';

const UNLIMITED = -1;
const METRICS = ['helvetia_compute_hours', 'helvetia_memory_gb_hours', 'helvetia_bandwidth_gb', 'helvetia_storage_gb'];

let catalogPlatform: CatalogPlatform;
let shop: Shop;

beforeAll(async () => {
  catalogPlatform = await startCatalogPlatform({
    catalog: 'catalogs/helvetia.yaml',
    hostMemoryMb: 64 * 1024,
    hostCpuPercent: 3200,
    before: async (stripe) => ({ STRIPE_PRICE_ID_ENTERPRISE: await priceByHand(stripe, 49_900) }),
  });
  shop = await openShop(catalogPlatform.platform.env);
});

afterAll(async () => {
  await shop?.close();
  await catalogPlatform?.discard();
});

// First, as it waits most of its time and the others run beside it.
test.concurrent('story grace: a renewal fails, the service stops on day 7 and runs again once it is paid', {
  timeout: 300_000,
}, async () => {
  const { failures } = await grace.play({ platform: catalogPlatform.platform });
  expect(failures).toEqual([]);
});

describe.concurrent.each(['personal', 'organisation'] as const)('B: a plan of a %s account', (audience) => {
  test('FREE costs nothing and is had without a subscription', async () => {
    const account = await shop.read(await shop.openAccount({ audience }));
    expect(account).toMatchObject({ audience, plan: { id: 'FREE' }, standing: 'free', subscription: null });
    expect(figuresOf(account)).toEqual({
      pool: { workspaces: 1, memoryMb: 512, cpuPercent: 50, bandwidthGb: 10, storageMb: 5 * 1024 },
      limits: {},
      features: {},
    });
  });

  test.each([
    // plan, USD a month, services, memory, CPU, bandwidth, storage
    ['STARTER', 19, 5, 2048, 200, 100, 50 * 1024],
    ['PRO', 79, 20, 8192, 800, 500, 200 * 1024],
    ['ENTERPRISE', 499, UNLIMITED, UNLIMITED, UNLIMITED, UNLIMITED, UNLIMITED],
  ] as const)(
    '%s for %i USD a month and what is used',
    async (plan, dollars, workspaces, memoryMb, cpuPercent, bandwidthGb, storageMb) => {
      const buyer = await shop.openAccount({ audience });
      const { subscription, paid } = await shop.buy(buyer, `helvetia_${plan.toLowerCase()}_month`, ...METRICS);
      expect(subscription.items.data).toHaveLength(5);
      // What is used counts from zero and is billed at the period's end.
      expect(paid).toEqual({ amountPaid: dollars * 100, currency: 'usd' });
      const account = await shop.eventually(buyer, (each) => expect(each.plan.id).toBe(plan));
      expect(account).toMatchObject({ audience, standing: 'active' });
      expect(figuresOf(account)).toEqual({
        pool: { workspaces, memoryMb, cpuPercent, bandwidthGb, storageMb },
        limits: {},
        features: {},
      });
    },
  );
});

describe.concurrent('B: what is used', () => {
  test.each([
    // price, cents a unit
    ['helvetia_compute_hours', '1'],
    ['helvetia_memory_gb_hours', '0.5'],
    ['helvetia_bandwidth_gb', '12'],
    ['helvetia_storage_gb', '2.3'],
  ])('%s costs %s cents a unit', async (lookupKey, cents) => {
    const price = await shop.stripe.prices.retrieve(await shop.priceOf(lookupKey));
    expect(String(price.unit_amount_decimal)).toBe(cents);
    expect(price.recurring).toMatchObject({ usage_type: 'metered', interval: 'month' });
  });

  test('ENTERPRISE at the price id that the environment names', async () => {
    const buyer = await shop.openAccount();
    const price = catalogPlatform.platform.env.STRIPE_PRICE_ID_ENTERPRISE;
    await shop.subscribe(buyer, { items: [{ price }] });
    await shop.eventually(buyer, (each) => expect(each.plan.id).toBe('ENTERPRISE'));
  });
});

describe.concurrent('limits by docker inspect', () => {
  test('a service has the whole of FREE, and the default share of PRO and of ENTERPRISE', async () => {
    const buyer = await shop.openAccount({ workspaces: 1 });
    await shop.eventuallyRuns(buyer, 512, 0.5);
    const { subscription } = await shop.buy(buyer, 'helvetia_pro_month');
    await shop.eventually(buyer, (account) => expect(account.plan.id).toBe('PRO'));
    await shop.eventuallyRuns(buyer, 512, 0.5);
    await shop.change(subscription, 'helvetia_enterprise_month');
    await shop.eventuallyRuns(buyer, 1024, 1);
  });
});

test.concurrent('scenario 44: with fewer services than there are nothing is destroyed, and a new one is refused with the numbers', async () => {
  const buyer = await shop.openAccount({ workspaces: 6 });
  const { subscription } = await shop.buy(buyer, 'helvetia_pro_month');
  const running = (count: number) =>
    shop.eventually(buyer, ({ workspaces }) =>
      expect(workspaces.filter(({ status }) => status === 'running')).toHaveLength(count),
    );
  await running(6);
  await Promise.all(buyer.workspaceIds.map((id, index) => shop.workspace(buyer, index).write('kept.txt', id)));

  // STARTER allows five services, and has memory for four of the size that these have.
  await shop.change(subscription, 'helvetia_starter_month');
  await shop.eventually(buyer, ({ plan }) => expect(plan.id).toBe('STARTER'));
  const { workspaces } = await shop.eventually(buyer, (account) =>
    expect(account.workspaces.map(({ status }) => status)).toEqual([
      ...Array(4).fill('running'),
      ...Array(2).fill('stopped'),
    ]),
  );
  expect(workspaces[5]?.reason).toMatch(/is workspace 6; the plan allows 5\.$/);
  for (const [index] of buyer.workspaceIds.entries())
    expect(await shop.workspace(buyer, index).has('kept.txt')).toBe(true);

  const answer = await shop.call(buyer, `/api/v1/accounts/${buyer.accountId}/workspaces`, {
    method: 'POST',
    body: JSON.stringify({ name: 'one more' }),
  });
  expect(answer.status).toBe(403);
  expect(await answer.json()).toMatchObject({ code: 'plan-limit', limit: 'workspaces', used: 6, max: 5 });

  await shop.change(subscription, 'helvetia_pro_month');
  await running(6);
  expect(await shop.workspace(buyer, 5).read('kept.txt')).toBe(buyer.workspaceIds[5]);
});
