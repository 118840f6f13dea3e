import { describe, expect, test } from 'vitest';
import { aCatalog, anAddOn, aPlan, day } from '#test/factories/billing.ts';
import fc from '#test/fast-check.ts';
import { type Catalog, type Resources, UNLIMITED } from './catalog.ts';
import { type Entitlements, entitlementsOf, type Holdings, type Override, poolSizeOf } from './entitlements.ts';

const GB = 1024;
const executions = (limit: number) => ({ executions: { limit, per: 'month' as const, mode: 'block' as const } });
const shop = aCatalog({
  plans: [
    aPlan({ id: 'FREE', limits: { ...executions(500), gateways: { limit: 1, per: 'standing', mode: 'block' } } }),
    aPlan({
      id: 'PRO',
      pool: { memoryMb: 2 * GB, cpuPercent: 100, storageMb: 10 * GB, workspaces: 2, bandwidthGb: 100 },
      limits: executions(UNLIMITED),
      features: { sso: false, support: 'email' },
    }),
    aPlan({
      id: 'ENTERPRISE',
      pool: { memoryMb: UNLIMITED, cpuPercent: UNLIMITED, storageMb: UNLIMITED, workspaces: UNLIMITED },
    }),
    aPlan({ id: 'ORG_FREE', audiences: ['organisation'], pool: null, limits: executions(1000) }),
  ],
  addOns: [
    anAddOn({
      id: 'MICRO',
      rules: [
        { on: ['FREE'], resources: 'replace', unlocks: ['executions'] },
        { on: ['PRO', 'ENTERPRISE'], resources: 'stack', unlocks: [] },
      ],
    }),
    anAddOn({
      id: 'SMALL',
      gives: { memoryMb: 2 * GB, cpuPercent: 100, storageMb: 20 * GB },
      rules: [{ on: ['PRO'], resources: 'stack', unlocks: [] }],
    }),
    anAddOn({
      id: 'TINY',
      gives: { memoryMb: 128, cpuPercent: 100, storageMb: 128 },
      rules: [{ on: ['FREE'], resources: 'replace', unlocks: [] }],
    }),
  ],
});

const of = (planId: string, addOns: Record<string, number> = {}, overrides: Override[] = []): Entitlements => {
  const holdings: Holdings = { planId, addOns: Object.entries(addOns).map(([id, quantity]) => ({ id, quantity })) };
  return entitlementsOf(shop, holdings, overrides, day(0));
};
const grant = (changes: Partial<Override>): Override => ({ id: 'g1', reason: 'an outage', until: null, ...changes });

