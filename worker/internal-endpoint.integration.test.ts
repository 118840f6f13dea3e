import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { LiveWorkspace } from '#activities/contracts.ts';
import { createConvergeWorkspace } from '#activities/workspaces/converge-workspace.ts';
import { createDockerClient } from '#activities/workspaces/docker-client.ts';
import { createLogger } from '#telemetry/logger.ts';
import { createInternalEndpoint } from './internal-endpoint.ts';
import { createLiveSampler } from './live-sampler.ts';

const env = inject('platformEnv');
const docker = createDockerClient(env.DOCKER_HOST ?? '');
const log = createLogger('test', 'silent');
const internalToken = randomUUID();
const place = { hostId: 'test', installation: `test-${randomUUID().slice(0, 8)}`, internalToken };
const workspaceId = `ws-${randomUUID().slice(0, 8)}`;
const size = { memoryMb: 192, cpuPercent: 50, storageMb: 1024 };
const sampler = createLiveSampler({ docker, log });
const endpoint = createInternalEndpoint({ ...place, docker, sampler, log, isKnown: async (id) => id === workspaceId });
const converge = createConvergeWorkspace({
  ...place,
  docker,
  readDesiredGeneration: async () => 1,
  image: env.LEASEHOLD_WORKSPACE_IMAGE ?? '',
  capacity: { memoryMb: 4096, cpuPercent: 200 },
  subnetPool: '10.203.0.0/16',
  log,
});

function become(state: 'running' | 'stopped' | 'deleted') {
  return converge({
    accountId: 'acc_1',
    workspaceId,
    generation: 1,
    desired: { state, size },
    now: '2026-01-01T00:00:00.000Z',
  });
}

function ask(path: string, { token = internalToken, body }: { token?: string; body?: unknown } = {}) {
  return endpoint.request(path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
}

beforeAll(() => become('running'));
afterAll(async () => {
  sampler.stop();
  await become('deleted');
});

test('live figures are those of the container, with its limits', async () => {
  const live = async () => (await (await ask(`/workspaces/${workspaceId}/live`)).json()) as LiveWorkspace;
  await expect
    .poll(live, { timeout: 15_000 })
    .toMatchObject({ status: 'running', memoryLimitMb: 192, cpuLimitPercent: 50 });
  await expect.poll(async () => (await live()).cpuPercent, { timeout: 10_000 }).toBeGreaterThan(0);
  const { memoryUsedMb, cpuPercent } = await live();
  expect(memoryUsedMb).toBeGreaterThan(10);
  expect(memoryUsedMb).toBeLessThan(192);
  expect(cpuPercent).toBeLessThan(70);
  await expect.poll(async () => (await live()).health, { timeout: 20_000 }).toBe('healthy');
});

test('a message goes to the gateway and its answer comes back', async () => {
  const answer = await ask(`/workspaces/${workspaceId}/messages`, {
    body: { plugin: 'echo', payload: { a: [1, null, 'ü'] } },
  });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({
    plugin: 'echo',
    result: { a: [1, null, 'ü'] },
    durationMs: expect.any(Number),
    executionId: expect.any(String),
  });
});

test('a message that the workspace refuses says why', async () => {
  const unknown = await ask(`/workspaces/${workspaceId}/messages`, { body: { plugin: 'nope', payload: 1 } });
  expect(unknown.status).toBe(422);
  expect(await unknown.json()).toMatchObject({
    gatewayCode: 'PLUGIN_NOT_FOUND',
    detail: expect.stringContaining('echo, word-count'),
  });
  const failing = await ask(`/workspaces/${workspaceId}/messages`, { body: { plugin: 'word-count', payload: null } });
  expect(failing.status).toBe(422);
  expect((await ask(`/workspaces/${workspaceId}/messages`, { body: [] })).status).toBe(400);
  expect(
    (await ask(`/workspaces/${workspaceId}/messages`, { body: { plugin: 'echo', payload: 'x'.repeat(2 << 20) } }))
      .status,
  ).toBe(413);
});

test('without the token nothing is told, not even whether a workspace exists', async () => {
  for (const path of [`/workspaces/${workspaceId}/live`, '/workspaces/unknown/live']) {
    const answer = await ask(path, { token: 'wrong' });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  }
});

test('a workspace that nobody knows is not found, also under a name that is none', async () => {
  for (const id of ['unknown', encodeURIComponent('../json'), '%00']) {
    expect((await ask(`/workspaces/${id}/live`)).status).toBe(404);
    expect((await ask(`/workspaces/${id}/messages`, { body: { plugin: 'echo', payload: 1 } })).status).toBe(404);
  }
});

test('a stopped workspace is shown as stopped and takes no message', async () => {
  await become('stopped');
  const live = async () => (await ask(`/workspaces/${workspaceId}/live`)).json();
  await expect
    .poll(live)
    .toMatchObject({ status: 'stopped', uptimeSeconds: 0, memoryUsedMb: 0, cpuPercent: 0, health: 'none' });
  const answer = await ask(`/workspaces/${workspaceId}/messages`, { body: { plugin: 'echo', payload: 1 } });
  expect(answer.status).toBe(409);
  await become('running');
});

test('readiness tells what fails', async () => {
  expect((await endpoint.request('/ready')).status).toBe(200);
  const gone = createInternalEndpoint({
    ...place,
    docker: createDockerClient('unix:///nonexistent/docker.sock'),
    sampler,
    log,
    isKnown: async () => true,
  });
  const answer = await gone.request('/ready');
  expect(answer.status).toBe(503);
  expect(await answer.json()).toEqual({ ready: false, checks: { docker: 'failed' } });
  expect(
    (await gone.request(`/workspaces/${workspaceId}/live`, { headers: { authorization: `Bearer ${internalToken}` } }))
      .status,
  ).toBe(503);
});
