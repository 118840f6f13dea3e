import { randomUUID } from 'node:crypto';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Stage } from '#stories/stage.ts';
import { until } from '#stories/until.ts';
import { WorkspaceProbe } from '#stories/workspace-probe.ts';
import { workflowBundle } from '#worker/workflow-bundle.ts';
import { grantOverride, startFreshRun } from '#workflows/subscription/messages.ts';
import { openOwnedStage, type Send } from './owned-stage.fixture.ts';

const TIMEOUT_MS = 60_000;
const SIZE = { memoryMb: 256, cpuPercent: 50, storageMb: 1024 };
const KEY = 'second-workspace';
let stage: Stage;
let send: Send;
let second: string;
let firstRun: string;

beforeAll(async () => {
  ({ stage, send } = await openOwnedStage());
});

afterAll(async () => {
  await stage?.close();
});

async function create(name: string, { key = randomUUID() as string, size = SIZE } = {}) {
  const answer = await send('POST', `/api/v1/accounts/${stage.customer.accountId}/workspaces`, {
    body: { name, size },
    headers: { 'idempotency-key': key },
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

function probe(workspaceId: string): WorkspaceProbe {
  const { docker, prisma, platform } = stage;
  const { LEASEHOLD_INSTALLATION: installation = '', LEASEHOLD_INTERNAL_TOKEN: internalToken = '' } = platform.env;
  return new WorkspaceProbe({ docker, prisma, workspaceId, installation, internalToken });
}

async function containers(): Promise<number> {
  const label = [`leasehold.account=${stage.customer.accountId}`];
  return (await stage.docker.listContainers({ all: true, filters: { label } })).length;
}

async function volumes(): Promise<string[]> {
  const label = [`leasehold.account=${stage.customer.accountId}`];
  return (await stage.docker.listVolumes({ filters: { label } })).Volumes.map((each) => each.Name);
}

test('one workspace more than the plan allows is refused with both numbers, and nothing is made', async () => {
  expect(await create('second')).toMatchObject({
    status: 403,
    body: {
      code: 'plan-limit',
      detail: expect.stringContaining('The plan Team allows 1 workspace; you have 1.'),
      limit: 'workspaces',
      used: 1,
      max: 1,
    },
  });
  expect(await containers()).toBe(1);
});

test('one that is allowed runs, with its share of the pool; sent three times it is one', async () => {
  const { client, customer, driver, workspace } = stage;
  const pool = { workspaces: 1, memoryMb: 256, cpuPercent: 50, storageMb: 1024 };
  await client.workflow.getHandle(driver.workflowId).executeUpdate(grantOverride, {
    args: [{ commandId: 'more', override: { id: 'more', reason: 'A second workspace.', pool, until: null } }],
  });
  await driver.settle();
  expect(await workspace.container()).toMatchObject({ memoryMb: 768 });

  const answers = await Promise.all([create('second', { key: KEY }), create('second', { key: KEY })]);
  answers.push(await create('second', { key: KEY }));
  expect(answers.map((each) => each.status)).toEqual([202, 202, 202]);
  expect(new Set(answers.map((each) => `${each.body.workspaceId} ${each.body.version}`)).size).toBe(1);
  second = String(answers[0]?.body.workspaceId);
  await driver.settle();
  expect(await probe(second).container()).toMatchObject({ status: 'running', memoryMb: 256, cpus: 0.5 });
  expect(await workspace.container()).toMatchObject({ status: 'running', memoryMb: 512 });
  expect(await containers()).toBe(2);
  expect(await probe(second).message('echo', { say: 'hello' })).toMatchObject({ say: 'hello' });
  const stored = await stage.prisma.workspace.findUniqueOrThrow({ where: { id: second } });
  expect(stored).toMatchObject({ accountId: customer.accountId, name: 'second', observedState: 'running' });
});

test('the next one is too many again', async () => {
  expect(await create('third')).toMatchObject({ status: 403, body: { limit: 'workspaces', used: 2, max: 2 } });
  expect(await create('second')).toMatchObject({ status: 409, body: { code: 'workspace-name-taken' } });
  expect(await containers()).toBe(2);
});

test('a fresh run goes on with it: it follows its owner, and the same key still makes no other', async () => {
  const handle = stage.client.workflow.getHandle(stage.driver.workflowId);
  firstRun = (await handle.describe()).runId;
  await handle.signal(startFreshRun);
  await until('a fresh run', TIMEOUT_MS, async () => (await handle.describe()).runId !== firstRun);
  expect((await create('second', { key: KEY })).body.workspaceId).toBe(second);
  expect((await send('POST', `/api/v1/workspaces/${second}/stop`)).status).toBe(202);
  await stage.driver.settle();
  expect((await probe(second).container()).status).toBe('exited');
  expect((await send('POST', `/api/v1/workspaces/${second}/start`)).status).toBe(202);
  await stage.driver.settle();
  expect((await probe(second).container()).status).toBe('running');
  expect(await containers()).toBe(2);
});

test('deleted at once: its container and its data are gone, its share goes back, and its place can be taken', async () => {
  expect((await send('DELETE', `/api/v1/workspaces/${second}?immediately=true`)).status).toBe(202);
  await stage.driver.settle();
  expect(await containers()).toBe(1);
  expect(await volumes()).toEqual([stage.workspace.name]);
  expect(await stage.workspace.container()).toMatchObject({ status: 'running', memoryMb: 768 });
  const stored = await stage.prisma.workspace.findUniqueOrThrow({ where: { id: second } });
  expect(stored).toMatchObject({ desiredState: 'deleted', observedState: 'absent', containerId: null });
  expect((await send('POST', `/api/v1/workspaces/${second}/start`)).status).toBe(409);

  const again = await create('second');
  expect(again.status).toBe(202);
  await stage.driver.settle();
  expect((await probe(String(again.body.workspaceId)).container()).status).toBe('running');
  expect((await send('DELETE', `/api/v1/workspaces/${again.body.workspaceId}?immediately=true`)).status).toBe(202);
  await stage.driver.settle();
  expect(await containers()).toBe(1);
});

test('both runs can be replayed: what came later is tended in the same order', async () => {
  const codePath = await workflowBundle();
  const { driver, client } = stage;
  for (const runId of [firstRun, undefined]) {
    const history = await client.workflow.getHandle(driver.workflowId, runId).fetchHistory();
    await Worker.runReplayHistory({ workflowBundle: { codePath } }, history, driver.workflowId);
  }
});
