import { randomUUID } from 'node:crypto';
import { ScheduleOverlapPolicy } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ReconciliationActivities, RunInHand } from '#activities/reconciliation/contracts.ts';
import { workflowBundle } from '#worker/workflow-bundle.ts';
import {
  RECONCILE_WORKFLOW,
  RECONCILIATION_TASK_QUEUE,
  type ReconcileInput,
  type ReconciliationResult,
  SCHEDULE_IDS,
} from '#workflows/reconciliation/messages.ts';
import { openReconciliationStage, type ReconciliationStage, until } from './reconciliation.fixture.ts';

let stage: ReconciliationStage;

beforeAll(async () => {
  stage = await openReconciliationStage();
});

afterAll(async () => {
  await stage?.discard();
});

test('the two Schedules run by the clock: events every ten minutes, accounts once a day at 03:17', async () => {
  const [events, accounts] = await Promise.all(
    [SCHEDULE_IDS.events, SCHEDULE_IDS.accounts].map((id) => stage.shop.client.schedule.getHandle(id).describe()),
  );
  const [first = new Date(0), second = new Date(0)] = events?.info.nextActionTimes ?? [];
  expect(second.getTime() - first.getTime()).toBe(10 * 60_000);
  const days = accounts?.info.nextActionTimes.slice(0, 2).map((each) => each.toISOString().slice(11, 19));
  expect(days).toEqual(['03:17:00', '03:17:00']);
  expect([events, accounts].map((each) => each?.policies.overlap)).toEqual(['SKIP', 'SKIP']);
});

test('the pause switch stops a run under way, which says so; by hand it runs all the same', async () => {
  const { shop, leasehold, reconcile } = stage;
  // Stripe answers nothing, so that the run stays under way.
  await shop.simulator.failApi(100_000, 500);
  try {
    expect(await leasehold('reconcile', '--resume')).toMatchObject({ code: 0 });
    // As the clock starts it: what is triggered to run beside others is not counted among a Schedule's own.
    await shop.client.schedule.getHandle(SCHEDULE_IDS.events).trigger(ScheduleOverlapPolicy.SKIP);
    await until(async () =>
      expect(
        await shop.prisma.reconciliationRun.count({ where: { askedBy: 'schedule', finishedAt: null } }),
      ).toBeGreaterThan(0),
    );
    const paused = await leasehold('reconcile', '--pause');
    expect(paused).toMatchObject({ code: 0, stdout: expect.stringContaining('1 under way stopped.') });
    await until(async () =>
      expect(
        await shop.prisma.reconciliationRun.findFirst({
          where: { askedBy: 'schedule' },
          orderBy: { startedAt: 'desc' },
        }),
      ).toMatchObject({ outcome: 'stopped', finishedAt: expect.any(Date) }),
    );
  } finally {
    await shop.simulator.failApi(0);
  }
  expect(await reconcile()).toMatchObject({ code: 0 });
});

test('a cursor that Stripe no longer has begins the walk anew: what was missed is found', async () => {
  const { shop, reconcile, openQuietAccount, buyUnheard } = stage;
  const buyer = await openQuietAccount();
  await buyUnheard(buyer, 'demo_team_month');
  await shop.simulator.setDeliveries(buyer.stripeCustomerId, 'release');
  const id = `gone-${randomUUID()}`;
  const at = new Date(Date.now() - 2 * 3_600_000);
  await shop.prisma.reconciliationRun.deleteMany();
  await shop.prisma.reconciliationRun.create({
    data: {
      id,
      walks: ['events'],
      askedBy: 'schedule',
      startedAt: at,
      finishedAt: at,
      outcome: 'clean',
      lastEventId: 'evt_that_is_gone',
    },
  });
  const { code, outcome, missing } = await reconcile('--events');
  expect({ code, outcome }).toEqual({ code: 0, outcome: 'repaired' });
  expect(missing.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['customer.subscription.created', 'invoice.paid']),
  );
  expect((await shop.read(buyer)).plan.id).toBe('team');
  const after = await shop.prisma.reconciliationRun.findFirst({ orderBy: { startedAt: 'desc' } });
  expect(after?.lastEventId).toMatch(/^evt_(?!that_is_gone)/);
});

test('an account that can not be read is reported, is left, and keeps no other from being put right', async () => {
  const { shop, leasehold, reconcile, openQuietAccount, buyUnheard } = stage;
  const [lost, other] = [await openQuietAccount(), await openQuietAccount()];
  await shop.prisma.account.update({
    where: { id: lost.accountId },
    data: { stripeCustomerId: `cus_gone${randomUUID().slice(0, 8)}` },
  });
  await buyUnheard(other, 'demo_team_month');
  await shop.simulator.setDeliveries(other.stripeCustomerId, 'release');
  // What can't be read stays so: nobody waits three minutes for it.
  const running = leasehold('reconcile', '--accounts', '--report');
  await until(async () =>
    expect(await shop.prisma.drift.findFirst({ where: { accountId: lost.accountId } })).toMatchObject({
      kind: 'unreadable',
      repairedAt: null,
      there: expect.stringContaining('No such customer'),
    }),
  );
  await shop.eventually(other, ({ plan }) => expect(plan.id).toBe('team'));
  // Support puts the customer back.
  await shop.prisma.account.update({
    where: { id: lost.accountId },
    data: { stripeCustomerId: lost.stripeCustomerId },
  });
  const { code, stdout } = await running;
  expect(stdout).toMatch(new RegExp(`${lost.accountId}  unreadable: `));
  expect(code).toBe(0);
  expect(await reconcile('--accounts')).toMatchObject({ code: 0, outcome: 'clean' });
});

