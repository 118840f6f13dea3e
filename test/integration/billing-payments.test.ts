import { randomUUID } from 'node:crypto';
import { Stripe } from 'stripe';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { addDays } from '#domain/time.ts';
import { Mailbox } from '#stories/mailbox.ts';
import { YEAR } from '#test/years.ts';
import { authenticateOn, type BillingDesk, openBillingDesk, payOn } from './billing-desk.fixture.ts';
import { type CatalogPlatform, startCatalogPlatform } from './catalogs/catalog-platform.fixture.ts';
import { type Buyer, openShop, priceByHand, type Shop } from './catalogs/shop.fixture.ts';

const GB = 1024;
const MARCH_1 = `${YEAR}-03-01T12:00:00.000Z`;

let own: CatalogPlatform;
let shop: Shop;
let desk: BillingDesk;

beforeAll(async () => {
  own = await startCatalogPlatform({
    catalog: 'catalogs/2bot.yaml',
    hostMemoryMb: 256 * GB,
    hostCpuPercent: 3200,
    before: async (each) => ({ STRIPE_PRICE_BUSINESS: await priceByHand(each, 7900) }),
  });
  shop = await openShop(own.platform.env);
  desk = openBillingDesk(own.platform.env, shop);
});

afterAll(async () => {
  await shop?.close();
  await own?.discard();
});

/** What is charged from now on: a card of Stripe's documentation. */
async function chargeFromNowOn(buyer: Buyer, card: string): Promise<string> {
  const { id } = await shop.stripe.paymentMethods.attach(card, { customer: buyer.stripeCustomerId });
  expect(await desk.bill(buyer, 'PUT', `payment-methods/${id}/default`)).toMatchObject({ status: 200 });
  return id;
}

/** Pays on the page of an invoice with a card whose bank asks, and says yes there. */
async function payInvoiceOn(url: string): Promise<void> {
  const asked = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(url).origin },
    body: new URLSearchParams({ card: 'pm_card_authenticationRequired' }),
    redirect: 'manual',
  });
  const bank = new URL(asked.headers.get('location') ?? '', url).href;
  expect(bank).toContain('/authenticate/');
  await authenticateOn(bank);
}

describe.concurrent('3D Secure', () => {
  test('an upgrade is in force once its customer has confirmed the payment, and not before', async () => {
    const buyer = await desk.subscriber('PRO', { clockAt: MARCH_1 });
    await chargeFromNowOn(buyer, 'pm_card_authenticationRequired');
    const { status, body } = await desk.bill(buyer, 'PATCH', 'subscription', { planId: 'BUSINESS' });
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        outcome: 'needs-customer',
        clientSecret: expect.stringMatching(/^pi_\w+_secret_/),
        nextActionUrl: expect.stringMatching(/^http/),
      },
    });
    expect((await shop.read(buyer)).plan.id).toBe('PRO');
    expect((await desk.plans(buyer))[0]?.pending_update).not.toBeNull();
    await payInvoiceOn(body.nextActionUrl);
    await shop.eventually(buyer, (account) => expect(account.plan.id).toBe('BUSINESS'));
    expect((await desk.plans(buyer))[0]?.pending_update).toBeNull();
  });

  test('an open invoice whose bank asks is paid once its customer has said yes on the page that is handed out', async () => {
    const buyer = await desk.subscriber('PRO', { clockAt: MARCH_1 });
    await chargeFromNowOn(buyer, 'pm_card_chargeCustomerFail');
    await shop.simulator.advance(buyer.clockId ?? '', `${YEAR}-04-01T14:00:00.000Z`);
    const { debt } = await shop.eventually(buyer, (account) => expect(account.debt).not.toBeNull());
    const card = await shop.stripe.paymentMethods.attach('pm_card_authenticationRequired', {
      customer: buyer.stripeCustomerId,
    });
    const path = `invoices/${debt?.invoiceId}/pay`;
    const asked = await desk.bill(buyer, 'POST', path, { paymentMethodId: card.id });
    expect(asked).toMatchObject({
      status: 200,
      body: {
        status: 'open',
        clientSecret: expect.stringMatching(/^pi_\w+_secret_/),
        nextActionUrl: expect.any(String),
      },
    });
    await payInvoiceOn(asked.body.nextActionUrl);
    expect(await desk.bill(buyer, 'POST', path, {})).toMatchObject({ status: 200, body: { status: 'paid' } });
    await shop.eventually(buyer, (account) => expect(account).toMatchObject({ standing: 'active', debt: null }));
  });
});