describe('a pool', () => {
  test("is the plan's, each number with its plan", () => {
    expect(of('PRO').pool).toEqual({
      memoryMb: { value: 2048, because: '2 GB = PRO 2 GB' },
      cpuPercent: { value: 100, because: '1 CPU = PRO 1 CPU' },
      storageMb: { value: 10_240, because: '10 GB = PRO 10 GB' },
      workspaces: { value: 2, because: '2 = PRO 2' },
      bandwidthGb: { value: 100, because: '100 GB = PRO 100 GB' },
    });
  });

  test('grows by what is stacked; bought twice it counts twice, in one subscription or in two', () => {
    const twice = { value: 4096, because: '4 GB = PRO 2 GB + 2 × MICRO 1 GB' };
    expect(of('PRO', { MICRO: 2 }).pool?.memoryMb).toEqual(twice);
    const inTwo = { planId: 'PRO', addOns: [1, 1].map((quantity) => ({ id: 'MICRO', quantity })) };
    expect(entitlementsOf(shop, inTwo, [], day(0)).pool?.memoryMb).toEqual(twice);
    expect(of('PRO', { MICRO: 1, SMALL: 1 }).pool).toMatchObject({
      memoryMb: { value: 5120, because: '5 GB = PRO 2 GB + MICRO 1 GB + SMALL 2 GB' },
      cpuPercent: { value: 250, because: '2.5 CPU = PRO 1 CPU + MICRO 0.5 CPU + SMALL 1 CPU' },
      storageMb: { value: 40_960, because: '40 GB = PRO 10 GB + MICRO 10 GB + SMALL 20 GB' },
      workspaces: { value: 2 },
    });
  });

  test('is replaced, part by part, where an add-on that replaces is more', () => {
    expect(of('FREE', { MICRO: 1 }).pool).toMatchObject({
      memoryMb: { value: 1024, because: '1 GB = MICRO 1 GB, in place of FREE 256 MB' },
      cpuPercent: { value: 50, because: '0.5 CPU = FREE 0.5 CPU' },
      storageMb: { value: 10_240, because: '10 GB = MICRO 10 GB, in place of FREE 1 GB' },
    });
    expect(of('FREE', { TINY: 1 }).pool).toMatchObject({
      memoryMb: { value: 256, because: '256 MB = FREE 256 MB' },
      cpuPercent: { value: 100, because: '1 CPU = TINY 1 CPU, in place of FREE 0.5 CPU' },
    });
  });

  test('that is unlimited stays so, whatever is added', () => {
    expect(of('ENTERPRISE', { MICRO: 3 }, [grant({ pool: { memoryMb: 512 } })]).pool).toMatchObject({
      memoryMb: { value: -1, because: 'unlimited: ENTERPRISE' },
      workspaces: { value: -1, because: 'unlimited: ENTERPRISE' },
    });
    expect(of('PRO', {}, [grant({ pool: { memoryMb: UNLIMITED } })]).pool?.memoryMb).toEqual({
      value: -1,
      because: 'unlimited: support (an outage)',
    });
  });

  test('grows by what support gave, until it ends', () => {
    const given = grant({ pool: { memoryMb: 512, workspaces: 1 }, until: day(1) });
    expect(of('PRO', {}, [given]).pool).toMatchObject({
      memoryMb: { value: 2560, because: '2.5 GB = PRO 2 GB + support 512 MB (an outage)' },
      workspaces: { value: 3, because: '3 = PRO 2 + support 1 (an outage)' },
    });
    expect(entitlementsOf(shop, { planId: 'PRO', addOns: [] }, [given], day(1)).pool?.memoryMb.value).toBe(2048);
  });

  test('is none for a plan without, until something gives one', () => {
    expect(of('ORG_FREE').pool).toBeNull();
    expect(poolSizeOf(of('ORG_FREE'))).toBeNull();
    const pool = { memoryMb: 512, cpuPercent: 50, storageMb: 1024, workspaces: 1 };
    expect(poolSizeOf(of('ORG_FREE', {}, [grant({ pool })]))).toEqual(pool);
  });

  test('gets nothing of an add-on that does nothing on the plan, or that the catalog does not know', () => {
    expect(of('FREE', { SMALL: 4, GONE: 1 })).toEqual(of('FREE'));
    expect(of('ORG_FREE', { MICRO: 1 }).pool).toBeNull();
  });
});

