import { randomUUID } from 'node:crypto';
import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { YEAR } from '#test/years.ts';
import { type BillingDesk, openBillingDesk, payOn } from './billing-desk.fixture.ts';
import { type CatalogPlatform, startCatalogPlatform } from './catalogs/catalog-platform.fixture.ts';
import { openShop, priceByHand, type Shop } from './catalogs/shop.fixture.ts';

const GB = 1024;
const MARCH_1 = `${YEAR}-03-01T12:00:00.000Z`;

let catalogPlatform: CatalogPlatform;
let shop: Shop;
let stripe: Stripe;
let bill: BillingDesk['bill'];
let own: BillingDesk['own'];
let plans: BillingDesk['plans'];
let subscriber: BillingDesk['subscriber'];

beforeAll(async () => {
  catalogPlatform = await startCatalogPlatform({
    catalog: 'catalogs/2bot.yaml',
    hostMemoryMb: 256 * GB,
    hostCpuPercent: 3200,
    before: async (each) => ({ STRIPE_PRICE_BUSINESS: await priceByHand(each, 7900) }),
  });
  shop = await openShop(catalogPlatform.platform.env);
  stripe = shop.stripe;
  ({ bill, own, plans, subscriber } = openBillingDesk(catalogPlatform.platform.env, shop));
});

afterAll(async () => {
  await shop?.close();
  await catalogPlatform?.discard();
});

describe.concurrent('Checkout', () => {
  test('sends somebody who is new to pay, joins the customer with the account, and the plan is theirs', async () => {
    const buyer = await shop.openAccount();
    const { body, status } = await bill(buyer, 'POST', 'checkout', { planId: 'PRO' });
    expect({ status, body }).toMatchObject({
      status: 201,
      body: { trialDays: 0, fit: { misfits: [], idleAddOns: [] } },
    });
    await payOn(body.url);
    await shop.eventually(buyer, (account) =>
      expect(account).toMatchObject({ plan: { id: 'PRO' }, standing: 'active' }),
    );
    const [subscription] = await plans(buyer);
    expect(subscription?.metadata).toMatchObject({
      account_id: buyer.accountId,
      user_id: buyer.accountId,
      product_type: 'plan',
      plan_id: 'PRO',
    });
    const again = await bill(buyer, 'POST', 'checkout', { planId: 'BUSINESS' });
    expect(again).toMatchObject({ status: 409, body: { code: 'subscription-exists' } });
    expect(again.body.detail).toContain('PATCH');
  });

  test('is open once at a time: a new one closes the one before, the same key gets the same page', async () => {
    const buyer = await shop.openAccount();
    const key = randomUUID();
    const first = await bill(buyer, 'POST', 'checkout', { planId: 'PRO' }, key);
    expect(await bill(buyer, 'POST', 'checkout', { planId: 'PRO' }, key)).toMatchObject({
      status: 201,
      body: { url: first.body.url },
    });
    expect(await bill(buyer, 'POST', 'checkout', { planId: 'STARTER' }, key)).toMatchObject({
      status: 409,
      body: { code: 'idempotency-key-reused' },
    });
    await bill(buyer, 'POST', 'checkout', { planId: 'STARTER' });
    const sessions = (await stripe.checkout.sessions.list({ customer: buyer.stripeCustomerId })).data;
    expect(sessions.map((each) => each.status).sort()).toEqual(['expired', 'open']);
    expect(await bill(buyer, 'POST', 'checkout', { planId: 'PRO' }, key)).toMatchObject({
      status: 409,
      body: { code: 'checkout-over' },
    });
  });

  test('two at once: one page is open in the end', async () => {
    const buyer = await shop.openAccount();
    const both = await Promise.all([1, 2].map(() => bill(buyer, 'POST', 'checkout', { planId: 'PRO' })));
    expect(both.map((each) => each.status)).toContain(201);
    for (const refused of both.filter((each) => each.status !== 201)) {
      expect(refused).toMatchObject({ status: 409, body: { code: 'billing-busy' } });
    }
    const open = await stripe.checkout.sessions.list({ customer: buyer.stripeCustomerId, status: 'open' });
    expect(open.data).toHaveLength(1);
  });

  test('sells add-ons in any number, with the metadata that existing systems read', async () => {
    const buyer = await shop.openAccount();
    const { body } = await bill(buyer, 'POST', 'checkout', { addOnId: 'MICRO', interval: 'year', quantity: 2 });
    await payOn(body.url);
    await shop.eventually(buyer, ({ addOns }) => expect(addOns).toMatchObject([{ addOnId: 'MICRO', quantity: 2 }]));
    const [subscription] = await plans(buyer);
    expect(subscription?.metadata).toMatchObject({ product_type: 'workspace_addon', tier: 'MICRO' });
  });

  test('refuses what the account may not take, and says why', async () => {
    const buyer = await shop.openAccount();
    expect(await bill(buyer, 'POST', 'checkout', { planId: 'ENTERPRISE' })).toMatchObject({
      status: 403,
      body: { code: 'offer-refused', refusal: 'custom' },
    });
    expect(await bill(buyer, 'POST', 'checkout', { planId: 'FREE' })).toMatchObject({
      status: 409,
      body: { refusal: 'current' },
    });
    expect(await bill(buyer, 'POST', 'checkout', { planId: 'ORG_PRO' })).toMatchObject({
      status: 404,
      body: { code: 'offer-not-found' },
    });
    expect(await bill(buyer, 'POST', 'checkout', { planId: 'PRO', interval: 'year' })).toMatchObject({ status: 404 });
    expect(await bill(buyer, 'POST', 'checkout', { planId: 'PRO', addOnId: 'MICRO' })).toMatchObject({ status: 400 });
  });
});

