import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BillingDesk, openBillingDesk, payOn } from './billing-desk.fixture.ts';
import { type CatalogPlatform, startCatalogPlatform } from './catalogs/catalog-platform.fixture.ts';
import { openShop, type Shop } from './catalogs/shop.fixture.ts';
import { publishedAnswers } from './published-answers.fixture.ts';

const DAY_MS = 86_400_000;

let own: CatalogPlatform;
let shop: Shop;
let desk: BillingDesk;

beforeAll(async () => {
  own = await startCatalogPlatform({
    catalog: 'test/integration/billing-metered.yaml',
    hostMemoryMb: 4_096,
    hostCpuPercent: 400,
  });
  shop = await openShop(own.platform.env);
  desk = openBillingDesk(own.platform.env, shop);
});

afterAll(async () => {
  await shop?.close();
  await own?.discard();
});

test('Checkout begins with the trial of the plan and bills by use beside it; nothing is charged before the trial ends', async () => {
  const buyer = await shop.openAccount();
  expect(await desk.bill(buyer, 'GET', 'preview?planId=hourly')).toMatchObject({
    status: 200,
    body: { when: 'new', trialDays: 14, dueNowCents: 0, nextAmountCents: 1000 },
  });
  const { status, body } = await desk.bill(buyer, 'POST', 'checkout', { planId: 'hourly' });
  expect({ status, body }).toMatchObject({ status: 201, body: { trialDays: 14 } });
  await payOn(body.url);
  await shop.eventually(buyer, (account) =>
    expect(account).toMatchObject({ plan: { id: 'hourly' }, standing: 'trialing' }),
  );
  const [subscription] = await desk.plans(buyer);
  const items = subscription?.items.data ?? [];
  expect(items.map(({ quantity, price }) => [price.recurring?.usage_type, quantity]).sort()).toEqual([
    ['licensed', 1],
    ['metered', undefined],
  ]);
  expect(subscription?.trial_end).toBe((subscription?.trial_start ?? 0) + (14 * DAY_MS) / 1_000);
  const { invoices } = (await desk.bill(buyer, 'GET', 'invoices')).body;
  expect(invoices.map((each: { totalCents: number }) => each.totalCents)).toEqual([0]);
});

test('a second trial is not given, neither by Checkout nor with a payment method', async () => {
  const buyer = await shop.openAccount();
  const first = await desk.bill(buyer, 'POST', 'checkout', { planId: 'hourly' });
  await payOn(first.body.url);
  await shop.eventually(buyer, (account) => expect(account.standing).toBe('trialing'));
  await desk.bill(buyer, 'DELETE', 'subscription?immediate=true');
  await shop.eventually(buyer, (account) => expect(account.plan.id).toBe('none'));
  expect(await desk.bill(buyer, 'GET', 'preview?planId=hourly')).toMatchObject({
    body: { trialDays: 0, dueNowCents: 1000 },
  });
  const again = await desk.bill(buyer, 'POST', 'checkout', { planId: 'hourly' });
  expect(again).toMatchObject({ status: 201, body: { trialDays: 0 } });
  await payOn(again.body.url);
  await shop.eventually(buyer, (account) => expect(account.standing).toBe('active'));
});

test('usage is what Stripe has counted, in all and by day, and is as published', async () => {
  const buyer = await shop.openAccount();
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const [meter] = (await shop.stripe.billing.meters.list()).data;
  const report = (value: string, daysAgo: number) =>
    shop.stripe.billing.meterEvents.create({
      event_name: meter?.event_name ?? '',
      payload: { stripe_customer_id: buyer.stripeCustomerId, value },
      timestamp: (today - daysAgo * DAY_MS) / 1_000,
    });
  for (const [value, daysAgo] of [
    ['1.5', 0],
    ['2', 3],
    ['4', 3],
    ['7', 33],
  ] as const)
    await report(value, daysAgo);
  const day = (daysAgo: number) => new Date(today - daysAgo * DAY_MS).toISOString();
  const answer = await desk.bill(buyer, 'GET', 'usage');
  expect(answer).toMatchObject({
    status: 200,
    body: {
      from: day(29),
      to: day(-1),
      metrics: [
        {
          id: 'COMPUTE_HOURS',
          unit: 'hour',
          unitPrice: '0.01',
          quantity: 7.5,
          days: [
            { from: day(3), to: day(2), quantity: 6 },
            { from: day(0), to: day(-1), quantity: 1.5 },
          ],
        },
      ],
    },
  });
  const published = publishedAnswers((await desk.own(buyer, 'GET', '/api/v1/openapi.json')).body);
  const path = `/api/v1/accounts/${buyer.accountId}/billing/usage`;
  expect(published.faultsOf('GET', path, answer.status, answer.body)).toEqual([]);

  const dates = (from: number, to: number) => `startDate=${day(from).slice(0, 10)}&endDate=${day(to).slice(0, 10)}`;
  expect(await desk.own(buyer, 'GET', `/api/v1/billing/usage?${dates(34, 30)}`)).toMatchObject({
    status: 200,
    body: { metrics: [{ quantity: 7 }] },
  });
  expect(await desk.bill(buyer, 'GET', `usage?${dates(1, 3)}`)).toMatchObject({
    status: 400,
    body: { code: 'request-invalid', detail: expect.stringContaining('1 to 100 days') },
  });
  const stranger = await shop.openAccount({ atStripe: false });
  expect(await desk.bill(stranger, 'GET', 'usage')).toMatchObject({
    status: 200,
    body: { metrics: [{ quantity: 0, days: [] }] },
  });
});
