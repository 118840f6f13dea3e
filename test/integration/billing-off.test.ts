import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createDockerClient } from '#activities/workspaces/docker-client.ts';
import type { AccountAnswer } from '#api/answers.ts';
import { DEMO_ACCOUNT_ID, DEMO_EMAIL } from '#platform/demo-customer.ts';
import { examine } from '#platform/doctor.ts';
import { type Platform, startPlatform } from '#platform/start.ts';
import { createPrisma, type PrismaClient } from '#prisma/client.ts';
import { WorkspaceProbe } from '#stories/workspace-probe.ts';
import { platformEnv } from '#test/lane.ts';
import { onSharedEngines } from '#test/shared-engines.ts';
import { discardPlatform, makeStateFolder } from '#test/throwaway-platform.ts';
import { connectTemporal } from '#workflows/connection.ts';
import {
  RECONCILE_WORKFLOW,
  RECONCILIATION_TASK_QUEUE,
  type ReconcileInput,
  SCHEDULE_IDS,
} from '#workflows/reconciliation/messages.ts';
import { grantOverride, linkCustomer, subscriptionWorkflowId } from '#workflows/subscription/messages.ts';

vi.setConfig({ testTimeout: 300_000 });

/** Docker needs seconds; a busy machine more. */
const SETTLE = { timeout: 120_000, interval: 100 };
/** Of pino's levels. */
const WARNING = 40;
const SIZE = { memoryMb: 256, cpuPercent: 50, storageMb: 1024 };
const stateDir = makeStateFolder();
let platform: Platform;
let prisma: PrismaClient;
let client: Client;
let cookie: string;

beforeAll(async () => {
  platform = await startPlatform({
    stateDir,
    ports: 'free',
    without: ['simulator', 'temporal-ui'],
    ...(await onSharedEngines(platformEnv())),
    onNotice: (sentence) => process.stderr.write(`${sentence}\n`),
  });
  prisma = createPrisma(setting('DATABASE_URL'), { maxConnections: 2 });
  client = await connectTemporal(platform.env);
  cookie = await signIn();
});
afterAll(async () => {
  await client?.connection.close();
  await prisma?.$disconnect();
  if (platform) await discardPlatform(platform, stateDir);
});

function setting(name: string): string {
  const value = platform.env[name];
  if (!value) throw new Error(`The platform has no ${name}.`);
  return value;
}

async function signIn(): Promise<string> {
  const body = { email: DEMO_EMAIL, password: setting('LEASEHOLD_DEMO_PASSWORD') };
  const answer = await send('POST', '/api/auth/sign-in/email', body);
  const session = answer.headers.getSetCookie()[0]?.split(';')[0];
  if (!session) throw new Error(`No session: ${answer.status} ${await answer.text()}`);
  return session;
}