test('an account without a customer gets one, once, when it first buys', async () => {
  const buyer = await shop.openAccount({ atStripe: false });
  expect(await bill(buyer, 'GET', 'invoices')).toMatchObject({ status: 200, body: { invoices: [] } });
  expect(await bill(buyer, 'GET', 'preview?planId=PRO')).toMatchObject({ body: { when: 'new', dueNowCents: 2900 } });
  expect(await bill(buyer, 'POST', 'portal', {})).toMatchObject({ status: 409, body: { code: 'no-customer' } });
  await bill(buyer, 'POST', 'checkout', { planId: 'PRO' });
  const { body } = await bill(buyer, 'POST', 'checkout', { planId: 'STARTER' });
  await payOn(body.url);
  await shop.eventually(buyer, (account) => expect(account.plan.id).toBe('STARTER'));
  const customers = (await stripe.customers.list({ email: `${buyer.accountId}@leasehold.test` })).data;
  expect(customers).toMatchObject([{ metadata: { account_id: buyer.accountId, user_id: buyer.accountId } }]);
});

describe.concurrent('subscribing with a payment method', () => {
  test('begins at once with a good card', async () => {
    const buyer = await shop.openAccount({ card: null });
    const key = randomUUID();
    const wish = { planId: 'PRO', paymentMethodId: 'pm_card_visa' };
    const first = await bill(buyer, 'POST', 'subscription', wish, key);
    expect(first).toMatchObject({ status: 201, body: { status: 'active', clientSecret: null } });
    expect(await bill(buyer, 'POST', 'subscription', wish, key)).toMatchObject({
      status: 201,
      body: { subscriptionId: first.body.subscriptionId },
    });
    expect(await bill(buyer, 'POST', 'subscription', wish)).toMatchObject({
      status: 409,
      body: { code: 'subscription-exists' },
    });
    await shop.eventually(buyer, (account) => expect(account.plan.id).toBe('PRO'));
    expect((await bill(buyer, 'GET', 'subscription')).body).toMatchObject({
      plan: { id: 'PRO' },
      status: 'active',
      interval: 'month',
      amountCents: 2900,
      cancelAtPeriodEnd: false,
      limits: { gateways: 10 },
    });
  });

  test('a declined card is told with advice, and leaves no subscription', async () => {
    const buyer = await shop.openAccount({ card: null });
    const wish = { planId: 'PRO', paymentMethodId: 'pm_card_chargeCustomerFail' };
    expect(await bill(buyer, 'POST', 'subscription', wish)).toMatchObject({
      status: 402,
      body: { code: 'card-declined', error: 'CARD_DECLINED', advice: expect.any(String) },
    });
    expect((await plans(buyer)).filter((each) => !/canceled|expired/.test(each.status))).toEqual([]);
  });

  test('a card whose bank asks leaves it incomplete, with what is left to do', async () => {
    const buyer = await shop.openAccount({ card: null });
    const wish = { planId: 'PRO', paymentMethodId: 'pm_card_authenticationRequired' };
    const { status, body } = await bill(buyer, 'POST', 'subscription', wish);
    expect({ status, body }).toMatchObject({
      status: 201,
      body: { status: 'incomplete', clientSecret: expect.stringMatching(/^pi_/), nextActionUrl: expect.any(String) },
    });
  });
});

