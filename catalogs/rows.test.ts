import { describe, expect, test } from 'vitest';
import type { AddOn, Catalog } from '#domain/catalog.ts';
import { planOf } from '#domain/catalog.ts';
import { loadCatalog } from './load.ts';

const twoBot = loadCatalog('catalogs/2bot.yaml', {
  STRIPE_PRICE_STARTER: 'price_starter',
  STRIPE_PRICE_PRO: 'price_pro',
  STRIPE_PRICE_BUSINESS: 'price_business',
});
const helvetia = loadCatalog('catalogs/helvetia.yaml', {
  STRIPE_PRICE_ID_STARTER: 'price_starter',
  STRIPE_PRICE_ID_PRO: 'price_pro',
  STRIPE_PRICE_ID_ENTERPRISE: 'price_enterprise',
  STRIPE_PRICE_ID_COMPUTE_HOURS: 'price_compute',
  STRIPE_PRICE_ID_MEMORY_GB_HOURS: 'price_memory',
  STRIPE_PRICE_ID_BANDWIDTH_GB: 'price_bandwidth',
  STRIPE_PRICE_ID_STORAGE_GB: 'price_storage',
});
const objecta = loadCatalog('catalogs/objecta.yaml', {
  STRIPE_STARTER_PRICE_ID: 'price_starter',
  STRIPE_PROFESSIONAL_PRICE_ID: 'price_professional',
  STRIPE_ENTERPRISE_PRICE_ID: 'price_enterprise',
});

function addOnOf(catalog: Catalog, id: string): AddOn {
  const addOn = catalog.addOns.find((each) => each.id === id);
  if (!addOn) throw new Error(`There is no ${id}.`);
  return addOn;
}

/** Amounts and lookup keys of what is sold by the month and the year. */
function sold({ prices }: Pick<AddOn, 'prices'>) {
  return prices.map(({ interval, amountCents, lookupKey }) => [interval, amountCents, lookupKey]);
}

const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);

describe('2Bot, personal plans (A1)', () => {
  test('there are these and no others', () => {
    const personal = twoBot.plans.filter((plan) => plan.audiences.includes('personal'));
    expect(ids(personal)).toEqual(['FREE', 'STARTER', 'PRO', 'BUSINESS', 'ENTERPRISE']);
    expect([twoBot.currency, twoBot.freePlans.personal, twoBot.onCancel]).toEqual(['usd', 'FREE', 'free-plan']);
  });

  test('FREE: $0, 256 MB, 0.5 CPU', () => {
    expect(planOf(twoBot, 'FREE').prices).toEqual([]);
    expect(planOf(twoBot, 'FREE').pool).toMatchObject({ memoryMb: 256, cpuPercent: 50 });
  });

  test.each([
    ['STARTER', 900, '2bot_starter_month', 'price_starter'],
    ['PRO', 2900, '2bot_pro_month', 'price_pro'],
    ['BUSINESS', 7900, '2bot_business_month', 'price_business'],
  ])('%s: %i cents a month', (id, amountCents, lookupKey, knownPriceId) => {
    expect(planOf(twoBot, id).prices).toEqual([
      { interval: 'month', amountCents, lookupKey, knownPriceIds: [knownPriceId] },
    ]);
    expect(planOf(twoBot, id).custom).toBe(false);
  });

  test('ENTERPRISE: custom, not self-service', () => {
    expect(planOf(twoBot, 'ENTERPRISE')).toMatchObject({ custom: true, prices: [] });
  });

  test.each([
    ['STARTER', 'FREE'],
    ['PRO', 'STARTER'],
    ['BUSINESS', 'PRO'],
    ['ENTERPRISE', 'BUSINESS'],
  ])('the workspace of %s is larger than that of %s in memory, CPU and storage', (larger, smaller) => {
    const [more, less] = [planOf(twoBot, larger).pool, planOf(twoBot, smaller).pool];
    if (!more || !less) throw new Error('A plan has no pool.');
    expect(more.memoryMb).toBeGreaterThan(less.memoryMb);
    expect(more.cpuPercent).toBeGreaterThan(less.cpuPercent);
    expect(more.storageMb).toBeGreaterThan(less.storageMb);
  });

  test('every plan counts gateways, plugins, and executions by the month', () => {
    for (const { limits } of twoBot.plans) {
      expect(Object.keys(limits)).toEqual(['gateways', 'plugins', 'executions']);
      expect(limits.executions?.per).toBe('month');
    }
  });

  test('executions end on FREE and STARTER and nowhere else', () => {
    const ending = twoBot.plans.filter(({ limits }) => limits.executions?.limit !== -1);
    expect(ids(ending)).toEqual(['FREE', 'STARTER', 'ORG_FREE']);
    for (const { limits } of ending) expect(limits.executions?.mode).toBe('block');
  });
});

