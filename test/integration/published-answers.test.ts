import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { YEAR } from '#test/years.ts';
import { type BillingDesk, openBillingDesk, payOn } from './billing-desk.fixture.ts';
import { type CatalogPlatform, startCatalogPlatform } from './catalogs/catalog-platform.fixture.ts';
import { type Buyer, openShop, priceByHand, type Shop } from './catalogs/shop.fixture.ts';
import { type PublishedAnswers, publishedAnswers } from './published-answers.fixture.ts';

const MARCH_1 = `${YEAR}-03-01T12:00:00.000Z`;
/** What an account is, owes, may take and buys, by our names and by those of existing systems. */
const ABOUT_BILLING =
  /^\/api\/v1\/accounts\/\{accountId\}(\/(billing\/.+|offers|timeline|audit|export|keep))?$|^\/api(\/v1)?\/billing\/(?!.*webhook)/;

let own: CatalogPlatform;
let shop: Shop;
let desk: BillingDesk;
let published: PublishedAnswers;
const faults: string[] = [];

beforeAll(async () => {
  own = await startCatalogPlatform({
    catalog: 'catalogs/2bot.yaml',
    hostMemoryMb: 64 * 1024,
    hostCpuPercent: 3200,
    before: async (stripe) => ({ STRIPE_PRICE_BUSINESS: await priceByHand(stripe, 7900) }),
  });
  shop = await openShop(own.platform.env);
  desk = openBillingDesk(own.platform.env, shop, (method, path, { status, body }) => {
    faults.push(...(published?.faultsOf(method, path, status, body) ?? []));
  });
  const reader = await shop.openAccount({ atStripe: false });
  published = publishedAnswers((await desk.own(reader, 'GET', '/api/v1/openapi.json')).body);
});

afterAll(async () => {
  await shop?.close();
  await own?.discard();
});

/** Everything that is only read. */
async function readAll(buyer: Buyer): Promise<void> {
  const account = `/api/v1/accounts/${buyer.accountId}`;
  for (const path of [account, ...['offers', 'timeline', 'audit', 'export'].map((each) => `${account}/${each}`)]) {
    await desk.own(buyer, 'GET', path);
  }
  for (const path of ['subscription', 'invoices', 'payment-methods', 'refunds', 'disputes', 'usage']) {
    await desk.bill(buyer, 'GET', path);
  }
  for (const path of ['billing/subscription', 'v1/billing/subscription', 'v1/billing/invoices', 'v1/billing/usage']) {
    await desk.own(buyer, 'GET', `/api/${path}`);
  }
  await desk.own(buyer, 'GET', '/api/v1/billing/plans');
}