test('an account that pays nothing has a subscription answer as well', async () => {
  const buyer = await shop.openAccount();
  expect(await bill(buyer, 'GET', 'subscription')).toMatchObject({
    status: 200,
    body: { plan: { id: 'FREE' }, status: 'free', subscriptionId: null, limits: { executions: 500 }, addOns: [] },
  });
});

describe.concurrent('a change of plan', () => {
  test('upward is shown first, charged at once and given at once', async () => {
    const buyer = await subscriber('PRO', { clockAt: MARCH_1 });
    const preview = await bill(buyer, 'GET', 'preview?planId=BUSINESS');
    expect(preview).toMatchObject({
      status: 200,
      body: { when: 'now', currency: 'usd', dueNowCents: 5000, nextAmountCents: 7900, fit: { misfits: [] } },
    });
    expect(preview.body.lines.length).toBeGreaterThan(0);
    expect(await bill(buyer, 'PATCH', 'subscription', { planId: 'BUSINESS' })).toMatchObject({
      status: 200,
      body: { outcome: 'done', status: 'active' },
    });
    await shop.eventually(buyer, (account) => expect(account.plan.id).toBe('BUSINESS'));
    expect(await bill(buyer, 'PATCH', 'subscription', { planId: 'BUSINESS' })).toMatchObject({
      status: 409,
      body: { refusal: 'current' },
    });
  });

  test('that is declined leaves the plan as it was, and says why', async () => {
    const buyer = await subscriber('PRO', { clockAt: MARCH_1 });
    const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: buyer.stripeCustomerId });
    expect(await bill(buyer, 'PUT', `payment-methods/${bad.id}/default`)).toMatchObject({
      status: 200,
      body: { isDefault: true },
    });
    expect(await bill(buyer, 'PATCH', 'subscription', { planId: 'BUSINESS' })).toMatchObject({
      status: 402,
      body: { code: 'card-declined', payUrl: expect.any(String) },
    });
    expect(await shop.read(buyer)).toMatchObject({ plan: { id: 'PRO' }, standing: 'active' });
    expect(await bill(buyer, 'POST', 'subscription/undo')).toMatchObject({ status: 200 });
    expect((await plans(buyer))[0]?.pending_update).toBeNull();
  });

  test('downward waits for the end of the period, and can be taken back', async () => {
    const buyer = await subscriber('BUSINESS', { clockAt: MARCH_1 });
    expect(await bill(buyer, 'GET', 'preview?planId=STARTER')).toMatchObject({
      body: { when: 'period-end', dueNowCents: 0, nextAmountCents: 900, appliesAt: `${YEAR}-04-01T12:00:00.000Z` },
    });
    const key = randomUUID();
    for (const _ of ['once', 'again']) {
      expect(await bill(buyer, 'PATCH', 'subscription', { planId: 'STARTER' }, key)).toMatchObject({
        status: 200,
        body: { outcome: 'scheduled', at: `${YEAR}-04-01T12:00:00.000Z` },
      });
    }
    const schedules = await stripe.subscriptionSchedules.list({ customer: buyer.stripeCustomerId });
    expect(schedules.data).toHaveLength(1);
    await shop.eventually(buyer, (account) => expect(account.plannedChange).toMatchObject({ plan: { id: 'STARTER' } }));
    expect(await shop.read(buyer)).toMatchObject({ plan: { id: 'BUSINESS' } });
    expect(await bill(buyer, 'POST', 'subscription/undo')).toMatchObject({ status: 200, body: { endsAt: null } });
    await shop.eventually(buyer, (account) => expect(account.plannedChange).toBeNull());
    expect(await bill(buyer, 'POST', 'subscription/undo')).toMatchObject({
      status: 409,
      body: { code: 'nothing-to-undo' },
    });
  });

  test('without a subscription, and to what is free, is refused with the way that there is', async () => {
    const buyer = await shop.openAccount();
    expect(await bill(buyer, 'PATCH', 'subscription', { planId: 'PRO' })).toMatchObject({
      status: 409,
      body: { code: 'no-subscription' },
    });
    const paying = await subscriber('PRO');
    expect(await bill(paying, 'PATCH', 'subscription', { planId: 'FREE' })).toMatchObject({
      status: 409,
      body: { refusal: 'free' },
    });
  });
});