describe('2Bot, workspace add-ons (A2)', () => {
  test('there are these and no others', () => {
    const addOns = twoBot.addOns.filter((each) => each.kind === 'add-on');
    expect(ids(addOns)).toEqual(['MICRO', 'SMALL', 'MEDIUM', 'LARGE', 'XLARGE']);
  });

  test.each([
    ['MICRO', 1024, 50, '0.5', 10240, 500, 5000],
    ['SMALL', 2048, 100, '1', 20480, 900, 9000],
    ['MEDIUM', 4096, 200, '2', 40960, 1500, 15000],
    ['LARGE', 8192, 400, '4', 81920, 2900, 29000],
    ['XLARGE', 16384, 800, '8', 153600, 4900, 49000],
  ])(
    '%s: %i MB, %i %% CPU (%s), %i MB storage, %i and %i cents',
    (id, memoryMb, cpuPercent, cores, storageMb, month, year) => {
      const addOn = addOnOf(twoBot, id);
      expect(addOn.audiences).toEqual(['personal']);
      expect(addOn.gives).toEqual({ memoryMb, cpuPercent, storageMb });
      expect(sold(addOn)).toEqual([
        ['month', month, `2bot_${id.toLowerCase()}_month`],
        ['year', year, `2bot_${id.toLowerCase()}_year`],
      ]);
      expect(addOn.metadata).toEqual({
        product_type: 'workspace_addon',
        tier: id,
        ram_mb: String(memoryMb),
        cpu_cores: cores,
        storage_mb: String(storageMb),
      });
      expect(addOn.rules).toEqual([
        { on: ['FREE', 'STARTER'], resources: 'replace', unlocks: ['executions'] },
        { on: ['PRO', 'BUSINESS', 'ENTERPRISE'], resources: 'stack', unlocks: [] },
      ]);
    },
  );
});

describe('2Bot, organisation plans (A3)', () => {
  test('there are these and no others', () => {
    const organisation = twoBot.plans.filter((plan) => plan.audiences.includes('organisation'));
    expect(ids(organisation)).toEqual([
      'ORG_FREE',
      'ORG_STARTER',
      'ORG_GROWTH',
      'ORG_PRO',
      'ORG_BUSINESS',
      'ORG_ENTERPRISE',
    ]);
    expect(twoBot.freePlans.organisation).toBe('ORG_FREE');
  });

  test('ORG_FREE: $0, no pool, 1,000 executions a month', () => {
    expect(planOf(twoBot, 'ORG_FREE')).toMatchObject({
      prices: [],
      pool: null,
      limits: { executions: { limit: 1000, per: 'month', mode: 'block' } },
      metadata: { pool_tier: 'NONE' },
    });
  });

  test.each([
    ['ORG_STARTER', 'TEAM', 4096, 200, 20480, 4900],
    ['ORG_GROWTH', 'GROWTH', 8192, 400, 51200, 9900],
    ['ORG_PRO', 'PRO', 16384, 800, 102400, 19900],
    ['ORG_BUSINESS', 'BUSINESS', 32768, 1600, 256000, 39900],
  ])('%s: pool %s, %i MB, %i %% CPU, %i MB storage, %i cents', (id, tier, memoryMb, cpuPercent, storageMb, month) => {
    const plan = planOf(twoBot, id);
    expect(plan.pool).toMatchObject({ memoryMb, cpuPercent, storageMb });
    expect(plan.metadata).toEqual({ pool_tier: tier });
    expect(plan.limits.executions?.limit).toBe(-1);
    expect(sold(plan)).toEqual([['month', month, `2bot_${id.toLowerCase()}_month`]]);
  });

  test('ORG_ENTERPRISE: custom, unlimited executions', () => {
    expect(planOf(twoBot, 'ORG_ENTERPRISE')).toMatchObject({
      custom: true,
      prices: [],
      limits: { executions: { limit: -1 } },
      metadata: { pool_tier: 'CUSTOM' },
    });
  });
});

