import type Stripe from 'stripe';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { loadCatalog } from '#catalogs/load.ts';
import type { Catalog, PlanPrice } from '#domain/catalog.ts';
import { type RunningSimulator, runSimulator } from '#stripe-simulator/running-simulator.ts';
import { applySync } from './apply.ts';
import { planSync, SyncRefused } from './plan.ts';
import { readPresent } from './present.ts';
import { CustomersStranded, refuseStranded } from './stranded.ts';
import { syncCatalog } from './sync.ts';

vi.setConfig({ testTimeout: 60_000 });

let simulator: RunningSimulator;
let stripe: Stripe;
beforeEach(async () => {
  simulator = await runSimulator();
  stripe = simulator.stripe;
});
afterEach(() => simulator.stop());

const price = (
  interval: 'month' | 'year',
  amountCents: number,
  lookupKey: string,
  known: string[] = [],
): PlanPrice => ({
  interval,
  amountCents,
  lookupKey,
  knownPriceIds: known,
});

const plan = (id: string, prices: PlanPrice[], retired = false): Catalog['plans'][number] => ({
  id,
  name: id,
  audiences: ['personal'],
  prices,
  knownPriceIds: [],
  custom: false,
  retired,
  trialDays: 0,
  pool: null,
  limits: {},
  features: {},
  metered: false,
  metadata: {},
});

const catalog = (changes: Partial<Catalog> = {}): Catalog => ({
  id: 'shop',
  name: 'Shop',
  currency: 'usd',
  plans: [
    plan('FREE', []),
    plan('PRO', [price('month', 2900, 'shop_pro_month'), price('year', 29000, 'shop_pro_year')]),
  ],
  addOns: [
    {
      id: 'MICRO',
      name: 'Micro',
      kind: 'add-on',
      audiences: ['personal'],
      prices: [price('month', 500, 'shop_micro_month'), price('year', 5000, 'shop_micro_year')],
      gives: { memoryMb: 1024, cpuPercent: 50, storageMb: 10240 },
      rules: [],
      maxQuantity: -1,
      retired: false,
      aliases: [],
      metadata: { product_type: 'workspace_addon', tier: 'MICRO' },
    },
  ],
  metrics: [
    {
      id: 'MEMORY_GB_HOURS',
      name: 'Memory',
      unit: 'GB-hour',
      unitPrice: '0.005',
      included: '0',
      eventName: 'shop_memory_gb_hours',
      aggregation: 'sum',
      lookupKey: 'shop_memory',
      knownPriceIds: [],
    },
  ],
  freePlans: { personal: 'FREE' },
  onCancel: 'free-plan',
  onCollectionPaused: 'keep-access',
  onShrink: 'newest-first',
  deleteClosedAfterDays: 30,
  dunning: {
    reminderDays: [0],
    suspendAfterDays: 7,
    minimumNoticeDays: 1,
    cancelAfterDays: 30,
    voidOpenInvoicesOnCancel: true,
    deletionWarningDays: [53],
    deleteAfterDays: 60,
  },
  ...changes,
});

const withPro = (...prices: PlanPrice[]) => catalog({ plans: [plan('FREE', []), plan('PRO', prices)] });
const stepsFor = async (wanted: Catalog) => planSync(wanted, await readPresent(stripe, wanted)).steps;
const byKey = async (key: string) => {
  const [found, ...more] = (await stripe.prices.list({ lookup_keys: [key] })).data;
  expect(more).toEqual([]);
  if (!found) throw new Error(`No price has the lookup key ${key}.`);
  return found;
};