describe.concurrent('a cancel', () => {
  test('ends with the period, and is taken back', async () => {
    const buyer = await subscriber('PRO', { clockAt: MARCH_1 });
    expect(await bill(buyer, 'DELETE', 'subscription')).toMatchObject({
      status: 200,
      body: { status: 'active', endsAt: `${YEAR}-04-01T12:00:00.000Z` },
    });
    await vi.waitFor(
      async () => expect((await bill(buyer, 'GET', 'subscription')).body.cancelAtPeriodEnd).toBe(true),
      60_000,
    );
    expect(await bill(buyer, 'POST', 'subscription/undo')).toMatchObject({ status: 200, body: { endsAt: null } });
    await vi.waitFor(
      async () => expect((await bill(buyer, 'GET', 'subscription')).body.cancelAtPeriodEnd).toBe(false),
      60_000,
    );
  });

  test('at once ends at once', async () => {
    const buyer = await subscriber('PRO');
    expect(await bill(buyer, 'DELETE', 'subscription?immediate=true')).toMatchObject({
      status: 200,
      body: { status: 'canceled' },
    });
    await shop.eventually(buyer, (account) => expect(account.plan.id).toBe('FREE'));
  });
});

describe.concurrent('an add-on', () => {
  test('has its quantity raised now and lowered later, and is canceled by its own id', async () => {
    const buyer = await subscriber('PRO', { clockAt: MARCH_1 });
    await shop.buy(buyer, '2bot_micro_month');
    await shop.eventually(buyer, ({ addOns }) => expect(addOns).toHaveLength(1));
    const { body } = await bill(buyer, 'GET', 'subscription');
    const id = body.addOns[0].subscriptionId;
    expect(await bill(buyer, 'PATCH', `add-ons/${id}`, { quantity: 3 })).toMatchObject({
      status: 200,
      body: { outcome: 'done' },
    });
    await shop.eventually(buyer, ({ addOns }) => expect(addOns[0]?.quantity).toBe(3));
    expect(await bill(buyer, 'PATCH', `add-ons/${id}`, { quantity: 1 })).toMatchObject({
      status: 200,
      body: { outcome: 'scheduled' },
    });
    expect(await bill(buyer, 'POST', `add-ons/${id}/cancel`)).toMatchObject({
      status: 200,
      body: { endsAt: `${YEAR}-04-01T12:00:00.000Z` },
    });
    expect(await bill(buyer, 'POST', `add-ons/${id}/undo`)).toMatchObject({ status: 200, body: { endsAt: null } });
    expect(await bill(buyer, 'POST', `add-ons/${id}/cancel?immediate=true`)).toMatchObject({
      body: { status: 'canceled' },
    });
    await shop.eventually(buyer, ({ addOns }) => expect(addOns).toEqual([]));
    expect(await bill(buyer, 'POST', `add-ons/${body.subscriptionId}/cancel`)).toMatchObject({ status: 404 });
  });
});

describe.concurrent('invoices', () => {
  test('are listed with PDF and page, read one by one, and are nobody else’s', async () => {
    const buyer = await subscriber('PRO');
    await shop.buy(buyer, '2bot_micro_month');
    const first = await bill(buyer, 'GET', 'invoices?limit=1');
    expect(first.body.invoices).toMatchObject([{ status: 'paid', totalCents: 500, pdfUrl: expect.any(String) }]);
    const second = await bill(buyer, 'GET', `invoices?limit=1&before=${first.body.next}`);
    expect(second.body).toMatchObject({ invoices: [{ totalCents: 2900 }], next: null });
    const id = second.body.invoices[0].id;
    expect(await bill(buyer, 'GET', `invoices/${id}`)).toMatchObject({
      status: 200,
      body: { id, hostedUrl: expect.any(String) },
    });
    const stranger = await shop.openAccount();
    expect(await bill(stranger, 'GET', `invoices/${id}`)).toMatchObject({
      status: 404,
      body: { code: 'invoice-not-found' },
    });
    expect(await bill(stranger, 'POST', `invoices/${id}/pay`, {})).toMatchObject({ status: 404 });
    expect(await bill(buyer, 'POST', `invoices/${id}/pay`, {})).toMatchObject({
      status: 200,
      body: { status: 'paid' },
    });
  });

  test('that are open are paid now with another card; until then nothing else is bought', async () => {
    const buyer = await subscriber('PRO', { clockAt: MARCH_1 });
    const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: buyer.stripeCustomerId });
    await bill(buyer, 'PUT', `payment-methods/${bad.id}/default`);
    await shop.simulator.advance(buyer.clockId ?? '', `${YEAR}-04-01T14:00:00.000Z`);
    await shop.eventually(buyer, (account) => expect(account.debt).not.toBeNull());
    const { debt } = await shop.read(buyer);
    const path = `invoices/${debt?.invoiceId}/pay`;
    expect(await bill(buyer, 'PATCH', 'subscription', { planId: 'BUSINESS' })).toMatchObject({
      status: 402,
      body: { code: 'debt-first' },
    });
    expect(await bill(buyer, 'POST', path, {})).toMatchObject({ status: 402, body: { code: 'card-declined' } });
    const added = await bill(buyer, 'POST', 'payment-methods', { paymentMethodId: 'pm_card_mastercard' });
    expect(added).toMatchObject({ status: 201, body: { brand: 'mastercard' } });
    expect(await bill(buyer, 'POST', path, { paymentMethodId: added.body.id })).toMatchObject({
      status: 200,
      body: { status: 'paid' },
    });
    await shop.eventually(buyer, (account) => expect(account).toMatchObject({ standing: 'active', debt: null }));
  });
});

