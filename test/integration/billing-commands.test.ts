import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDays } from '#domain/time.ts';
import { openStage, type Stage } from '#stories/stage.ts';
import { until } from '#stories/until.ts';
import { lanePlatform } from '#test/lane.ts';
import {
  accountView,
  extendGrace,
  linkCustomer,
  SUBSCRIPTION_TASK_QUEUE,
  SUBSCRIPTION_WORKFLOW,
  subscriptionWorkflowId,
} from '#workflows/subscription/messages.ts';

const TIMEOUT_MS = 60_000;
let stage: Stage;

beforeAll(async () => {
  const running = await lanePlatform();
  stage = await openStage(running);
  await until('the workspace to run', TIMEOUT_MS, async () => (await stage.workspace.container()).status === 'running');
  await stage.driver.settle();
});

afterAll(async () => {
  await stage?.close();
});

test('scenario 28: five more days of grace, once for each command, told with the new date; the workspace runs until then', {
  timeout: 300_000,
}, async () => {
  const { client, customer, driver, mailbox, prisma, stripe, workspace } = stage;
  const handle = client.workflow.getHandle(subscriptionWorkflowId(customer.accountId));
  const card = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', {
    customer: customer.stripeCustomerId,
  });
  await stripe.customers.update(customer.stripeCustomerId, { invoice_settings: { default_payment_method: card.id } });
  await driver.settle();
  const { subscription } = await handle.query(accountView);
  await driver.moveTo(addDays(subscription?.currentPeriodEnd ?? '', 2 / 24));
  const suspendAt = async () => (await handle.query(accountView)).upcoming.find(({ kind }) => kind === 'suspend')?.at;
  const before = (await suspendAt()) ?? '';

  const command = { commandId: randomUUID(), days: 5, reason: 'A new card is on its way.' };
  const receipt = await handle.executeUpdate(extendGrace, { args: [command] });
  expect(await handle.executeUpdate(extendGrace, { args: [command] })).toEqual(receipt);
  await driver.settle();
  expect(await suspendAt()).toBe(addDays(before, 5));
  expect(await mailbox.templates()).toEqual(['grace-started', 'invoice', 'grace-extended']);
  const { accountId } = customer;
  expect(await prisma.timelineEntry.findFirst({ where: { accountId, kind: 'grace-extended' } })).toMatchObject({
    text: expect.stringContaining(command.reason),
  });
  await driver.moveTo(addDays(before, 1));
  expect((await workspace.container()).status).toBe('running');
  await driver.moveTo(addDays(before, 5));
  expect((await workspace.container()).status).toBe('exited');
  await expect(
    handle.executeUpdate(extendGrace, { args: [{ ...command, commandId: randomUUID() }] }),
  ).rejects.toMatchObject({ cause: { type: 'NotInGrace' } });
});

test('cards and links to pay are in the read model and in no payload of the workflow', async () => {
  const { client, customer, prisma } = stage;
  const { debt } = await client.workflow.getHandle(subscriptionWorkflowId(customer.accountId)).query(accountView);
  const stored = await prisma.invoice.findUniqueOrThrow({ where: { id: debt?.invoiceId ?? '' } });
  expect(stored).toMatchObject({ hostedUrl: expect.stringContaining('http'), mailedAt: expect.any(Date) });
  const { events } = await client.workflow.getHandle(subscriptionWorkflowId(customer.accountId)).fetchHistory();
  const texts = JSON.stringify(events, (key, value) =>
    key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : value,
  );
  // Named one by one: the history itself is too long to be printed.
  const found = [debt?.invoiceId ?? 'none', 'last4', 'payUrl', stored.hostedUrl ?? '', '@leasehold.test'].filter(
    (each) => texts.includes(each),
  );
  expect(found).toEqual([debt?.invoiceId]);
});

test('scenario 6: events of a customer that nobody knows wait, and count once the account is linked', {
  timeout: 120_000,
}, async () => {
  const { client, prisma, stripe, catalog } = stage;
  const accountId = `unlinked-${randomUUID().slice(0, 8)}`;
  await prisma.user.create({ data: { id: accountId, name: 'Unlinked', email: `${accountId}@leasehold.test` } });
  const handle = await client.workflow.start(SUBSCRIPTION_WORKFLOW, {
    workflowId: subscriptionWorkflowId(accountId),
    taskQueue: SUBSCRIPTION_TASK_QUEUE,
    args: [{ accountId, opening: { ownerUserId: accountId, stripeCustomerId: null, workspaces: [] } }],
  });
  const customer = await stripe.customers.create({});
  const card = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  const lookupKey = catalog.plans.flatMap(({ prices }) => prices)[0]?.lookupKey ?? '';
  const [price] = (await stripe.prices.list({ lookup_keys: [lookupKey] })).data;
  await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price?.id ?? '' }],
    default_payment_method: card.id,
  });
  const events = () => prisma.stripeEvent.findMany({ where: { customerId: customer.id } });
  await until('its events to be received', TIMEOUT_MS, async () => (await events()).length > 3);
  expect((await events()).every((each) => each.accountId === null && each.forwardedAt === null)).toBe(true);
  await until(
    'the account to be stored',
    TIMEOUT_MS,
    async () => (await prisma.account.count({ where: { id: accountId } })) === 1,
  );

  await handle.executeUpdate(linkCustomer, { args: [{ commandId: 'link', stripeCustomerId: customer.id }] });
  await until('its events to be acted on', TIMEOUT_MS, async () =>
    (await events()).every((each) => each.accountId === accountId && each.actedAt !== null),
  );
  expect(await handle.query(accountView)).toMatchObject({ standing: 'active', subscription: { status: 'active' } });
  await expect(
    handle.executeUpdate(linkCustomer, { args: [{ commandId: 'other', stripeCustomerId: 'cus_other' }] }),
  ).rejects.toMatchObject({ cause: { type: 'CustomerAlreadyLinked' } });
});