describe('2Bot, boosters of pools (A4)', () => {
  test('there are these and no others', () => {
    const boosters = twoBot.addOns.filter((each) => each.kind === 'booster');
    expect(ids(boosters)).toEqual(['ORG_MICRO', 'ORG_SMALL', 'ORG_MEDIUM', 'ORG_LARGE', 'ORG_XLARGE']);
  });

  test.each([
    ['ORG_MICRO', 2048, 100, '1', 30720, 1000, 10000, []],
    ['ORG_SMALL', 4096, 200, '2', 61440, 1800, 18000, ['BOOSTER_SMALL']],
    ['ORG_MEDIUM', 8192, 400, '4', 122880, 3000, 30000, ['BOOSTER_MEDIUM']],
    ['ORG_LARGE', 16384, 800, '8', 245760, 5800, 58000, ['BOOSTER_LARGE']],
    ['ORG_XLARGE', 32768, 1600, '16', 460800, 9800, 98000, []],
  ])(
    '%s: %i MB, %i %% CPU (%s), %i MB storage, %i and %i cents',
    (id, memoryMb, cpuPercent, cores, storageMb, month, year, aliases) => {
      const booster = addOnOf(twoBot, id);
      expect(booster.audiences).toEqual(['organisation']);
      expect(booster.gives).toEqual({ memoryMb, cpuPercent, storageMb });
      expect(booster.aliases).toEqual(aliases);
      expect(sold(booster)).toEqual([
        ['month', month, `2bot_${id.toLowerCase()}_month`],
        ['year', year, `2bot_${id.toLowerCase()}_year`],
      ]);
      expect(booster.metadata).toEqual({
        product_type: 'org_pool_booster',
        booster_tier: id,
        ram_mb: String(memoryMb),
        cpu_cores: cores,
        storage_mb: String(storageMb),
      });
      expect(booster.rules).toEqual([
        {
          on: ['ORG_STARTER', 'ORG_GROWTH', 'ORG_PRO', 'ORG_BUSINESS', 'ORG_ENTERPRISE'],
          resources: 'stack',
          unlocks: [],
        },
      ]);
    },
  );
});