describe.concurrent('payment methods', () => {
  test('are added, chosen and taken away; the last one stays while something is charged', async () => {
    const buyer = await subscriber('PRO');
    const added = await bill(buyer, 'POST', 'payment-methods', { paymentMethodId: 'pm_card_mastercard' });
    const { body } = await bill(buyer, 'GET', 'payment-methods');
    expect(body.paymentMethods).toHaveLength(2);
    const visa = body.paymentMethods.find((each: { isDefault: boolean }) => each.isDefault);
    expect(visa.brand).toBe('visa');
    expect(await bill(buyer, 'DELETE', `payment-methods/${visa.id}`)).toMatchObject({
      status: 200,
      body: { defaultId: added.body.id },
    });
    expect(await bill(buyer, 'DELETE', `payment-methods/${added.body.id}`)).toMatchObject({
      status: 409,
      body: { code: 'last-payment-method' },
    });
    const stranger = await shop.openAccount();
    expect(await bill(stranger, 'PUT', `payment-methods/${added.body.id}/default`)).toMatchObject({ status: 404 });
    expect(await bill(stranger, 'POST', 'payment-methods', { paymentMethodId: added.body.id })).toMatchObject({
      status: 404,
    });
  });

  test('the one that Checkout asked for is what is charged', async () => {
    const buyer = await shop.openAccount({ card: null });
    const { body } = await bill(buyer, 'POST', 'checkout', { planId: 'PRO' });
    await payOn(body.url);
    await shop.eventually(buyer, (account) => expect(account.plan.id).toBe('PRO'));
    await bill(buyer, 'POST', 'payment-methods', { paymentMethodId: 'pm_card_mastercard' });
    const held = (await bill(buyer, 'GET', 'payment-methods')).body.paymentMethods;
    expect(held).toHaveLength(2);
    expect(held.find((each: { isDefault: boolean }) => each.isDefault)).toMatchObject({ brand: 'visa', last4: '4242' });
  });

  test('are asked for with a SetupIntent, or in the portal', async () => {
    const buyer = await subscriber('PRO');
    expect(await bill(buyer, 'POST', 'setup-intent')).toMatchObject({
      status: 201,
      body: { clientSecret: expect.stringMatching(/^seti_/) },
    });
    expect(await bill(buyer, 'POST', 'portal', { flow: 'payment-method' })).toMatchObject({
      status: 201,
      body: { url: expect.any(String) },
    });
    expect(await bill(buyer, 'POST', 'portal', { flow: 'cancel' })).toMatchObject({ status: 201 });
  });
});

test('refunds and disputes are seen', async () => {
  const buyer = await subscriber('PRO');
  const [charge] = (await stripe.charges.list({ customer: buyer.stripeCustomerId })).data;
  await stripe.refunds.create({ charge: charge?.id ?? '', amount: 500 });
  expect(await bill(buyer, 'GET', 'refunds')).toMatchObject({
    status: 200,
    body: { refunds: [{ amountCents: 500, invoiceId: expect.stringMatching(/^in_/), status: 'succeeded' }] },
  });
  expect(await bill(buyer, 'GET', 'disputes')).toMatchObject({ status: 200, body: { disputes: [] } });
});

