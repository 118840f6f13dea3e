import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { AccountState } from '#domain/account-state.ts';
import { examineAccounts } from '#platform/doctor-accounts.ts';
import { describeSuspects } from '#support/failing-workflows.ts';
import {
  billingHints,
  closeAccount,
  keepAccount,
  liftHold,
  placeHold,
  SUBSCRIPTION_TASK_QUEUE,
  SUBSCRIPTION_WORKFLOW,
  type SubscriptionInput,
  subscriptionWorkflowId,
} from '#workflows/subscription/messages.ts';
import { startWedgedPlatform, type WedgedPlatform } from './wedged-platform.fixture.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 180_000 });

const SETTLE = { timeout: 120_000, interval: 200 };
/** What is promised. */
const NOTICED = { timeout: 60_000, interval: 500 };
const POISONED = `poisoned-${randomUUID().slice(0, 8)}`;
const THROWING = `throwing-${randomUUID().slice(0, 8)}`;
const WORKSPACE = `${POISONED}-main`;
let stage: WedgedPlatform;

beforeAll(async () => {
  stage = await startWedgedPlatform();
});
afterAll(() => stage?.discard());

async function open(accountId: string, stripeCustomerId: string | null, workspaces: string[]): Promise<void> {
  await stage.prisma.user.create({ data: { id: accountId, name: 'A customer', email: `${accountId}@leasehold.test` } });
  const hostId = stage.handle.env.LEASEHOLD_HOST_ID ?? '';
  const input: SubscriptionInput = {
    accountId,
    opening: {
      ownerUserId: accountId,
      stripeCustomerId,
      workspaces: workspaces.map((id) => ({ id, name: id, hostId })),
    },
  };
  await stage.client.workflow.start(SUBSCRIPTION_WORKFLOW, {
    workflowId: subscriptionWorkflowId(accountId),
    taskQueue: SUBSCRIPTION_TASK_QUEUE,
    args: [input],
  });
}

const workflow = (accountId: string) => stage.client.workflow.getHandle(subscriptionWorkflowId(accountId));

async function stored(accountId: string) {
  const row = await stage.prisma.account.findUniqueOrThrow({ where: { id: accountId } });
  return { ...row, state: row.state as unknown as AccountState };
}

async function eventuallyObserved(state: 'running' | 'stopped'): Promise<void> {
  await vi.waitFor(async () => {
    const row = await stage.prisma.workspace.findUnique({ where: { id: WORKSPACE } });
    expect(row).toMatchObject({ observedState: state, desiredState: state });
  }, SETTLE);
}

/** Keeps saves of an account waiting while `use` runs. */
async function whileUnsaved(accountId: string, use: () => Promise<void>): Promise<void> {
  await stage.prisma.$transaction(
    async (tx) => {
      await tx.$queryRaw`SELECT id FROM account WHERE id = ${accountId} FOR UPDATE`;
      await use();
    },
    { timeout: 60_000 },
  );
}

const kept = ({ holds, closing, outbox, workspaces, overrides }: AccountState) => ({
  holds,
  closing,
  outbox,
  overrides,
  workspaces: workspaces.map(({ id, ownerWants, desired, allocation }) => ({ id, ownerWants, desired, allocation })),
});

async function text(url: string | undefined, path: string): Promise<string> {
  return (await fetch(`${url}${path}`)).text();
}

const workerUrl = () => `http://127.0.0.1:${stage.handle.env.LEASEHOLD_WORKER_PORT}`;
const apiUrl = () => stage.handle.env.LEASEHOLD_API_URL;