test('on an empty Stripe everything is made: products with metadata, prices, a meter, the portal; a second run has nothing to do', async () => {
  const steps = await stepsFor(catalog());
  expect(steps.map(({ says }) => says)).toEqual([
    '+ meter shop_memory_gb_hours (sum of its events)',
    '+ product of plan PRO: Shop: PRO',
    '+ price shop_pro_month of plan PRO: 29.00 USD a month',
    '+ price shop_pro_year of plan PRO: 290.00 USD a year',
    '+ product of add-on MICRO: Shop: Micro',
    '+ price shop_micro_month of add-on MICRO: 5.00 USD a month',
    '+ price shop_micro_year of add-on MICRO: 50.00 USD a year',
    '+ product of metric MEMORY_GB_HOURS: Shop: Memory',
    '+ price shop_memory of metric MEMORY_GB_HOURS: 0.005 USD a unit of shop_memory_gb_hours, by the month',
    '+ portal configuration of Shop',
  ]);
  await applySync(stripe, catalog(), steps);

  const micro = await stripe.products.retrieve(String((await byKey('shop_micro_year')).product));
  expect(micro.metadata).toEqual({
    product_type: 'workspace_addon',
    tier: 'MICRO',
    ram_mb: '1024',
    cpu_cores: '0.5',
    storage_mb: '10240',
    leasehold_catalog: 'shop',
    leasehold_kind: 'add-on',
    leasehold_id: 'MICRO',
  });
  const [meter] = (await stripe.billing.meters.list()).data;
  expect(meter).toMatchObject({ event_name: 'shop_memory_gb_hours', default_aggregation: { formula: 'sum' } });
  const memory = await byKey('shop_memory');
  expect(memory.recurring).toMatchObject({ usage_type: 'metered', meter: meter?.id, interval: 'month' });
  expect(memory.unit_amount).toBeNull();
  expect(memory.unit_amount_decimal?.toString()).toBe('0.5');
  const [portal] = (await stripe.billingPortal.configurations.list()).data;
  expect(portal?.features.subscription_cancel).toMatchObject({ enabled: true, mode: 'at_period_end' });
  expect(portal?.features.subscription_update.enabled).toBe(false);

  expect(await stepsFor(catalog())).toEqual([]);
  expect([...(await syncCatalog(stripe, catalog())).keys()]).toEqual([
    'shop_pro_month',
    'shop_pro_year',
    'shop_micro_month',
    'shop_micro_year',
    'shop_memory',
  ]);
});

test.each([
  ['2bot', 27],
  ['helvetia', 7],
  ['objecta', 2],
])('%s comes to Stripe whole, and a second run has nothing to do', async (name, prices) => {
  const file = loadCatalog(`catalogs/${name}.yaml`);
  expect((await syncCatalog(stripe, file)).size).toBe(prices);
  expect(await stepsFor(file)).toEqual([]);
});

test('steps that are done again, as after a lost answer, make nothing twice', async () => {
  const steps = await stepsFor(catalog());
  await applySync(stripe, catalog(), steps);
  await applySync(stripe, catalog(), steps);
  expect((await stripe.products.list()).data).toHaveLength(3);
  expect((await stripe.prices.list()).data).toHaveLength(5);
});

test('a sync that broke off half way is finished by the next one', async () => {
  for (const done of [1, 2, 3]) await applySync(stripe, catalog(), (await stepsFor(catalog())).slice(0, done));
  await syncCatalog(stripe, catalog());
  expect((await stripe.products.list()).data).toHaveLength(3);
  expect((await stripe.prices.list()).data).toHaveLength(5);
  expect(await stepsFor(catalog())).toEqual([]);
});

test('a changed price is a new one, the old one is archived, and its subscriber stays on it', async () => {
  await syncCatalog(stripe, catalog());
  const old = await byKey('shop_pro_month');
  const customer = await stripe.customers.create();
  const card = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: card.id } });
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: old.id }] });

  const dearer = withPro(price('month', 3500, 'shop_pro_month'), price('year', 29000, 'shop_pro_year'));
  const steps = await stepsFor(dearer);
  expect(steps.map(({ says }) => says)).toEqual([
    '+ price shop_pro_month of plan PRO: 35.00 USD a month, was 29.00 USD a month',
    `- price ${old.id} (29.00 USD a month) is archived; it stays for those who pay it`,
  ]);
  await applySync(stripe, dearer, steps);
  const fresh = await byKey('shop_pro_month');
  expect(fresh).toMatchObject({ unit_amount: 3500, active: true, product: old.product });
  expect(await stripe.prices.retrieve(old.id)).toMatchObject({ active: false, lookup_key: null, unit_amount: 2900 });
  const kept = await stripe.subscriptions.retrieve(subscription.id);
  expect(kept.status).toBe('active');
  expect(kept.items.data[0]?.price.id).toBe(old.id);
  expect(await stepsFor(dearer)).toEqual([]);
});