describe.concurrent('by the names that existing systems know', () => {
  test('2Bot: plans, add-ons, the portal and the subscription', async () => {
    const buyer = await shop.openAccount();
    const { body, status } = await own(buyer, 'POST', '/api/billing/create-checkout', { plan: 'STARTER' });
    expect({ status, body }).toEqual({ status: 200, body: { url: expect.any(String) } });
    await payOn(body.url);
    await shop.eventually(buyer, (account) => expect(account.plan.id).toBe('STARTER'));
    expect(await own(buyer, 'GET', '/api/billing/subscription')).toMatchObject({
      status: 200,
      body: {
        plan: 'STARTER',
        status: 'active',
        currentPeriodEnd: expect.any(String),
        cancelAtPeriodEnd: false,
        limits: { memoryMb: 512, executions: 5000 },
      },
    });
    expect(await own(buyer, 'POST', '/api/billing/create-portal')).toMatchObject({ body: { url: expect.any(String) } });
    expect(
      await own(buyer, 'POST', '/api/billing/workspace-addon', { tier: 'SMALL', interval: 'yearly' }),
    ).toMatchObject({ status: 200, body: { url: expect.any(String) } });
    expect(
      await own(buyer, 'POST', '/api/billing/org-workspace-booster', { organizationId: 'x', boosterId: 'ORG_MICRO' }),
    ).toMatchObject({ status: 404 });
  });

  test('2Bot: the workspace is seen, stopped, started and restarted', async () => {
    const buyer = await shop.openAccount({ workspaces: 1 });
    await shop.eventuallyRuns(buyer, 256, 0.5);
    expect(await own(buyer, 'GET', '/api/workspace/status')).toMatchObject({
      status: 200,
      body: { status: 'running', containerId: expect.any(String), resources: { ramLimitMb: 256 } },
    });
    const startedAt = async () => {
      const { id } = await shop.workspace(buyer).container();
      return (await shop.docker.getContainer(id).inspect()).State.StartedAt;
    };
    const before = await startedAt();
    expect(await own(buyer, 'POST', '/api/workspace/restart')).toMatchObject({ status: 202 });
    await shop.eventuallyRuns(buyer, 256, 0.5);
    expect(await startedAt()).not.toBe(before);
    expect(await own(buyer, 'POST', '/api/workspace/stop')).toMatchObject({ status: 202, body: { status: 'stopped' } });
    await shop.eventually(buyer, ({ workspaces }) => expect(workspaces[0]?.status).toBe('stopped'));
    expect(await own(buyer, 'GET', '/api/workspace/status')).toMatchObject({ body: { status: 'stopped', uptime: 0 } });
  });

  test('Objecta Labs: plans for anybody, subscription by payment method, change, invoices, cancel', async () => {
    const buyer = await shop.openAccount({ card: null });
    const { plans: sold } = (await own({ ...buyer, cookie: '' }, 'GET', '/api/v1/billing/plans')).body;
    expect(sold).toContainEqual(expect.objectContaining({ id: 'PRO', currency: 'usd', selfService: true }));
    const wish = { planId: 'PRO', paymentMethodId: 'pm_card_visa' };
    expect(await own(buyer, 'POST', '/api/v1/billing/subscription', wish)).toMatchObject({
      status: 201,
      body: { status: 'active' },
    });
    expect(await own(buyer, 'PATCH', '/api/v1/billing/subscription', { planId: 'BUSINESS' })).toMatchObject({
      status: 200,
      body: { outcome: 'done' },
    });
    expect((await own(buyer, 'GET', '/api/v1/billing/invoices')).body.invoices.length).toBeGreaterThan(0);
    expect(
      await own(buyer, 'POST', '/api/v1/billing/payment-method', { paymentMethodId: 'pm_card_mastercard' }),
    ).toMatchObject({ status: 201 });
    expect(await own(buyer, 'DELETE', '/api/v1/billing/subscription?immediate=true')).toMatchObject({
      status: 200,
      body: { status: 'canceled' },
    });
  });

  test('Helvetia Cloud: checkout, portal, subscription', async () => {
    const buyer = await shop.openAccount();
    expect(await own(buyer, 'POST', '/api/v1/billing/checkout', { planId: 'PRO' })).toMatchObject({ status: 200 });
    expect(await own(buyer, 'POST', '/api/v1/billing/portal')).toMatchObject({ status: 200 });
    expect(await own(buyer, 'GET', '/api/v1/billing/subscription')).toMatchObject({ body: { plan: 'FREE' } });
  });
});

test('health says whether billing is on', async () => {
  const answer = await fetch(`${catalogPlatform.platform.env.LEASEHOLD_API_URL}/health`);
  expect(await answer.json()).toMatchObject({ status: 'live', billing: { on: true } });
});