test('an account that a deployed version wedges is reported in a minute, and comes back with all that it had', async () => {
  // An account with a hold, an owner's wish, a deadline ahead and a mail that can't be sent.
  const customer = await stage.stripe.customers.create({ email: `${POISONED}@leasehold.test` });
  await Promise.all([open(POISONED, customer.id, [WORKSPACE]), open(THROWING, null, [])]);
  await eventuallyObserved('running');
  const hold = { commandId: 'ticket-1/hold', hold: 'admin', reason: 'We look into it.' } as const;
  const held = await workflow(POISONED).executeUpdate(placeHold, { args: [hold] });
  await eventuallyObserved('stopped');
  await workflow(POISONED).executeUpdate(closeAccount, { args: [{ commandId: 'owner-1/close' }] });
  await vi.waitFor(async () => {
    const { state, nextDeadline } = await stored(POISONED);
    expect(state.outbox).toContainEqual(expect.objectContaining({ template: 'account-closing' }));
    expect(state.closing?.deleteAt).toBeTruthy();
    expect(nextDeadline?.toISOString()).toBe(state.closing?.deleteAt);
    expect(await stage.prisma.stripeEvent.count({ where: { customerId: customer.id, actedAt: null } })).toBe(0);
  }, SETTLE);

  // A hold that was accepted and could not be saved any more, and an event that was accepted while no worker ran.
  await whileUnsaved(POISONED, async () => {
    await workflow(POISONED).executeUpdate(placeHold, {
      args: [{ commandId: 'ticket-2/hold', hold: 'quota', reason: 'Too much of it.' }],
      updateId: 'ticket-2/hold',
    });
    await stage.handle.killPart('worker');
  });
  await stage.stripe.customers.update(customer.id, { name: 'Another name' });
  await vi.waitFor(async () => {
    const where = { customerId: customer.id, actedAt: null, forwardedAt: { not: null } };
    expect(await stage.prisma.stripeEvent.count({ where })).toBe(1);
  }, SETTLE);
  const before = kept((await stored(POISONED)).state);
  expect(before.holds.map(({ name }) => name).sort()).toEqual(['admin', 'closing']);

  // The deployed version can't follow the one's history, and throws for the other. Beside it: what is late, and what was set aside.
  await stage.prisma
    .$executeRaw`UPDATE stripe_event SET received_at = now() - interval '6 minutes' WHERE customer_id = ${customer.id}`;
  await stage.prisma
    .$executeRaw`UPDATE account SET next_deadline = saved_at - interval '6 minutes' WHERE id = ${THROWING}`;
  const note = {
    id: randomUUID(),
    accountId: THROWING,
    what: 'text',
    about: '/holds/0',
    reason: '22021: <script>alert(1)</script>',
  };
  await stage.prisma.setAside.create({ data: { ...note, content: '"\\u0000"' } });
  await stage.deploy('throwing');
  await workflow(THROWING).signal(billingHints, [{ eventId: 'ticket-3', type: 'support.look' }]);
  const counts = { 'workflow-task-fails': 2, 'workflow-gone': 0, overdue: 1, 'event-not-acted-on': 1, 'set-aside': 1 };
  await vi.waitFor(async () => {
    const figures = await text(workerUrl(), '/metrics');
    for (const [kind, count] of Object.entries(counts))
      expect(figures).toContain(`leasehold_accounts_in_trouble{kind="${kind}"} ${count}\n`);
    expect(figures).toMatch(/leasehold_workflow_task_failures_total [1-9]/);
    expect(JSON.parse(await text(workerUrl(), '/ready'))).toMatchObject({ ready: true, accountsInTrouble: counts });
    const ready = JSON.parse(await text(apiUrl(), '/ready'));
    expect(ready).toMatchObject({ ready: true, degraded: true, accountsInTrouble: counts });
    expect(JSON.stringify(ready)).not.toContain(POISONED);
    for (const accountId of [POISONED, THROWING])
      expect(stage.logged()).toContainEqual(
        expect.objectContaining({ msg: 'an account is in trouble', kind: 'workflow-task-fails', accountId }),
      );
    const checks = await examineAccounts(stage.handle.env);
    expect(checks).toHaveLength(4);
    expect(checks[0]).toMatchObject({ name: 'accounts', finding: 'missing' });
    expect(checks[0]?.waysOut).toContain(`bin/leasehold account repair ${POISONED}`);
    expect(checks[0]?.waysOut).toContain('non-determinism');
    const page = await text(apiUrl(), '/support');
    expect(page).toContain(POISONED);
    expect(page).toContain(THROWING);
    expect(page).not.toContain('<script>');
  }, NOTICED);

  // On a server that does not mark such workflows, those that something else speaks for are described.
  const { found } = await describeSuspects(stage.client, [POISONED, 'nobody']);
  expect(found).toEqual([expect.objectContaining({ kind: 'workflow-task-fails', accountId: POISONED })]);

  const shown = await stage.leasehold('account', 'show', POISONED);
  expect(shown).toMatchObject({ code: 0, output: expect.stringMatching(/Its task fails.*non-determinism/) });
  expect(shown.output).toMatch(/Holds: +admin, closing|Holds: +closing, admin/);

  // The history stays poisoned, whatever is deployed: the account comes back in a fresh run.
  const dry = await stage.leasehold('account', 'repair', POISONED, '--dry-run');
  expect(dry).toMatchObject({ code: 1, output: expect.stringContaining('placeHold (ticket-2/hold)') });
  expect(kept((await stored(POISONED)).state)).toEqual(before);
  const repairs = await Promise.all([1, 2].map(() => stage.leasehold('account', 'repair', POISONED)));
  expect(repairs.map(({ code }) => code)).toEqual([0, 0]);
  const [first, second] = repairs.map(({ output }) => output).sort((a, b) => b.length - a.length);
  expect(first).toContain('events that were not acted on, 1;');
  expect(first).toContain('placeHold (ticket-2/hold) is recorded again');
  expect(first).toContain('Lost: nothing.');
  expect(second).toContain('Its workflow is well');
  await vi.waitFor(async () => {
    const { state, nextDeadline } = await stored(POISONED);
    const { holds, ...rest } = kept(state);
    expect(holds).toEqual([...before.holds, expect.objectContaining({ name: 'quota', reason: 'Too much of it.' })]);
    expect(rest).toEqual({ ...before, holds: undefined });
    expect(nextDeadline?.toISOString()).toBe(before.closing?.deleteAt);
    expect(await stage.prisma.stripeEvent.count({ where: { customerId: customer.id, actedAt: null } })).toBe(0);
  }, SETTLE);

  // It acts again: a command that is repeated is known, holds are lifted and carried out.
  expect(await workflow(POISONED).executeUpdate(placeHold, { args: [hold] })).toEqual(held);
  await workflow(POISONED).executeUpdate(keepAccount, { args: [{ commandId: 'owner-2/keep' }] });
  for (const name of ['admin', 'quota'] as const)
    await workflow(POISONED).executeUpdate(liftHold, { args: [{ commandId: `ticket-4/${name}`, hold: name }] });
  await eventuallyObserved('running');
  await workflow(POISONED).executeUpdate(placeHold, { args: [{ ...hold, commandId: 'ticket-5/hold' }] });
  await eventuallyObserved('stopped');
  await vi.waitFor(
    () =>
      expect(stage.logged()).toContainEqual(
        expect.objectContaining({ msg: 'the trouble of an account is over', accountId: POISONED }),
      ),
    SETTLE,
  );
});