test('a price that goes up, down and up again is right each time, also within a day', async () => {
  for (const amount of [2900, 3500, 2900, 3500, 2900]) {
    const wanted = withPro(price('month', amount, 'shop_pro_month'));
    await syncCatalog(stripe, wanted);
    expect(await byKey('shop_pro_month')).toMatchObject({ unit_amount: amount, active: true });
    const product = String((await byKey('shop_pro_month')).product);
    expect((await stripe.prices.list({ product, active: true })).data.map((each) => each.unit_amount)).toEqual([
      amount,
    ]);
    expect(await stepsFor(wanted)).toEqual([]);
  }
});

test('between the new price and the archiving of the old one nothing is lost: the next run archives it', async () => {
  await syncCatalog(stripe, catalog());
  const old = await byKey('shop_pro_month');
  const dearer = withPro(price('month', 3500, 'shop_pro_month'), price('year', 29000, 'shop_pro_year'));
  await applySync(stripe, dearer, (await stepsFor(dearer)).slice(0, 1));
  expect((await stepsFor(dearer)).map(({ kind }) => kind)).toEqual(['archive-price']);
  await syncCatalog(stripe, dearer);
  expect((await stripe.prices.retrieve(old.id)).active).toBe(false);
});

test('a known price is adopted with its product, whose own metadata stay', async () => {
  const product = await stripe.products.create({ name: 'Pro', metadata: { theirs: 'kept' } });
  const existing = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount: 2900,
    recurring: { interval: 'month' },
  });
  await stripe.products.update(product.id, { default_price: existing.id });
  const wanted = withPro(price('month', 2900, 'shop_pro_month', ['price_elsewhere', existing.id]));
  await syncCatalog(stripe, wanted);
  expect((await byKey('shop_pro_month')).id).toBe(existing.id);
  const adopted = await stripe.products.retrieve(product.id);
  expect(adopted).toMatchObject({ name: 'Shop: PRO', metadata: { theirs: 'kept', leasehold_id: 'PRO' } });
  expect((await stripe.products.list()).data.filter((each) => each.metadata.leasehold_id === 'PRO')).toHaveLength(1);
  expect(await stepsFor(wanted)).toEqual([]);

  const dearer = withPro(price('month', 3500, 'shop_pro_month', [existing.id]));
  await syncCatalog(stripe, dearer);
  const fresh = await byKey('shop_pro_month');
  expect((await stripe.products.retrieve(product.id)).default_price).toBe(fresh.id);
  expect((await stripe.prices.retrieve(existing.id)).active).toBe(false);
  expect(await stepsFor(dearer)).toEqual([]);
});

test('a known price of another amount, rhythm or currency is refused, naming both; one that is not there is noted', async () => {
  const product = await stripe.products.create({ name: 'Pro' });
  const existing = await stripe.prices.create({
    product: product.id,
    currency: 'eur',
    unit_amount: 2500,
    recurring: { interval: 'year' },
  });
  const wanted = withPro(price('month', 2900, 'shop_pro_month', [existing.id]));
  const refusal = stepsFor(wanted);
  await expect(refusal).rejects.toThrow(SyncRefused);
  await expect(refusal).rejects.toThrow(`${existing.id}, known as shop_pro_month of plan PRO, is 25.00 EUR a year`);
  await expect(refusal).rejects.toThrow('29.00 USD a month in the catalog');

  const elsewhere = withPro(price('month', 2900, 'shop_pro_month', ['price_elsewhere']));
  const { notes } = planSync(elsewhere, await readPresent(stripe, elsewhere));
  expect(notes.join()).toContain('price_elsewhere');
});