describe.concurrent('what goes wrong at Stripe', () => {
  test('too many calls: 429 with the time to wait, and a sentence for people', async () => {
    const buyer = await desk.subscriber('PRO');
    await shop.simulator.failApi(50, 429, buyer.stripeCustomerId);
    const answer = await desk.bill(buyer, 'GET', 'payment-methods');
    await shop.simulator.failApi(0, 429, buyer.stripeCustomerId);
    expect(answer).toMatchObject({
      status: 429,
      body: {
        code: 'stripe-busy',
        error: 'RATE_LIMIT',
        retryable: true,
        detail: 'The payment service has too much to do right now. Nothing was changed. Try again in a minute.',
      },
    });
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(await desk.bill(buyer, 'GET', 'payment-methods')).toMatchObject({ status: 200 });
  });

  test('no answer: 503 with the time to wait; the same key then does it once', async () => {
    const buyer = await desk.subscriber('PRO', { clockAt: MARCH_1 });
    const key = randomUUID();
    await shop.simulator.failApi(50, 500, buyer.stripeCustomerId);
    const answer = await desk.bill(buyer, 'PATCH', 'subscription', { planId: 'BUSINESS' }, key);
    await shop.simulator.failApi(0, 500, buyer.stripeCustomerId);
    expect(answer).toMatchObject({
      status: 503,
      body: {
        code: 'stripe-unavailable',
        error: 'API_ERROR',
        retryable: true,
        detail: expect.stringContaining('Send it again with the same Idempotency-Key: it happens once.'),
      },
    });
    expect(answer.headers.get('retry-after')).toBe('5');
    for (const _ of ['again', 'and again']) {
      expect(await desk.bill(buyer, 'PATCH', 'subscription', { planId: 'BUSINESS' }, key)).toMatchObject({
        status: 200,
        body: { outcome: 'done' },
      });
    }
    const paid = await shop.stripe.invoices.list({ customer: buyer.stripeCustomerId });
    expect(paid.data.map((each) => each.amount_paid).sort()).toEqual([2900, 5000]);
  });
});

test.concurrent('disputes are listed with the invoice, the amount and the reason', async () => {
  const buyer = await shop.openAccount({ card: 'pm_card_createDisputeProductNotReceived' });
  await shop.buy(buyer, '2bot_pro_month');
  const { body, status } = await desk.bill(buyer, 'GET', 'disputes');
  const [invoice] = (await desk.bill(buyer, 'GET', 'invoices')).body.invoices;
  expect({ status, body }).toMatchObject({
    status: 200,
    body: {
      disputes: [{ amountCents: 2900, currency: 'usd', reason: 'product_not_received', invoiceId: invoice.id }],
    },
  });
});

test.concurrent('an organisation buys a plan and boosters of its own through the API; they count for it alone', async () => {
  const owner = await shop.openAccount();
  const made = await desk.own(owner, 'POST', '/api/v1/organisations', { name: `Boosted ${randomUUID().slice(0, 6)}` });
  const { organisationId, accountId } = made.body;
  const organisation = { ...owner, accountId };
  await shop.eventually(organisation, () => undefined);
  const plan = await desk.bill(organisation, 'POST', 'checkout', { planId: 'ORG_PRO' });
  await payOn(plan.body.url);
  const before = await shop.eventually(organisation, (account) => expect(account.plan.id).toBe('ORG_PRO'));

  const booster = { organizationId: organisationId, boosterId: 'ORG_MICRO', interval: 'yearly' };
  const known = await desk.own(owner, 'POST', '/api/billing/org-workspace-booster', booster);
  await payOn(known.body.url);
  await shop.eventually(organisation, ({ addOns }) => expect(addOns).toMatchObject([{ addOnId: 'ORG_MICRO' }]));
  const three = await desk.bill(organisation, 'POST', 'checkout', { addOnId: 'ORG_SMALL', quantity: 3 });
  await payOn(three.body.url);
  const after = await shop.eventually(organisation, ({ addOns }) =>
    expect(addOns.map(({ addOnId, quantity }) => [addOnId, quantity])).toEqual(
      expect.arrayContaining([
        ['ORG_MICRO', 1],
        ['ORG_SMALL', 3],
      ]),
    ),
  );
  const more = (after.plan.size?.memoryMb ?? 0) - (before.plan.size?.memoryMb ?? 0);
  expect(more).toBe((2 + 3 * 4) * GB);
  const { stripeCustomerId } = await shop.prisma.account.findUniqueOrThrow({ where: { id: accountId } });
  const bought = await shop.stripe.subscriptions.list({ customer: stripeCustomerId ?? '' });
  const micro = bought.data.find((each) => each.metadata.booster_tier === 'ORG_MICRO');
  expect(micro?.metadata).toMatchObject({
    product_type: 'org_pool_booster',
    organization_id: organisationId,
    account_id: accountId,
  });
  expect(micro?.items.data[0]?.price.recurring?.interval).toBe('year');
  expect((await shop.read(owner)).addOns).toEqual([]);
});

