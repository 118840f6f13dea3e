import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Offers } from '#domain/offers.ts';
import { LEAP_YEAR, SKIPPED_HOUR, YEAR } from '#test/years.ts';
import { type CatalogPlatform, startCatalogPlatform } from './catalog-platform.fixture.ts';
import { type Buyer, figuresOf, openShop, type Shop } from './shop.fixture.ts';

const GB = 1024;
const HOUR_MS = 3_600_000;
const UNLIMITED = -1;

let folder: string;
let catalogPlatform: CatalogPlatform;
let shop: Shop;

/** 2Bot's catalog with a trial and a yearly price on PRO, on a small host. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'leasehold-catalog-'));
  const catalog = join(folder, '2bot.yaml');
  writeFileSync(catalog, withTrial(readFileSync('catalogs/2bot.yaml', 'utf8')));
  catalogPlatform = await startCatalogPlatform({ catalog, hostMemoryMb: 12 * GB, hostCpuPercent: 600 });
  shop = await openShop(catalogPlatform.platform.env);
});

afterAll(async () => {
  await shop?.close();
  await catalogPlatform?.discard();
  rmSync(folder, { recursive: true, force: true });
});

function withTrial(yaml: string): string {
  const monthly = '      - { interval: month, amount: "29", knownPriceIdsFrom: [STRIPE_PRICE_PRO] }\n';
  const yearly = '      - { interval: year, amount: "290" }\n';
  const changed = yaml
    .replace(monthly, `${monthly}${yearly}`)
    .replace('    name: Pro\n', '    name: Pro\n    trialDays: 14\n');
  if (changed.length !== yaml.length + yearly.length + '    trialDays: 14\n'.length)
    throw new Error('catalogs/2bot.yaml has no such plan PRO any more.');
  return changed;
}

async function offersOf(buyer: Buyer): Promise<Offers> {
  const answer = await shop.call(buyer, `/api/v1/accounts/${buyer.accountId}/offers`);
  expect(answer.status).toBe(200);
  return (await answer.json()) as Offers;
}

async function trialDaysOfPro(buyer: Buyer): Promise<number | undefined> {
  return (await offersOf(buyer)).plans.find(({ id }) => id === 'PRO')?.trialDays;
}

function eventuallyHasMemory(buyer: Buyer, memoryMb: number) {
  return shop.eventually(buyer, (account) => expect(figuresOf(account).pool?.memoryMb).toBe(memoryMb));
}

const isoOf = (seconds: number | undefined) => new Date((seconds ?? 0) * 1000).toISOString();

describe.concurrent('scenario 16: a trial', () => {
  test('is offered once', async () => {
    const buyer = await shop.openAccount();
    expect(await trialDaysOfPro(buyer)).toBe(14);
    const price = await shop.priceOf('2bot_pro_month');
    const { subscription, paid } = await shop.subscribe(buyer, { items: [{ price }], trial_period_days: 14 });
    expect(paid.amountPaid).toBe(0);
    await shop.eventually(buyer, ({ standing, plan }) => expect([standing, plan.id]).toEqual(['trialing', 'PRO']));
    await shop.stripe.subscriptions.cancel(subscription.id);
    await shop.eventually(buyer, ({ standing, plan }) => expect([standing, plan.id]).toEqual(['free', 'FREE']));
    expect(await trialDaysOfPro(buyer)).toBe(0);
  });

  /** Takes a trial without a card and lets it end. */
  async function endTrialWithoutCard(atTheEnd: 'cancel' | 'create_invoice' | 'pause'): Promise<Buyer> {
    const buyer = await shop.openAccount({ card: null, workspaces: 1, clockAt: wholeSecondsNow() });
    const { subscription } = await shop.subscribe(buyer, {
      items: [{ price: await shop.priceOf('2bot_pro_month') }],
      trial_period_days: 14,
      trial_settings: { end_behavior: { missing_payment_method: atTheEnd } },
    });
    await shop.eventually(buyer, ({ standing }) => expect(standing).toBe('trialing'));
    await shop.eventuallyRuns(buyer, 1 * GB, 1);
    const end = (subscription.trial_end ?? 0) * 1000;
    await shop.driverOf(buyer).moveTo(new Date(end + 2 * HOUR_MS).toISOString());
    return buyer;
  }

  test('that ends without a card leaves the size of FREE where Stripe cancels', async () => {
    const buyer = await endTrialWithoutCard('cancel');
    const account = await shop.eventually(buyer, ({ plan }) => expect(plan.id).toBe('FREE'));
    expect(account).toMatchObject({ standing: 'free', debt: null });
    await shop.eventuallyRuns(buyer, 256, 0.5);
    expect(await trialDaysOfPro(buyer)).toBe(0);
  });

  test('that ends without a card leaves the size of FREE, without a grace, where Stripe makes an invoice', async () => {
    const buyer = await endTrialWithoutCard('create_invoice');
    const account = await shop.eventually(buyer, ({ plan }) => expect(plan.id).toBe('FREE'));
    expect(account).toMatchObject({ standing: 'incomplete', debt: { amountCents: 2900 } });
    await shop.eventuallyRuns(buyer, 256, 0.5);
  });

  test('that ends without a card stops the workspace where Stripe pauses', async () => {
    const buyer = await endTrialWithoutCard('pause');
    await shop.eventually(buyer, ({ standing, workspaces }) =>
      expect([standing, workspaces[0]?.status]).toEqual(['paused', 'suspended']),
    );
    expect(await shop.workspace(buyer).container()).toMatchObject({ status: 'exited' });
  });
});

