import { randomUUID } from 'node:crypto';
import { Stripe } from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDays } from '#domain/time.ts';
import { SCHEDULE_IDS } from '#workflows/reconciliation/messages.ts';
import {
  agenda,
  SUBSCRIPTION_TASK_QUEUE,
  SUBSCRIPTION_WORKFLOW,
  type SubscriptionInput,
  subscriptionWorkflowId,
} from '#workflows/subscription/messages.ts';
import { openReconciliationStage, type ReconciliationStage, until } from './reconciliation.fixture.ts';

let stage: ReconciliationStage;
let own: ReconciliationStage['own'];
let shop: ReconciliationStage['shop'];
let leasehold: ReconciliationStage['leasehold'];
let reconcile: ReconciliationStage['reconcile'];
let openQuietAccount: ReconciliationStage['openQuietAccount'];
let buyUnheard: ReconciliationStage['buyUnheard'];
let workflowOf: ReconciliationStage['workflowOf'];

beforeAll(async () => {
  stage = await openReconciliationStage();
  ({ own, shop, leasehold, reconcile, openQuietAccount, buyUnheard, workflowOf } = stage);
});

afterAll(async () => {
  await stage?.discard();
});

test('scenario 5: four days of outage are found, repaired and reported; the second run has nothing to do', async () => {
  const buyer = await openQuietAccount({ clockAt: new Date(Math.floor(Date.now() / 1_000) * 1_000).toISOString() });
  const driver = shop.driverOf(buyer);
  await driver.settle();
  const { subscription } = await buyUnheard(buyer, 'demo_team_month');
  await driver.moveTo(addDays(await driver.now(), 4));
  expect(await shop.read(buyer)).toMatchObject({ standing: 'free', plan: { id: 'hobby' }, subscription: null });
  await shop.simulator.setDeliveries(buyer.stripeCustomerId, 'release');

  const { code, stdout } = await leasehold('reconcile', '--report');
  expect(stdout).toMatch(/^Events that had not arrived:$/m);
  expect(stdout).toMatch(
    new RegExp(
      `customer\\.subscription\\.created +${buyer.accountId}|customer\\.subscription\\.created +${buyer.stripeCustomerId}`,
    ),
  );
  expect(stdout).toMatch(/invoice\.paid/);
  expect(stdout).toMatch(/^Accounts that differed:$/m);
  expect(stdout).toContain(`${buyer.accountId}  plan: here hobby, should be team  repaired`);
  expect(stdout).toContain(`${buyer.accountId}  standing: here free, should be active  repaired`);
  expect(stdout).toMatch(
    new RegExp(`${buyer.accountId}  subscription: here none, should be ${subscription.id}: active`),
  );
  expect(stdout).toMatch(/All of it is put right\.\n$/);
  expect(code).toBe(0);

  expect(await shop.read(buyer)).toMatchObject({
    standing: 'active',
    plan: { id: 'team' },
    subscription: { id: subscription.id },
  });
  const events = await shop.prisma.stripeEvent.findMany({
    where: { customerId: buyer.stripeCustomerId, type: { in: ['customer.subscription.created', 'invoice.paid'] } },
  });
  expect(events).toHaveLength(2);
  for (const event of events)
    expect(event).toMatchObject({ source: 'reconciliation', accountId: buyer.accountId, actedAt: expect.any(Date) });

  const again = await leasehold('reconcile', '--report');
  expect(again).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/0 missing; .* 0 differed\. Nothing to do\.\n$/),
  });
});

test('a webhook that comes after its event was fetched changes nothing and is forwarded to nobody', async () => {
  const buyer = await openQuietAccount();
  await buyUnheard(buyer, 'demo_team_month');
  await shop.simulator.setDeliveries(buyer.stripeCustomerId, 'release');
  const { missing } = await reconcile('--events');
  const event = missing.find(
    ({ type, customerId }) => type === 'invoice.paid' && customerId === buyer.stripeCustomerId,
  );
  expect(event).toMatchObject({ accountId: buyer.accountId, outcome: expect.stringContaining('active') });
  // What it acted on is there before its mails are sent.
  await until(async () => expect(await workflowOf(buyer).query(agenda)).toMatchObject({ quiet: true }));
  const { historyLength } = await workflowOf(buyer).describe();
  await shop.simulator.redeliver(event?.id ?? '');
  await shop.simulator.settle(buyer.stripeCustomerId);
  expect(await shop.prisma.stripeEvent.count({ where: { id: event?.id ?? '' } })).toBe(1);
  expect((await workflowOf(buyer).describe()).historyLength).toBe(historyLength);
});