describe.concurrent.each([
  ['2Bot', '/api/webhooks/stripe'],
  ['2Bot, of before', '/api/billing/webhook'],
  ['Helvetia Cloud', '/api/v1/webhooks/stripe'],
  ['Objecta Labs', '/api/v1/billing/webhooks/stripe'],
])('the webhook of %s', (_system, path) => {
  test('takes signed events, acts on them, and refuses forged ones', async () => {
    const buyer = await shop.openAccount();
    await shop.heardAll(buyer);
    await shop.simulator.setDeliveries(buyer.stripeCustomerId, 'drop');
    await shop.buy(buyer, '2bot_pro_month');
    const { data } = await shop.stripe.events.list({ type: 'customer.subscription.created', limit: 100 });
    const event = data.find((each) => (each.data.object as { customer?: string }).customer === buyer.stripeCustomerId);
    const payload = JSON.stringify(event);
    const post = (secret: string) =>
      fetch(`${own.platform.env.LEASEHOLD_API_URL}${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'stripe-signature': Stripe.webhooks.generateTestHeaderString({ payload, secret }),
        },
        body: payload,
      });
    expect((await post('whsec_of_somebody_else')).status).toBe(400);
    expect((await shop.read(buyer)).plan.id).toBe('FREE');
    const secret = own.platform.env.STRIPE_WEBHOOK_SECRET ?? '';
    expect(await (await post(secret)).json()).toEqual({ received: true, duplicate: false });
    expect(await (await post(secret)).json()).toEqual({ received: true, duplicate: true });
    await shop.eventually(buyer, (account) => expect(account.plan.id).toBe('PRO'));
  });
});

test.concurrent('whoever subscribes again to the same plan after a dunning cancel is welcomed, with what runs again', async () => {
  const buyer = await desk.subscriber('PRO', { clockAt: MARCH_1, workspaces: 1 });
  const driver = shop.driverOf(buyer);
  await chargeFromNowOn(buyer, 'pm_card_chargeCustomerFail');
  await driver.moveTo(addDays(`${YEAR}-04-01T12:00:00.000Z`, 31));
  expect(await shop.read(buyer)).toMatchObject({ standing: 'canceled', plan: { id: 'PRO' } });
  await chargeFromNowOn(buyer, 'pm_card_visa');
  await shop.buy(buyer, '2bot_pro_month');
  await driver.settle();
  const account = await shop.eventually(buyer, ({ standing }) => expect(standing).toBe('active'));
  expect(account.workspaces).toMatchObject([{ status: 'running' }]);
  const { body } = await desk.own(buyer, 'GET', `/api/v1/accounts/${buyer.accountId}/timeline`);
  const kinds = body.entries.map(({ kind }: { kind: string }) => kind);
  expect(kinds.filter((kind: string) => kind === 'welcome-back')).toHaveLength(1);
  const welcome = body.entries.find(({ kind }: { kind: string }) => kind === 'welcome-back');
  expect(welcome.text).toContain(`${buyer.workspaceIds[0]} runs again, with its data.`);
  const address = `${buyer.accountId}@leasehold.test`;
  await vi.waitFor(async () => {
    const received = await new Mailbox(own.platform.env.LEASEHOLD_MAIL_URL ?? '', address).mails();
    expect(received.map(({ subject }) => subject)).toContain('Welcome back: your Pro subscription has begun');
  }, 60_000);
}, 240_000);