describe('limits and features', () => {
  test('an add-on unlocks what its rule names, and nothing else', () => {
    expect(of('FREE', { MICRO: 1 }).limits).toEqual({
      executions: { value: -1, because: 'unlimited: MICRO unlocks executions', per: 'month', mode: 'block' },
      gateways: { value: 1, because: '1 = FREE 1', per: 'standing', mode: 'block' },
    });
    expect(of('FREE', { TINY: 1 }).limits.executions).toMatchObject({ value: 500, because: '500 = FREE 500' });
    expect(of('PRO').limits.executions).toMatchObject({ value: -1, because: 'unlimited: PRO' });
    expect(of('ORG_FREE').limits.executions).toMatchObject({ value: 1000, because: '1,000 = ORG_FREE 1,000' });
  });

  test('what support gave takes the place of a limit until it ends, but never of one without end', () => {
    const given = [grant({ limits: { executions: 900, gateways: 3 } })];
    expect(of('FREE', {}, given).limits).toMatchObject({
      executions: { value: 900, because: '900 = support 900 (an outage), in place of FREE 500' },
      gateways: { value: 3 },
    });
    expect(of('FREE', { MICRO: 1 }, given).limits.executions?.value).toBe(-1);
    expect(of('PRO', {}, given).limits.executions?.value).toBe(-1);
    expect(of('FREE', {}, [...given, grant({ limits: { gateways: UNLIMITED } })]).limits.gateways).toMatchObject({
      value: -1,
      because: 'unlimited: support (an outage)',
    });
  });

  test('a limit that the plan does not have is counted as other plans count it', () => {
    expect(of('PRO', {}, [grant({ limits: { gateways: 5 } })]).limits.gateways).toEqual({
      value: 5,
      because: '5 = support 5 (an outage)',
      per: 'standing',
      mode: 'block',
    });
  });

  test("features are the plan's, or what support gave", () => {
    expect(of('PRO', {}, [grant({ features: { sso: true } })]).features).toEqual({
      sso: { value: true, because: 'support (an outage)' },
      support: { value: 'email', because: 'PRO' },
    });
  });
});

describe('always', () => {
  const size = fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 1, max: 100_000 }) }, fc.constant(UNLIMITED));
  const resources = fc.record({ memoryMb: size, cpuPercent: size, storageMb: size });
  const quantities = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 2 });
  const anything = fc.record({ plan: resources, gives: fc.tuple(resources, resources), quantities, given: resources });

  function catalogOf({ plan, gives }: { plan: Resources; gives: [Resources, Resources] }): Catalog {
    const rules = (how: 'stack' | 'replace') => [{ on: ['P'], resources: how, unlocks: [] }];
    return aCatalog({
      plans: [aPlan({ id: 'P', pool: { ...plan, workspaces: 1 } })],
      addOns: [
        anAddOn({ id: 'A', gives: gives[0], rules: rules('stack') }),
        anAddOn({ id: 'R', gives: gives[1], rules: rules('replace') }),
      ],
    });
  }

  test('no end wins, else a part is max(plan, replacing) + stacked + given, and the explanation sums up to it', () => {
    fc.assert(
      fc.property(anything, ({ plan, gives, quantities: [a = 1, r = 1], given }) => {
        const addOns = [
          { id: 'A', quantity: a },
          { id: 'R', quantity: r },
        ];
        const grants = [grant({ pool: given, reason: 'x' })];
        const { pool } = entitlementsOf(catalogOf({ plan, gives }), { planId: 'P', addOns }, grants, day(0));
        for (const part of ['memoryMb', 'cpuPercent', 'storageMb'] as const) {
          const parts = [plan[part], gives[0][part], gives[1][part], given[part]];
          const expected = parts.includes(UNLIMITED)
            ? UNLIMITED
            : Math.max(plan[part], r * gives[1][part]) + a * gives[0][part] + given[part];
          expect(pool?.[part].value).toBe(expected);
          const because = pool?.[part].because ?? '';
          if (expected === UNLIMITED) expect(because).toMatch(/^unlimited: /);
          else expect(summed(because, part)).toBeCloseTo(part === 'cpuPercent' ? expected / 100 : expected, 5);
        }
      }),
    );
  });

  /** What an explanation's summands come to, in MB or CPUs; its own total must be the same. */
  function summed(because: string, part: string): number {
    const [total = '', sum = ''] = (because.split(', in place of')[0] ?? '').split(' = ');
    const read = (text: string) => {
      const [, times = '1', number = '', unit = ''] =
        /^(?:(\d+) × )?(?:[A-Z] |support )?([\d.,]+) (MB|GB|CPU)/.exec(text) ?? [];
      return Number(times) * Number(number.replaceAll(',', '')) * (unit === 'GB' ? 1024 : 1);
    };
    const parts = sum.split(' + ').reduce((all, each) => all + read(each), 0);
    expect(read(total), `${part}: ${because}`).toBeCloseTo(parts, 5);
    return parts;
  }
});