test('an account whose workflow was terminated comes back', async () => {
  const buyer = await openQuietAccount();
  await workflowOf(buyer).terminate('a test');
  const { code, outcome, drift } = await reconcile('--accounts');
  expect({ code, outcome }).toEqual({ code: 0, outcome: 'repaired' });
  expect(drift).toEqual([
    expect.objectContaining({ accountId: buyer.accountId, kind: 'workflow', repairedAt: expect.any(String) }),
  ]);
  expect((await workflowOf(buyer).describe()).status.name).toBe('RUNNING');
});

test('a pause outlives a restart of the worker, and ends when it is told to', async () => {
  const paused = async () =>
    Promise.all(
      Object.values(SCHEDULE_IDS).map(async (id) => (await shop.client.schedule.getHandle(id).describe()).state.paused),
    );
  expect(await paused()).toEqual([true, true]);
  await own.platform.stopPart('worker');
  await own.platform.startPart('worker');
  expect(await paused()).toEqual([true, true]);
  expect(await leasehold('reconcile', '--resume')).toMatchObject({ code: 0 });
  expect(await paused()).toEqual([false, false]);

  // What the clock starts is what a person starts.
  const clockwork = shop.client.schedule.getHandle(SCHEDULE_IDS.events);
  await clockwork.trigger();
  await until(async () =>
    expect(
      await shop.prisma.reconciliationRun.findFirst({ where: { askedBy: 'schedule', finishedAt: { not: null } } }),
    ).toMatchObject({ walks: ['events'], outcome: 'clean' }),
  );
  expect(await leasehold('reconcile', '--pause')).toMatchObject({ code: 0 });
  expect(await paused()).toEqual([true, true]);
});

test('a worker that is killed in the middle of a run is no end of it', async () => {
  const buyers = await Promise.all(Array.from({ length: 3 }, () => openQuietAccount()));
  for (const buyer of buyers) await buyUnheard(buyer, 'demo_team_month');
  const before = new Set((await shop.prisma.reconciliationRun.findMany()).map(({ id }) => id));
  const running = reconcile();
  await until(async () => {
    const runs = await shop.prisma.reconciliationRun.findMany({ where: { finishedAt: null } });
    expect(runs.some(({ id }) => !before.has(id))).toBe(true);
  });
  await own.platform.killPart('worker');
  await own.platform.startPart('worker');
  const report = await running;
  expect(report).toMatchObject({ code: 0, outcome: 'repaired', accountsDrifted: 3 });
  expect(new Set(report.drift.map(({ accountId }) => accountId))).toEqual(
    new Set(buyers.map((each) => each.accountId)),
  );
  for (const buyer of buyers) {
    expect((await shop.read(buyer)).plan.id).toBe('team');
    await shop.simulator.setDeliveries(buyer.stripeCustomerId, 'release');
  }
  expect(await reconcile()).toMatchObject({ code: 0, outcome: 'clean' });
}, 240_000);

test('a limit of calls at Stripe delays a run and loses nothing of it', async () => {
  const buyer = await openQuietAccount();
  await buyUnheard(buyer, 'demo_team_month');
  await shop.simulator.failApi(2, 429);
  const report = await reconcile();
  expect(report).toMatchObject({ code: 0, outcome: 'repaired', accountsDrifted: 1 });
  expect(report.missing.map(({ type }) => type)).toEqual(expect.arrayContaining(['invoice.paid']));
  await shop.simulator.setDeliveries(buyer.stripeCustomerId, 'release');
});

test('scenario 6: an event of a customer whom nobody knows waits, visibly, and is acted on once an account has the customer', async () => {
  const { id: stripeCustomerId } = await shop.stripe.customers.create({ name: 'Nobody yet' });
  await shop.simulator.settle(stripeCustomerId);
  const waiting = async () => (await leasehold('events', '--waiting', '--customer', stripeCustomerId)).stdout;
  expect(await waiting()).toMatch(/customer\.created +cus_\w+ +webhook +waits: no account has this customer/);
  // What waits for somebody to link it is nothing that a run has left.
  expect(await reconcile()).toMatchObject({ code: 0, outcome: 'clean' });

  const accountId = `late-${randomUUID().slice(0, 8)}`;
  await shop.prisma.user.create({ data: { id: accountId, name: 'Late', email: `${accountId}@leasehold.test` } });
  const input: SubscriptionInput = {
    accountId,
    opening: { ownerUserId: accountId, stripeCustomerId: null, workspaces: [] },
  };
  await shop.client.workflow.start(SUBSCRIPTION_WORKFLOW, {
    workflowId: subscriptionWorkflowId(accountId),
    taskQueue: SUBSCRIPTION_TASK_QUEUE,
    args: [input],
  });
  await until(async () => expect(await shop.prisma.account.count({ where: { id: accountId } })).toBe(1));
  await shop.prisma.account.update({ where: { id: accountId }, data: { stripeCustomerId } });
  await until(async () =>
    expect(await shop.prisma.stripeEvent.findFirst({ where: { customerId: stripeCustomerId } })).toMatchObject({
      accountId,
      forwardedAt: expect.any(Date),
      actedAt: expect.any(Date),
    }),
  );
  expect(await waiting()).toBe('There are none.\n');
  await workflowOf({ accountId }).terminate('a test');
  await shop.prisma.account.delete({ where: { id: accountId } });
});

