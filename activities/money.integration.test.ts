import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadCatalog } from '#catalogs/load.ts';
import type { AccountState } from '#domain/account-state.ts';
import { openAccount } from '#domain/open-account.ts';
import { viewOf } from '#domain/view.ts';
import { createPrisma, type PrismaClient } from '#prisma/client.ts';
import { changeCard, type RunningSimulator, runSimulator, subscribe } from '#stripe-simulator/running-simulator.ts';
import { aCatalog } from '#test/factories/billing.ts';
import { platformEnv } from '#test/lane.ts';
import type { SaveAccountInput } from './contracts.ts';
import { withDetails } from './mail/with-details.ts';
import { createMoneyTables, type MoneyTables } from './money.ts';
import { createReadModelActivities } from './read-model.ts';
import { createStripeActivities } from './stripe.ts';

const AT = '2026-01-10T13:00:00.000Z';
const facts = { planId: 'team', planName: 'Team' };
let prisma: PrismaClient;
let simulator: RunningSimulator;

beforeAll(async () => {
  prisma = createPrisma(platformEnv().DATABASE_URL ?? '', { maxConnections: 4 });
  simulator = await runSimulator();
});

afterAll(async () => {
  await simulator.stop();
  await prisma.$disconnect();
});

function readBilling(stripeCustomerId: string, now = AT, money: MoneyTables = createMoneyTables({ prisma })) {
  return createStripeActivities({ stripe: simulator.stripe, catalog: aCatalog(), money }).readBilling({
    stripeCustomerId,
    now,
  });
}

const moneyOf = (id: string) =>
  prisma.stripeCustomer.findUniqueOrThrow({
    where: { id },
    include: {
      subscriptions: { include: { items: true } },
      invoices: { orderBy: { createdAt: 'asc' } },
      payments: { orderBy: { createdAt: 'asc' } },
      paymentMethods: true,
    },
  });

test('what was read is stored in minor units with currency, with the dates that Stripe says', async () => {
  const { customer, subscription, card, price } = await subscribe(simulator.stripe, { at: '2026-01-10T12:00:00Z' });
  await readBilling(customer.id);
  const stored = await moneyOf(customer.id);
  const [item] = subscription.items.data;
  expect(stored).toMatchObject({
    readAt: new Date(AT),
    creditCents: 0n,
    subscriptions: [
      {
        id: subscription.id,
        status: 'active',
        role: 'unknown',
        currentPeriodStart: new Date('2026-01-10T12:00:00.000Z'),
        currentPeriodEnd: new Date('2026-02-10T12:00:00.000Z'),
        items: [
          { id: item?.id, priceId: price.id, quantity: 1n, unitAmount: '2900', currency: 'usd', interval: 'month' },
        ],
      },
    ],
    invoices: [
      {
        status: 'paid',
        totalCents: 2900n,
        paidCents: 2900n,
        remainingCents: 0n,
        currency: 'usd',
        finalizedAt: new Date('2026-01-10T12:00:00.000Z'),
        hostedUrl: expect.stringContaining('http'),
        mailedAt: null,
      },
    ],
    payments: [{ status: 'succeeded', amountCents: 2900n, refundedCents: 0n, currency: 'usd', disputeStatus: null }],
    paymentMethods: [{ id: card.id, brand: 'visa', last4: '4242', isDefault: true }],
  });
  expect(stored.payments[0]?.invoiceId).toBe(stored.invoices[0]?.id);
});

test('a read that began earlier overwrites nothing, however late it is stored', async () => {
  const { customer, subscription } = await subscribe(simulator.stripe, { at: '2026-01-10T12:00:00Z' });
  const money = createMoneyTables({ prisma });
  const held: (() => Promise<void>)[] = [];
  const slow = {
    ...money,
    store: async (...args: Parameters<MoneyTables['store']>) => void held.push(() => money.store(...args)),
  };
  await readBilling(customer.id, AT, slow);
  await simulator.stripe.subscriptions.cancel(subscription.id);
  await readBilling(customer.id, '2026-01-10T14:00:00.000Z');
  for (const store of held) await store();
  expect(await moneyOf(customer.id)).toMatchObject({
    readAt: new Date('2026-01-10T14:00:00.000Z'),
    subscriptions: [{ status: 'canceled' }],
  });
});