describe.concurrent("scenario 17: what is bought and removed in Stripe's dashboard, without a word of ours", () => {
  test('a plan and an add-on: the workspace on Docker follows each', async () => {
    const buyer = await shop.openAccount({ workspaces: 1 });
    await shop.eventuallyRuns(buyer, 256, 0.5);
    const plan = await shop.buy(buyer, '2bot_starter_month');
    await shop.eventuallyRuns(buyer, 512, 0.75);
    const addOn = await shop.buy(buyer, '2bot_micro_month');
    await shop.eventuallyRuns(buyer, 1 * GB, 0.75);
    await shop.stripe.subscriptions.cancel(addOn.subscription.id);
    await shop.eventuallyRuns(buyer, 512, 0.75);
    await shop.stripe.subscriptions.cancel(plan.subscription.id);
    const account = await shop.eventuallyRuns(buyer, 256, 0.5);
    expect(account).toMatchObject({ plan: { id: 'FREE' }, standing: 'free', addOns: [] });
  });

  test('a booster', async () => {
    const buyer = await shop.openAccount({ audience: 'organisation' });
    await shop.buy(buyer, '2bot_org_starter_month');
    const { subscription } = await shop.buy(buyer, '2bot_org_micro_year');
    await eventuallyHasMemory(buyer, 6 * GB);
    await shop.stripe.subscriptions.cancel(subscription.id);
    const account = await eventuallyHasMemory(buyer, 4 * GB);
    expect(account.addOns).toEqual([]);
  });

  test('another quantity, and an end at the end of the period', async () => {
    const buyer = await shop.openAccount();
    await shop.buy(buyer, '2bot_pro_month');
    const { subscription } = await shop.buy(buyer, '2bot_micro_month');
    await eventuallyHasMemory(buyer, 2 * GB);
    const [item] = subscription.items.data;
    await shop.stripe.subscriptions.update(subscription.id, { items: [{ id: item?.id ?? '', quantity: 3 }] });
    await eventuallyHasMemory(buyer, 4 * GB);
    await shop.stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
    const account = await shop.eventually(buyer, ({ addOns }) =>
      expect(addOns).toMatchObject([{ quantity: 3, endsAt: isoOf(item?.current_period_end) }]),
    );
    expect(figuresOf(account).pool?.memoryMb).toBe(4 * GB);
  });
});