test('a repair while the code throws says so and loses nothing; mended code carries the account on by itself', async () => {
  const failed = await stage.leasehold('account', 'repair', THROWING);
  expect(failed).toMatchObject({ code: 1, output: expect.stringContaining('A fault of the code that was deployed.') });
  expect(failed.output).toContain('Nothing is lost');
  await stage.deploy('ordinary');
  await vi.waitFor(async () => {
    expect(await stage.leasehold('account', 'repair', THROWING)).toMatchObject({ code: 0 });
  }, SETTLE);
  expect((await stage.leasehold('account', 'settle', THROWING)).code).toBe(0);
  await vi.waitFor(async () => {
    expect(await examineAccounts(stage.handle.env)).toEqual([
      { name: 'accounts', finding: 'ok', detail: 'none is in trouble' },
    ]);
  }, SETTLE);
});

test('a repair begins a workflow that is gone, leaves one that is well alone, and names an id that nobody knows', async () => {
  await workflow(THROWING).terminate('a test');
  await vi.waitFor(async () => {
    const checks = await examineAccounts(stage.handle.env);
    expect(checks).toEqual([
      expect.objectContaining({ finding: 'missing', waysOut: expect.stringContaining(`account repair ${THROWING}`) }),
    ]);
  }, NOTICED);
  const begun = await stage.leasehold('account', 'repair', THROWING);
  expect(begun).toMatchObject({ code: 0, output: expect.stringContaining('No workflow runs for it') });
  const { runId } = await workflow(THROWING).describe();
  expect(await stage.leasehold('account', 'repair', THROWING)).toMatchObject({ code: 0 });
  expect((await workflow(THROWING).describe()).runId).toBe(runId);
  for (const verb of ['repair', 'show'])
    expect(await stage.leasehold('account', verb, 'nobody')).toMatchObject({
      code: 1,
      output: expect.stringContaining('There is no account nobody'),
    });
});