test('a failed payment says why; another card takes the place of the first, which goes when it is detached', async () => {
  const { clock, customer, card } = await subscribe(simulator.stripe, { at: '2026-01-10T12:00:00Z' });
  const failing = await changeCard(simulator.stripe, customer.id, 'pm_card_chargeCustomerFail');
  await simulator.control('POST', `/_sim/clocks/${clock.id}/advance`, { to: '2026-02-10T13:00:00Z' });
  await readBilling(customer.id, '2026-02-10T13:00:00.000Z');
  const stored = await moneyOf(customer.id);
  expect(stored.invoices).toMatchObject([
    { status: 'paid' },
    { status: 'open', remainingCents: 2900n, attemptCount: 1 },
  ]);
  expect(stored.payments).toMatchObject([{ status: 'succeeded' }, { status: 'failed', failureCode: 'card_declined' }]);
  const methods = stored.paymentMethods.map(({ id, isDefault }) => [id, isDefault]);
  expect(methods).toEqual(
    expect.arrayContaining([
      [card.id, false],
      [failing.id, true],
    ]),
  );
  await simulator.stripe.paymentMethods.detach(card.id);
  await readBilling(customer.id, '2026-02-10T14:00:00.000Z');
  expect((await moneyOf(customer.id)).paymentMethods).toMatchObject([{ id: failing.id }]);
});

test('a mail gets links and card from the tables', async () => {
  const { customer, card } = await subscribe(simulator.stripe, { at: '2026-01-10T12:00:00Z' });
  await readBilling(customer.id);
  const [invoice] = (await moneyOf(customer.id)).invoices;
  expect(await withDetails(prisma, { ...facts, invoiceId: invoice?.id ?? '', cardId: card.id })).toMatchObject({
    payUrl: invoice?.hostedUrl,
    pdfUrl: invoice?.pdfUrl,
    card: { brand: 'visa', last4: '4242' },
  });
  expect(await withDetails(prisma, { ...facts, invoiceId: 'in_gone', cardId: 'pm_gone' })).toMatchObject(facts);
});

test('with the account goes all that is known of its money, and no late read brings it back', async () => {
  const { customer } = await subscribe(simulator.stripe, { at: '2026-01-10T12:00:00Z' });
  const accountId = randomUUID();
  await prisma.user.create({ data: { id: accountId, name: 'Owner', email: `${accountId}@leasehold.test` } });
  const opening = { accountId, ownerUserId: accountId, stripeCustomerId: customer.id, workspaces: [] };
  const state = openAccount(opening, AT, loadCatalog('catalogs/demo.yaml'));
  const { saveAccount, deleteAccount } = createReadModelActivities({ prisma });
  await saveAccount(asOpened(state));
  await readBilling(customer.id);
  await deleteAccount({ accountId, stripeCustomerId: customer.id, now: AT });
  await readBilling(customer.id, '2026-01-10T14:00:00.000Z');
  expect(await prisma.stripeCustomer.findUnique({ where: { id: customer.id } })).toBeNull();
  expect(await prisma.invoice.count({ where: { customerId: customer.id } })).toBe(0);
});

test('a customer is claimed by one account, again by the same one, and by no other', async () => {
  const { saveAccount, claimCustomer } = createReadModelActivities({ prisma });
  const save = async (accountId: string) => {
    const opening = { accountId, ownerUserId: accountId, stripeCustomerId: null, workspaces: [] };
    const state = openAccount(opening, AT, loadCatalog('catalogs/demo.yaml'));
    await saveAccount(asOpened(state));
  };
  const unlinked = async () => {
    const accountId = randomUUID();
    await prisma.user.create({ data: { id: accountId, name: 'Owner', email: `${accountId}@leasehold.test` } });
    await save(accountId);
    return accountId;
  };
  const [one, other] = [await unlinked(), await unlinked()];
  const stripeCustomerId = `cus_${randomUUID().replaceAll('-', '')}`;
  expect(await claimCustomer({ accountId: one, stripeCustomerId })).toEqual({ claimed: true });
  expect(await claimCustomer({ accountId: one, stripeCustomerId })).toEqual({ claimed: true });
  // A save that was under way still knows of no customer.
  await save(one);
  expect(await claimCustomer({ accountId: other, stripeCustomerId })).toEqual({ claimed: false });
  expect(await claimCustomer({ accountId: one, stripeCustomerId: `${stripeCustomerId}2` })).toEqual({ claimed: false });
  expect(await claimCustomer({ accountId: 'never-saved', stripeCustomerId: 'cus_x' })).toEqual({ claimed: false });
});

/** A save of an account to which nothing has happened. */
function asOpened(state: AccountState): SaveAccountInput {
  const nothing = { happened: [], nextDeadline: null, actedOn: { eventIds: [], outcome: '' } };
  return { state, view: viewOf(state, AT), ...nothing };
}