describe('Helvetia Cloud (B)', () => {
  test('there are these plans and no others, for users and organisations; a cancel stops the services; suspended after 7 days', () => {
    expect(ids(helvetia.plans)).toEqual(['FREE', 'STARTER', 'PRO', 'ENTERPRISE']);
    expect(helvetia.onCancel).toBe('stop-services');
    for (const { audiences } of helvetia.plans) expect(audiences).toEqual(['personal', 'organisation']);
    expect(helvetia.freePlans).toEqual({ personal: 'FREE', organisation: 'FREE' });
    expect(helvetia.dunning.suspendAfterDays).toBe(7);
  });

  test.each([
    ['FREE', 1, 512, 50, 10, 5120, false, []],
    ['STARTER', 5, 2048, 200, 100, 51200, true, ['price_starter']],
    ['PRO', 20, 8192, 800, 500, 204800, true, ['price_pro']],
    ['ENTERPRISE', -1, -1, -1, -1, -1, true, ['price_enterprise']],
  ])(
    '%s: %i services, %i MB, %i %% CPU, %i GB bandwidth, %i MB storage',
    (id, workspaces, memoryMb, cpuPercent, bandwidthGb, storageMb, metered, known) => {
      const plan = planOf(helvetia, id);
      expect(plan.pool).toEqual({ workspaces, memoryMb, cpuPercent, bandwidthGb, storageMb });
      expect(plan.metered).toBe(metered);
      expect(plan.custom).toBe(false);
      expect(plan.prices.flatMap(({ knownPriceIds }) => knownPriceIds)).toEqual(known);
    },
  );

  test('the unlimited plan says how large the first service is', () => {
    const allocation = planOf(helvetia, 'ENTERPRISE').defaultAllocation;
    expect(Object.values(allocation ?? {}).every((size) => size > 0)).toBe(true);
  });

  test.each([
    ['COMPUTE_HOURS', '0.01', 'price_compute'],
    ['MEMORY_GB_HOURS', '0.005', 'price_memory'],
    ['BANDWIDTH_GB', '0.12', 'price_bandwidth'],
    ['STORAGE_GB', '0.023', 'price_storage'],
  ])('%s costs $%s a unit, from the first', (id, unitPrice, knownPriceId) => {
    const metric = helvetia.metrics.find((each) => each.id === id);
    expect(metric).toMatchObject({ unitPrice, included: '0', knownPriceIds: [knownPriceId] });
    expect(metric?.lookupKey).toBe(`helvetia_${id.toLowerCase()}`);
  });

  test('there are four metrics', () => expect(helvetia.metrics).toHaveLength(4));
});

describe('Objecta Labs (C)', () => {
  test('there are these plans and no others', () => {
    expect(ids(objecta.plans)).toEqual(['free', 'starter', 'professional', 'enterprise']);
  });

  test.each([
    ['free', null, 1, 1000, 1, 100, false, false, false, false, false, 'community', null],
    ['starter', 2900, 5, 10000, 3, 1000, true, true, false, false, false, 'email', 'price_starter'],
    ['professional', 9900, 25, 100000, 10, 10000, true, true, true, false, false, 'priority', 'price_professional'],
    ['enterprise', null, -1, -1, -1, -1, true, true, true, true, true, 'dedicated', 'price_enterprise'],
  ])(
    '%s: %s cents, %i agents, %i messages a month, %i users, %i MB',
    (id, amountCents, agents, messages, users, storageMb, knowledgeBase, workflows, fineTuning, sso, sla, support, known) => {
      const plan = planOf(objecta, id);
      expect(plan.prices).toEqual(
        amountCents === null
          ? []
          : [{ interval: 'month', amountCents, lookupKey: `objecta_${id}_month`, knownPriceIds: [known] }],
      );
      expect(plan.custom).toBe(id === 'enterprise');
      expect(plan.knownPriceIds).toEqual(id === 'enterprise' ? [known] : []);
      expect(plan.audiences).toEqual(['personal']);
      expect(plan.limits).toEqual({
        agents: { limit: agents, per: 'standing', mode: 'block' },
        messages: { limit: messages, per: 'month', mode: 'block' },
        users: { limit: users, per: 'standing', mode: 'block' },
      });
      expect(plan.pool?.storageMb).toBe(storageMb);
      expect(plan.features).toEqual({ knowledgeBase, workflows, fineTuning, sso, sla, support });
    },
  );
});

test('the demo product: hobby costs nothing, team $29 a month or $290 a year', () => {
  const demo = loadCatalog('catalogs/demo.yaml');
  expect(demo.plans.map((plan) => [plan.id, plan.pool, sold(plan)])).toEqual([
    ['hobby', { memoryMb: 256, cpuPercent: 50, storageMb: 1024, workspaces: 1 }, []],
    [
      'team',
      { memoryMb: 512, cpuPercent: 100, storageMb: 5120, workspaces: 1 },
      [
        ['month', 2900, 'demo_team_month'],
        ['year', 29000, 'demo_team_year'],
      ],
    ],
  ]);
  expect(demo.dunning).toEqual({
    reminderDays: [0, 3, 6],
    suspendAfterDays: 7,
    minimumNoticeDays: 1,
    cancelAfterDays: 30,
    voidOpenInvoicesOnCancel: true,
    deletionWarningDays: [31, 53],
    deleteAfterDays: 60,
  });
});