describe.concurrent('scenario 18: the same twice, and what may not be bought', () => {
  test('the same add-on in two subscriptions counts twice', async () => {
    const buyer = await shop.openAccount();
    await shop.buy(buyer, '2bot_pro_month');
    await shop.buy(buyer, '2bot_micro_month');
    const second = await shop.buy(buyer, '2bot_micro_year');
    const account = await eventuallyHasMemory(buyer, 3 * GB);
    expect(account.addOns.map(({ addOnId, quantity }) => [addOnId, quantity])).toEqual([
      ['MICRO', 1],
      ['MICRO', 1],
    ]);
    expect(account.entitlements.pool?.memoryMb.because).toBe('3 GB = PRO 1 GB + 2 × MICRO 1 GB');
    await shop.stripe.subscriptions.cancel(second.subscription.id);
    await eventuallyHasMemory(buyer, 2 * GB);
  });

  test('the same booster in two subscriptions and with a quantity counts each time', async () => {
    const buyer = await shop.openAccount({ audience: 'organisation' });
    await shop.buy(buyer, '2bot_org_starter_month');
    await shop.buy(buyer, '2bot_org_micro_month');
    const price = await shop.priceOf('2bot_org_micro_month');
    const { paid } = await shop.subscribe(buyer, { items: [{ price, quantity: 2 }] });
    expect(paid.amountPaid).toBe(2000);
    const account = await eventuallyHasMemory(buyer, 10 * GB);
    expect(figuresOf(account).pool).toEqual({
      memoryMb: 10 * GB,
      cpuPercent: 500,
      storageMb: 110 * GB,
      workspaces: UNLIMITED,
    });
  });

  test('ORG_FREE may buy no booster and is told why; one that is bought at Stripe all the same gives nothing', async () => {
    const buyer = await shop.openAccount({ audience: 'organisation' });
    const { addOns } = await offersOf(buyer);
    expect(addOns.map(({ id }) => id)).toEqual(['ORG_MICRO', 'ORG_SMALL', 'ORG_MEDIUM', 'ORG_LARGE', 'ORG_XLARGE']);
    for (const { id, may } of addOns) {
      const reason = `ORG_FREE must upgrade first: ${id} can be bought from ORG_STARTER on.`;
      expect(may).toEqual({ ok: false, code: 'plan', reason });
    }
    await shop.buy(buyer, '2bot_org_small_month');
    const account = await shop.eventually(buyer, (each) => expect(each.addOns).toHaveLength(1));
    expect(figuresOf(account).pool).toBeNull();
  });
});