test('every answer about an account and its billing is as the OpenAPI document says, field by field', async () => {
  const { bill } = desk;
  const fresh = await shop.openAccount({ atStripe: false });
  await readAll(fresh);
  await bill(fresh, 'POST', 'portal', {});
  await bill(fresh, 'PATCH', 'subscription', { planId: 'PRO' });
  await bill(fresh, 'GET', 'preview?planId=PRO');
  await bill(fresh, 'GET', 'preview?planId=NONE');
  const opened = await bill(fresh, 'POST', 'checkout', { planId: 'PRO' });
  await payOn(opened.body.url);
  await shop.eventually(fresh, (account) => expect(account.plan.id).toBe('PRO'));
  await bill(fresh, 'POST', 'checkout', { planId: 'STARTER' });

  const buyer = await desk.subscriber('PRO', { clockAt: MARCH_1, workspaces: 2 });
  await shop.buy(buyer, '2bot_micro_month');
  await shop.eventually(buyer, ({ addOns }) => expect(addOns).toHaveLength(1));
  const { subscriptionId } = (await bill(buyer, 'GET', 'subscription')).body.addOns[0];
  await bill(buyer, 'PATCH', `add-ons/${subscriptionId}`, { quantity: 2 });
  await bill(buyer, 'POST', `add-ons/${subscriptionId}/cancel`);
  await bill(buyer, 'POST', `add-ons/${subscriptionId}/undo`);
  await bill(buyer, 'GET', 'preview?planId=BUSINESS');
  await bill(buyer, 'PATCH', 'subscription', { planId: 'BUSINESS' });
  await shop.eventually(buyer, (account) => expect(account.plan.id).toBe('BUSINESS'));
  // Less comes later: the change that is planned is part of what is read.
  await bill(buyer, 'GET', 'preview?planId=STARTER');
  await bill(buyer, 'PATCH', 'subscription', { planId: 'STARTER' });
  await shop.eventually(buyer, (account) => expect(account.plannedChange).toMatchObject({ plan: { id: 'STARTER' } }));
  await readAll(buyer);
  await bill(buyer, 'POST', 'subscription/undo');
  await bill(buyer, 'DELETE', 'subscription');
  await bill(buyer, 'POST', 'subscription/undo');
  await bill(buyer, 'POST', 'portal', { flow: 'cancel' });
  await bill(buyer, 'POST', 'setup-intent');
  const { body: added } = await bill(buyer, 'POST', 'payment-methods', { paymentMethodId: 'pm_card_mastercard' });
  await bill(buyer, 'PUT', `payment-methods/${added.id}/default`);
  const [invoice] = (await bill(buyer, 'GET', 'invoices')).body.invoices;
  await bill(buyer, 'GET', `invoices/${invoice.id}`);
  await bill(buyer, 'POST', `invoices/${invoice.id}/pay`, {});
  const [charge] = (await shop.stripe.charges.list({ customer: buyer.stripeCustomerId })).data;
  await shop.stripe.refunds.create({ charge: charge?.id ?? '', amount: 100 });
  await bill(buyer, 'GET', 'refunds');

  // A renewal that fails: what is owed, where it is paid, and the refusals that say so.
  const bad = await shop.stripe.paymentMethods.attach('pm_card_chargeCustomerFail', {
    customer: buyer.stripeCustomerId,
  });
  await bill(buyer, 'PUT', `payment-methods/${bad.id}/default`);
  await shop.simulator.advance(buyer.clockId ?? '', `${YEAR}-04-01T14:00:00.000Z`);
  const { debt } = await shop.eventually(buyer, (account) => expect(account).toMatchObject({ standing: 'grace' }));
  await readAll(buyer);
  await bill(buyer, 'POST', `invoices/${debt?.invoiceId}/pay`, {});
  await bill(buyer, 'PATCH', 'subscription', { planId: 'PRO' });
  await bill(buyer, 'POST', `invoices/${debt?.invoiceId}/pay`, { paymentMethodId: added.id });
  await bill(buyer, 'DELETE', `payment-methods/${bad.id}`);
  await shop.eventually(buyer, (account) => expect(account.debt).toBeNull());

  await existingSystems();
  const leaver = await shop.openAccount({ atStripe: false });
  await desk.own(leaver, 'DELETE', `/api/v1/accounts/${leaver.accountId}`);
  await readAll(leaver);
  await desk.own(leaver, 'POST', `/api/v1/accounts/${leaver.accountId}/keep`);

  expect(faults).toEqual([]);
  expect(published.operations(ABOUT_BILLING).filter((each) => !published.seen.has(each))).toEqual([]);
}, 240_000);

/** By the names that their clients call. */
async function existingSystems(): Promise<void> {
  const buyer = await shop.openAccount({ card: null });
  const call = (method: string, path: string, body?: unknown) => desk.own(buyer, method, path, body);
  await call('POST', '/api/billing/create-checkout', { plan: 'STARTER' });
  await call('POST', '/api/v1/billing/checkout', { planId: 'PRO' });
  await call('POST', '/api/v1/billing/payment-method', { paymentMethodId: 'pm_card_visa' });
  await call('POST', '/api/v1/billing/subscription', { planId: 'PRO', paymentMethodId: 'pm_card_mastercard' });
  await shop.eventually(buyer, (account) => expect(account.plan.id).toBe('PRO'));
  await call('POST', '/api/billing/workspace-addon', { tier: 'SMALL', interval: 'yearly' });
  await call('POST', '/api/billing/create-portal');
  await call('POST', '/api/v1/billing/portal');
  await call('PATCH', '/api/v1/billing/subscription', { planId: 'BUSINESS' });
  await call('DELETE', '/api/v1/billing/subscription?immediate=true');
  const { body } = await call('POST', '/api/v1/organisations', { name: `An organisation ${randomUUID()}` });
  const { organisationId, accountId } = body;
  const organisation = { ...buyer, accountId };
  await shop.eventually(organisation, () => undefined);
  await desk.bill(organisation, 'POST', 'subscription', { planId: 'ORG_PRO', paymentMethodId: 'pm_card_visa' });
  await shop.eventually(organisation, (account) => expect(account.plan.id).toBe('ORG_PRO'));
  await call('POST', '/api/billing/org-workspace-booster', { organizationId: organisationId, boosterId: 'ORG_MICRO' });
}