test('more than 200 accounts are walked in stretches, and the last of them as well', async () => {
  const { shop, reconcile, openQuietAccount, workflowOf } = stage;
  const { id: _, ...like } = await shop.prisma.account.findFirstOrThrow();
  // Of those who have left only the row is looked at; ids sort before the one that matters.
  const ids = Array.from({ length: 205 }, (_, index) => `a-left-${String(index).padStart(3, '0')}`);
  await shop.prisma.user.createMany({ data: ids.map((id) => ({ id, name: 'Left', email: `${id}@leasehold.test` })) });
  await shop.prisma.account.createMany({
    data: ids.map((id) => ({
      ...like,
      id,
      userId: id,
      state: like.state ?? {},
      view: like.view ?? {},
      stripeCustomerId: null,
    })),
  });
  await shop.prisma.deletedAccount.createMany({ data: ids.map((id) => ({ id, deletedAt: new Date() })) });
  const last = await openQuietAccount();
  await workflowOf(last).terminate('a test');
  const report = await reconcile('--accounts');
  expect(report.accountsCompared).toBeGreaterThan(205);
  expect(report).toMatchObject({
    code: 0,
    outcome: 'repaired',
    drift: [expect.objectContaining({ accountId: last.accountId, kind: 'workflow' })],
  });
  await shop.prisma.deletedAccount.deleteMany({ where: { id: { in: ids } } });
  await shop.prisma.account.deleteMany({ where: { id: { in: ids } } });
  await shop.prisma.user.deleteMany({ where: { id: { in: ids } } });
});

test('a walk of more stretches than one run holds goes on as new, counts all of them, and its histories replay', async () => {
  const { shop, own } = stage;
  const taskQueue = `reconciliation-${randomUUID()}`;
  const stretches = 450;
  const run: RunInHand = {
    runId: 'long',
    remaining: ['accounts'],
    events: { direction: 'older', from: null },
    lastEventId: null,
    eventsListed: 0,
    afterAccount: null,
    accountsCompared: 0,
  };
  let ended: Parameters<ReconciliationActivities['endRun']>[0] | null = null;
  let begun = 0;
  // Only how many stretches there are is made up: 90,000 accounts would take hours.
  const activities: ReconciliationActivities = {
    beginRun: async () => {
      begun += 1;
      return run;
    },
    compareAccounts: async ({ after }) => {
      const stretch = Number(after ?? 0) + 1;
      return { compared: 200, next: stretch < stretches ? String(stretch) : null };
    },
    walkEvents: async () => ({ listed: 0, next: null, lastEventId: null }),
    findCustomers: async () => undefined,
    checkRepairs: async () => ({ accounts: 0, events: 0 }),
    endRun: async (input) => {
      ended = input;
      const { runId, eventsListed, accountsCompared } = input.run;
      return {
        ...{ runId, eventsListed, accountsCompared, eventsMissing: 0, accountsDrifted: 0 },
        ...input.left,
        outcome: 'clean',
      };
    },
  };
  const codePath = await workflowBundle();
  const connection = await NativeConnection.connect({ address: own.platform.env.TEMPORAL_ADDRESS ?? '' });
  const worker = await Worker.create({
    connection,
    namespace: own.platform.env.TEMPORAL_NAMESPACE ?? '',
    taskQueue,
    workflowBundle: { codePath },
    activities: { ...activities },
  });
  const workflowId = `reconcile-long-${randomUUID()}`;
  const input: ReconcileInput = { walks: ['accounts'], askedBy: 'person' };
  const result = (await worker.runUntil(
    shop.client.workflow.execute(RECONCILE_WORKFLOW, { workflowId, taskQueue, args: [input] }),
  )) as ReconciliationResult;
  await connection.close();
  expect(result).toMatchObject({ outcome: 'clean', accountsCompared: stretches * 200 });
  expect(begun).toBe(1);
  expect(ended).toMatchObject({ ended: 'done', run: { runId: 'long', remaining: [] } });

  const runIds: string[] = [];
  await until(async () => {
    runIds.length = 0;
    for await (const each of shop.client.workflow.list({ query: `WorkflowId = '${workflowId}'` }))
      runIds.push(each.runId);
    expect(runIds).toHaveLength(3);
  });
  for (const runId of runIds) {
    const history = await shop.client.workflow.getHandle(workflowId, runId).fetchHistory();
    await Worker.runReplayHistory({ workflowBundle: { codePath } }, history, workflowId);
  }
}, 180_000);

test('what the clock and people have started replays with the code of today', async () => {
  const { shop } = stage;
  const codePath = await workflowBundle();
  let replayed = 0;
  for await (const { workflowId, runId } of shop.client.workflow.list({
    query: `TaskQueue = '${RECONCILIATION_TASK_QUEUE}'`,
  })) {
    const history = await shop.client.workflow.getHandle(workflowId, runId).fetchHistory();
    await Worker.runReplayHistory({ workflowBundle: { codePath } }, history, workflowId);
    replayed += 1;
  }
  expect(replayed).toBeGreaterThan(4);
}, 120_000);