describe.concurrent("scenario 19: every date is Stripe's own", () => {
  const skipped = (month: string) => `${SKIPPED_HOUR.year}-${month}-${SKIPPED_HOUR.day}T01:30:00.000Z`;

  test.each([
    [
      'a month from January 31st',
      '2bot_pro_month',
      `${YEAR}-01-31T12:00:00.000Z`,
      ['02-28', '03-31', '04-30', '05-31'].map((day) => `${YEAR}-${day}T12:00:00.000Z`),
    ],
    [
      'a month from February 29th',
      '2bot_pro_month',
      `${LEAP_YEAR}-02-29T12:00:00.000Z`,
      ['03-29', '04-29', '05-29'].map((day) => `${LEAP_YEAR}-${day}T12:00:00.000Z`),
    ],
    [
      'a year from February 29th',
      '2bot_pro_year',
      `${LEAP_YEAR}-02-29T12:00:00.000Z`,
      ['02-28', '02-28', '02-28', '02-29'].map((day, index) => `${LEAP_YEAR + 1 + index}-${day}T12:00:00.000Z`),
    ],
    [
      'a month that ends in the hour that Europe skips',
      '2bot_pro_month',
      skipped('02'),
      [skipped('03'), skipped('04')],
    ],
  ])('%s', async (_what, lookupKey, start, ends) => {
    const buyer = await shop.openAccount({ clockAt: start });
    const driver = shop.driverOf(buyer);
    await driver.moveTo(start);
    const { subscription } = await shop.buy(buyer, lookupKey);
    for (const [index, end] of ends.entries()) {
      const account = await shop.eventually(buyer, (each) => expect(each.subscription?.currentPeriodEnd).toBe(end));
      await expectDatesOfStripe(account.subscription, subscription.id);
      expect(account.upcoming[0]).toMatchObject({ kind: 'renewal', at: end });
      // Into the new period, past the invoice's payment.
      if (index < ends.length - 1) await driver.moveTo(new Date(Date.parse(end) + 2 * HOUR_MS).toISOString());
    }
  });

  test('from monthly to yearly: the year begins with the change', async () => {
    const buyer = await shop.openAccount({ clockAt: `${YEAR}-01-31T12:00:00.000Z` });
    const driver = shop.driverOf(buyer);
    await driver.moveTo(`${YEAR}-01-31T12:00:00.000Z`);
    const { subscription } = await shop.buy(buyer, '2bot_pro_month');
    await shop.eventually(buyer, (each) =>
      expect(each.subscription?.currentPeriodEnd).toBe(`${YEAR}-02-28T12:00:00.000Z`),
    );
    await driver.moveTo(`${YEAR}-02-10T09:00:00.000Z`);
    await shop.change(subscription, '2bot_pro_year');
    const account = await shop.eventually(buyer, (each) =>
      expect(each.subscription?.currentPeriodEnd).toBe(`${YEAR + 1}-02-10T09:00:00.000Z`),
    );
    await expectDatesOfStripe(account.subscription, subscription.id);
    expect(account).toMatchObject({ standing: 'active', plan: { id: 'PRO' } });
  });

  async function expectDatesOfStripe(
    shown: { currentPeriodStart: string; currentPeriodEnd: string } | null,
    subscriptionId: string,
  ): Promise<void> {
    const { items } = await shop.stripe.subscriptions.retrieve(subscriptionId);
    const [item] = items.data;
    expect(shown?.currentPeriodStart).toBe(isoOf(item?.current_period_start));
    expect(shown?.currentPeriodEnd).toBe(isoOf(item?.current_period_end));
  }
});

test.concurrent('scenario 37: what is bigger than the host gets a clear answer, and the old size stays', async () => {
  const buyer = await shop.openAccount({ workspaces: 1 });
  await shop.buy(buyer, '2bot_pro_month');
  await shop.eventuallyRuns(buyer, 1 * GB, 1);
  const { subscription } = await shop.buy(buyer, '2bot_xlarge_month');
  const account = await shop.eventually(buyer, ({ workspaces }) =>
    expect(workspaces[0]).toMatchObject({
      status: 'resize-pending',
      size: { memoryMb: 1 * GB, cpuPercent: 100 },
      pendingSize: { memoryMb: 17 * GB, cpuPercent: 900 },
    }),
  );
  // What was bought is theirs; the host is what lacks.
  expect(figuresOf(account).pool?.memoryMb).toBe(17 * GB);
  expect(account.workspaces[0]?.reason).toMatch(
    /^This host has 12,288 MB, [\d,]+ MB of them free; 17,408 MB are needed\. This host has 6 CPUs?; 9 CPUs? are needed\. The workspace keeps 1,024 MB and 1 CPU\.$/,
  );
  expect(await shop.workspace(buyer).container()).toMatchObject({ status: 'running', memoryMb: 1 * GB, cpus: 1 });

  await shop.stripe.subscriptions.cancel(subscription.id);
  await vi.waitFor(
    async () =>
      expect((await shop.read(buyer)).workspaces[0]).toMatchObject({
        status: 'running',
        pendingSize: null,
        reason: null,
      }),
    { timeout: 60_000, interval: 100 },
  );
});

function wholeSecondsNow(): string {
  return new Date(Math.floor(Date.now() / 1000) * 1000).toISOString();
}