test('a price that was agreed on by hand is left as it is, whatever was or is sold beside it', async () => {
  await syncCatalog(stripe, withPro(price('month', 2900, 'shop_pro_month')));
  const agreed = await byKey('shop_pro_month');
  const byHand = (known: string[]): Catalog['plans'][number] => ({
    ...plan('ENTERPRISE', []),
    custom: true,
    knownPriceIds: known,
  });
  const dearer = (...known: string[]) =>
    catalog({ plans: [plan('FREE', []), plan('PRO', [price('month', 3500, 'shop_pro_month')]), byHand(known)] });

  // It still has the lookup key of PRO: two plans at once.
  await expect(stepsFor(dearer(agreed.id))).rejects.toThrow(
    `the price ${agreed.id}, known as plan ENTERPRISE, has the lookup key shop_pro_month of plan PRO at Stripe: take the id out of ENTERPRISE, or give PRO another lookupKey`,
  );
  await stripe.prices.update(agreed.id, { lookup_key: '' });
  const before = await stripe.prices.retrieve(agreed.id);
  const steps = await stepsFor(dearer(agreed.id));
  expect(steps.map(({ kind }) => kind)).not.toContain('archive-price');
  await applySync(stripe, dearer(agreed.id), steps);
  expect(await stripe.prices.retrieve(agreed.id)).toEqual(before);
  expect(await byKey('shop_pro_month')).toMatchObject({ unit_amount: 3500, active: true });
  expect(await stepsFor(dearer(agreed.id))).toEqual([]);
  expect((await stripe.products.list()).data.map((each) => each.name)).not.toContain('Shop: ENTERPRISE');

  const { steps: none, notes } = planSync(
    dearer(agreed.id, 'price_elsewhere'),
    await readPresent(stripe, dearer(agreed.id, 'price_elsewhere')),
  );
  expect(none).toEqual([]);
  expect(notes).toEqual([
    'price_elsewhere, known as plan ENTERPRISE, is not at this Stripe: nobody can have the plan by it',
  ]);
});

test('a meter that counts in another way is refused with the way out; another name is an update', async () => {
  await syncCatalog(stripe, catalog());
  const metric = catalog().metrics[0];
  if (!metric) throw new Error('no metric');
  await expect(stepsFor(catalog({ metrics: [{ ...metric, aggregation: 'last' }] }))).rejects.toThrow(
    'give the metric another eventName',
  );
  const renamed = catalog({ metrics: [{ ...metric, name: 'RAM' }] });
  expect((await stepsFor(renamed)).map(({ kind }) => kind)).toEqual(['update-meter', 'update-product']);
  await syncCatalog(stripe, renamed);
  expect(await stepsFor(renamed)).toEqual([]);
});

test('a retired plan is sold no more and keeps its subscribers; sold again, its price comes back', async () => {
  await syncCatalog(stripe, catalog());
  const month = await byKey('shop_pro_month');
  const retired = catalog({
    plans: [
      plan('FREE', []),
      plan('PRO', [price('month', 2900, 'shop_pro_month')], true),
      plan('OLD', [price('month', 1, 'shop_old')], true),
    ],
  });
  const steps = await stepsFor(retired);
  expect(steps.map(({ says }) => says)).toEqual([
    `- price ${month.id} (29.00 USD a month) is archived, as plan PRO is retired; it stays for those who pay it`,
  ]);
  await applySync(stripe, retired, steps);
  expect(await byKey('shop_pro_month')).toMatchObject({ id: month.id, active: false });
  expect(await stepsFor(retired)).toEqual([]);
  await syncCatalog(stripe, catalog());
  expect(await byKey('shop_pro_month')).toMatchObject({ id: month.id, active: true });
});

test('a portal that was changed by hand is brought back', async () => {
  await syncCatalog(stripe, catalog());
  const [portal] = (await stripe.billingPortal.configurations.list()).data;
  await stripe.billingPortal.configurations.update(portal?.id ?? '', {
    features: { subscription_cancel: { enabled: true, mode: 'immediately' } },
  });
  expect((await stepsFor(catalog())).map(({ says }) => says)).toEqual([
    `~ portal configuration ${portal?.id}: subscription_cancel.mode`,
  ]);
  await syncCatalog(stripe, catalog());
  expect(await stepsFor(catalog())).toEqual([]);
});

test('two catalogs at one Stripe leave each other alone', async () => {
  await syncCatalog(stripe, catalog());
  const other = catalog({
    id: 'other',
    name: 'Other',
    plans: [plan('FREE', []), plan('PRO', [price('month', 100, 'other_pro')])],
    addOns: [],
    metrics: [],
  });
  await syncCatalog(stripe, other);
  expect(await stepsFor(catalog())).toEqual([]);
  expect(await stepsFor(other)).toEqual([]);
});

test('a catalog that lacks a plan that accounts have is refused, with the plan and how many accounts there are', () => {
  const counts = new Map([
    ['PRO', 3],
    ['GOLD', 2],
    ['GONE', 0],
  ]);
  expect(() => refuseStranded(catalog(), counts)).toThrow(CustomersStranded);
  expect(() => refuseStranded(catalog(), counts)).toThrow('2 accounts have the plan GOLD');
  expect(() => refuseStranded(catalog(), new Map([['PRO', 3]]))).not.toThrow();
});