function send(method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(`${setting('LEASEHOLD_API_URL')}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      origin: setting('LEASEHOLD_WEB_ORIGIN'),
      'idempotency-key': randomUUID(),
      ...(cookie ? { cookie } : {}),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function account(): Promise<AccountAnswer> {
  return (await send('GET', `/api/v1/accounts/${DEMO_ACCOUNT_ID}`)).json() as Promise<AccountAnswer>;
}

/** Waits until a workspace is as its account and as Docker have it. */
async function eventually(workspaceId: string, status: 'running' | 'stopped'): Promise<void> {
  const probe = new WorkspaceProbe({
    docker: createDockerClient(setting('DOCKER_HOST')),
    prisma,
    workspaceId,
    installation: setting('LEASEHOLD_INSTALLATION'),
    internalToken: setting('LEASEHOLD_INTERNAL_TOKEN'),
  });
  await vi.waitFor(async () => {
    expect((await account()).workspaces).toContainEqual(expect.objectContaining({ id: workspaceId, status }));
    expect((await probe.container()).status).toBe(status === 'running' ? 'running' : 'exited');
  }, SETTLE);
}

/** The worker's warnings and errors that speak of billing. */
function complaints(): string[] {
  const lines = readFileSync(join(stateDir, 'logs', 'worker.log'), 'utf8').split('\n');
  return lines.flatMap((line) => {
    const at = line.indexOf('{"level"');
    const { level, msg } =
      at < 0 ? { level: 0, msg: '' } : (JSON.parse(line.slice(at)) as { level: number; msg: string });
    return level >= WARNING && /stripe|billing/i.test(msg) ? [msg] : [];
  });
}

test('the account lives on the free plan, and its workspaces are created, stopped and started', async () => {
  const { workspaces, plan, standing } = await account();
  expect({ plan: plan.id, standing }).toEqual({ plan: 'hobby', standing: 'free' });
  await eventually(workspaces[0]?.id ?? '', 'running');
  const pool = { workspaces: 1, ...SIZE };
  await client.workflow.getHandle(subscriptionWorkflowId(DEMO_ACCOUNT_ID)).executeUpdate(grantOverride, {
    args: [{ commandId: 'more', override: { id: 'more', reason: 'A second workspace.', pool, until: null } }],
  });
  const path = `/api/v1/accounts/${DEMO_ACCOUNT_ID}/workspaces`;
  const created = await send('POST', path, { name: 'second', size: SIZE });
  expect(created.status).toBe(202);
  const { workspaceId } = (await created.json()) as { workspaceId: string };
  await eventually(workspaceId, 'running');
  expect((await send('POST', `/api/v1/workspaces/${workspaceId}/stop`)).status).toBe(202);
  await eventually(workspaceId, 'stopped');
  expect((await send('POST', `/api/v1/workspaces/${workspaceId}/start`)).status).toBe(202);
  await eventually(workspaceId, 'running');
});

test('who wants to buy or pay is told that billing is off, and what to set', async () => {
  const billing = `/api/v1/accounts/${DEMO_ACCOUNT_ID}/billing`;
  const asked = await Promise.all([
    send('POST', `${billing}/checkout`, { planId: 'team' }),
    send('POST', `${billing}/portal`, {}),
    send('GET', `${billing}/invoices`),
    send('POST', '/api/v1/webhooks/stripe', {}),
  ]);
  for (const answer of asked) {
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      code: 'billing-off',
      detail: expect.stringContaining('STRIPE_SECRET_KEY'),
    });
  }
  expect(await (await send('GET', '/health')).json()).toMatchObject({ billing: { on: false } });
  expect((await account()).billingIsOn).toBe(false);
});

test('the account’s page says so', async () => {
  const page = await fetch(`${setting('LEASEHOLD_WEB_ORIGIN')}/accounts/${DEMO_ACCOUNT_ID}`, { headers: { cookie } });
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('Billing is off');
});

test('doctor says so', async () => {
  const checks = await examine(stateDir, { ...process.env, ...platform.env });
  expect(checks).toContainEqual(
    expect.objectContaining({ name: 'stripe', detail: expect.stringContaining('billing is off') }),
  );
});

test('it is said once in the worker’s log, and nothing complains again and again', () => {
  expect(complaints()).toEqual([expect.stringContaining('billing is off')]);
});

test('nothing is reconciled, and a reconciliation by hand says why', async () => {
  for (const id of Object.values(SCHEDULE_IDS)) {
    await expect(client.schedule.getHandle(id).describe()).rejects.toThrow();
  }
  const input: ReconcileInput = { walks: ['accounts', 'events'], askedBy: 'person' };
  const run = client.workflow.execute(RECONCILE_WORKFLOW, {
    workflowId: `by-hand-${randomUUID()}`,
    taskQueue: RECONCILIATION_TASK_QUEUE,
    args: [input],
  });
  await expect(run).rejects.toMatchObject({ cause: { message: expect.stringContaining('Billing is off') } });
});

test('an account that has a customer at Stripe stays as it was, and its workspaces follow their owner', async () => {
  const workflow = client.workflow.getHandle(subscriptionWorkflowId(DEMO_ACCOUNT_ID));
  await workflow.executeUpdate(linkCustomer, { args: [{ commandId: 'link', stripeCustomerId: 'cus_of_before' }] });
  await vi.waitFor(() => expect(complaints().some((each) => each.includes('read Stripe'))).toBe(true), SETTLE);
  const { workspaces, plan } = await account();
  expect(plan.id).toBe('hobby');
  const id = workspaces[0]?.id ?? '';
  expect((await send('POST', `/api/v1/workspaces/${id}/stop`)).status).toBe(202);
  await eventually(id, 'stopped');
  expect((await send('POST', `/api/v1/workspaces/${id}/start`)).status).toBe(202);
  await eventually(id, 'running');
  // It waits twice as long each time.
  expect(complaints().length).toBeLessThan(10);
});
