import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Stripe from 'stripe';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createStripeActivities } from '#activities/stripe.ts';
import { type Audience, type Catalog, firstPaidPlanOf } from '#domain/catalog.ts';
import { decide } from '#domain/decide.ts';
import { openAccount } from '#domain/open-account.ts';
import { checkLimit } from '#domain/plan-limit.ts';
import { mayBuy } from '#domain/purchase.ts';
import { type RunningSimulator, runSimulator } from '#stripe-simulator/running-simulator.ts';
import { loadCatalog } from './load.ts';
import { priceTable } from './price-table.ts';
import { planSync } from './sync/plan.ts';
import { readPresent } from './sync/present.ts';
import { syncCatalog } from './sync/sync.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** A fourth product, which no code knows: a host for newsrooms, in euros. */
const PRESS = `id: press
name: Press
currency: eur
plans:
  - id: reader
    name: Reader
    audiences: [personal, organisation]
    pool: { memory: 256 MB, cpu: 0.25, storage: 1 GB }
    limits:
      issues: { limit: 3, per: month }
    features: { archive: false }
  - id: editor
    name: Editor
    audiences: [personal, organisation]
    prices:
      - { interval: month, amount: "12" }
      - { interval: year, amount: "120" }
    pool: { memory: 1 GB, cpu: 1, storage: 10 GB, workspaces: 2 }
    defaultAllocation: { memory: 512 MB, cpu: 0.5, storage: 5 GB }
    limits:
      issues: { limit: 30, per: month }
    features: { archive: true }
    metered: true
  - id: house
    name: House
    audience: organisation
    custom: true
    knownPriceIdsFrom: [PRESS_PRICE_HOUSE]
    pool: { memory: 8 GB, cpu: 4, storage: 100 GB, workspaces: 20 }
    defaultAllocation: { memory: 1 GB, cpu: 1, storage: 10 GB }
    limits:
      issues: { limit: unlimited, per: month }
    features: { archive: true }
addOns:
  - id: ink
    name: Ink
    prices:
      - { interval: month, amount: "3.50" }
    gives: { memory: 512 MB, cpu: 0.25, storage: 2 GB }
    rules:
      - { on: [reader], resources: replace, unlocks: [issues] }
      - { on: [editor], resources: stack }
metrics:
  - { id: PRINTS, name: Prints, unit: page, unitPrice: "0.002", included: "1000" }
freePlans: { personal: reader, organisation: reader }
onCancel: free-plan
dunning:
  reminderDays: [0]
  suspendAfterDays: 5
  minimumNoticeDays: 1
  cancelAfterDays: 20
  voidOpenInvoicesOnCancel: true
  deletionWarningDays: [25]
  deleteAfterDays: 30
`;
const OPENED = '2026-01-01T00:00:00.000Z';
const NOW = '2026-01-02T00:00:00.000Z';

const folder = mkdtempSync(join(tmpdir(), 'leasehold-new-product-'));
const file = join(folder, 'press.yaml');
writeFileSync(file, PRESS);

let simulator: RunningSimulator;
let stripe: Stripe;
let press: Catalog;
/** The price that was agreed on with an organisation, of 900 euros. */
let agreed: Stripe.Price;
let prices: Map<string, string>;
beforeAll(async () => {
  simulator = await runSimulator();
  stripe = simulator.stripe;
  const product = await stripe.products.create({ name: 'What we agreed on' });
  const recurring = { interval: 'month' as const };
  agreed = await stripe.prices.create({ product: product.id, currency: 'eur', unit_amount: 90_000, recurring });
  press = loadCatalog(file, { PRESS_PRICE_HOUSE: agreed.id });
  prices = await syncCatalog(stripe, press);
});
afterAll(async () => {
  await simulator.stop();
  rmSync(folder, { recursive: true });
});

/** An account that has bought, as it is once Stripe was read. */
async function accountWith(audience: Audience, ...items: Stripe.SubscriptionCreateParams.Item[]) {
  const customer = await stripe.customers.create();
  const card = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: card.id } });
  for (const item of items) await stripe.subscriptions.create({ customer: customer.id, items: [item] });
  const opening = {
    accountId: 'acc_1',
    ownerUserId: 'user_1',
    stripeCustomerId: customer.id,
    audience,
    workspaces: [{ id: 'ws_1', name: 'Main', hostId: 'local' }],
  };
  const { readBilling } = createStripeActivities({ stripe, catalog: press });
  const { snapshot, catalog } = await readBilling({ stripeCustomerId: customer.id, now: NOW });
  return decide(openAccount(opening, OPENED, catalog), snapshot, NOW, catalog).state;
}

function priced(lookupKey: string, quantity = 1): Stripe.SubscriptionCreateParams.Item {
  const price = prices.get(lookupKey);
  if (!price) throw new Error(`Nothing at Stripe has the lookup key ${lookupKey}.`);
  return { price, quantity };
}

test('a fourth product comes to Stripe whole, and a second run has nothing to do', async () => {
  expect([...prices.keys()]).toEqual(['press_editor_month', 'press_editor_year', 'press_ink_month', 'press_prints']);
  expect(planSync(press, await readPresent(stripe, press))).toEqual({ steps: [], notes: [] });
  expect(await stripe.prices.retrieve(agreed.id)).toEqual(agreed);
});

test('what is bought of it is what the account may use', async () => {
  const { plan, standing, entitlements, workspaces } = await accountWith(
    'personal',
    priced('press_editor_month'),
    priced('press_ink_month', 2),
  );
  expect([plan.id, standing]).toEqual(['editor', 'active']);
  expect(entitlements.pool?.memoryMb).toEqual({ value: 2048, because: '2 GB = editor 1 GB + 2 × ink 512 MB' });
  expect(entitlements.pool).toMatchObject({ cpuPercent: { value: 150 }, storageMb: { value: 14 * 1024 } });
  expect(entitlements.features.archive?.value).toBe(true);
  expect(workspaces[0]?.desired.size).toEqual({ memoryMb: 512, cpuPercent: 50, storageMb: 5120 });
});

test('the same free plan serves persons and organisations, who can buy what is for them', async () => {
  const [person, organisation] = [await accountWith('personal'), await accountWith('organisation')];
  for (const { audience, plan, entitlements } of [person, organisation]) {
    expect(plan.id).toBe('reader');
    expect(firstPaidPlanOf(press, audience).id).toBe('editor');
    const asked = { name: 'issues', used: 3, more: 1 };
    const ways = audience === 'personal' ? 'Upgrade to Editor or add Ink.' : 'Upgrade to Editor.';
    expect(checkLimit(press, { audience, entitlements, ...asked })).toMatchObject({
      error: { message: `Issue limit reached. ${ways}` },
    });
    const purchase = mayBuy(press, { audience, planId: plan.id, addOnId: 'ink', quantity: 1, held: [] });
    expect(purchase.ok).toBe(audience === 'personal');
  }
});

test('a price that was agreed on by hand, named by the environment, gives the custom plan', async () => {
  const { plan, standing, entitlements } = await accountWith('organisation', { price: agreed.id });
  expect([plan.id, standing]).toEqual(['house', 'active']);
  expect(entitlements.limits.issues?.value).toBe(-1);
  expect(entitlements.pool?.workspaces.value).toBe(20);
});

test('its prices are printed', () => {
  expect(priceTable(press)).toContain('| reader | €0 |');
  expect(priceTable(press)).toContain('| editor | €12 | €120 | 2 | 1 GB |');
  expect(priceTable(press)).toContain('| house | custom | from 20 |');
  expect(priceTable(press)).toContain('| PRINTS | €0.002 per page | 1000 | editor |');
});