test('support sees the log of an account, and replays one event of it', async () => {
  const buyer = await openQuietAccount();
  await shop.buy(buyer, 'demo_team_month');
  await shop.eventually(buyer, ({ plan }) => expect(plan.id).toBe('team'));
  const log = await leasehold('events', '--account', buyer.accountId, '--type', 'invoice.*', '--json');
  const events = JSON.parse(log.stdout) as { id: string; type: string; state: string }[];
  const paid = events.find(({ type }) => type === 'invoice.paid');
  expect(events.every(({ type }) => type.startsWith('invoice.'))).toBe(true);
  const replayed = await leasehold('events', 'replay', paid?.id ?? '');
  expect(replayed).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/acted on .*: active, version \d+, replayed once\n$/),
  });
  expect((await shop.read(buyer)).plan.id).toBe('team');
});

test('an event that never arrived is fetched for a replay; one that nobody has is refused with a sentence', async () => {
  const buyer = await openQuietAccount();
  await buyUnheard(buyer, 'demo_team_month');
  const { data } = await shop.stripe.events.list({ type: 'customer.subscription.created', limit: 20 });
  const event = data.find((each) => (each.data.object as { customer?: string }).customer === buyer.stripeCustomerId);
  const { code, stdout } = await leasehold('events', 'replay', event?.id ?? '');
  expect(stdout).toMatch(/replay +acted on/);
  expect(code).toBe(0);
  expect((await shop.read(buyer)).plan.id).toBe('team');
  await shop.simulator.setDeliveries(buyer.stripeCustomerId, 'release');

  const unknown = await leasehold('events', 'replay', 'evt_nobody_has_it');
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toMatch(/evt_nobody_has_it never arrived here, and Stripe does not have it/);
});

test('a dispute names no customer: it is found by the charge, without waiting for the clock', async () => {
  const buyer = await openQuietAccount();
  await shop.buy(buyer, 'demo_team_month');
  const { data } = await shop.stripe.charges.list({ customer: buyer.stripeCustomerId });
  const id = `evt_${randomUUID().replaceAll('-', '')}`;
  const payload = JSON.stringify({
    id,
    object: 'event',
    type: 'charge.dispute.created',
    api_version: Stripe.API_VERSION,
    created: Math.floor(Date.now() / 1_000),
    livemode: false,
    data: { object: { id: 'du_1', object: 'dispute', charge: data[0]?.id } },
  });
  const { LEASEHOLD_API_URL: api, STRIPE_WEBHOOK_SECRET: secret = '' } = own.platform.env;
  const answer = await fetch(`${api}/api/v1/webhooks/stripe`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'stripe-signature': Stripe.webhooks.generateTestHeaderString({ payload, secret }),
    },
    body: payload,
  });
  expect(answer.status).toBe(200);
  await until(async () =>
    expect(await shop.prisma.stripeEvent.findUnique({ where: { id } })).toMatchObject({
      customerId: buyer.stripeCustomerId,
      accountId: buyer.accountId,
      actedAt: expect.any(Date),
    }),
  );
});

test('operators see walks, missing events and drift as metrics', async () => {
  const { LEASEHOLD_WORKER_PORT: port } = own.platform.env;
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  expect(text).toMatch(/leasehold_reconciliation_last_walk_timestamp_seconds\{walk="accounts"\} \d+/);
  expect(text).toMatch(/leasehold_reconciliation_events_missing_total\{type="invoice.paid"\} \d+/);
  expect(text).toMatch(/leasehold_reconciliation_drift_total\{kind="plan"\} \d+/);
  expect(text).toMatch(/leasehold_reconciliation_drifted_accounts 0/);
});
