import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LiveWorkspace } from '#activities/contracts.ts';
import { createConvergeWorkspace } from '#activities/workspaces/converge-workspace.ts';
import { createDockerClient } from '#activities/workspaces/docker-client.ts';
import { createLogger } from '#telemetry/logger.ts';
import { platformEnv } from '#test/lane.ts';
import { createInternalEndpoint } from './internal-endpoint.ts';
import { createLiveSampler } from './live-sampler.ts';

const env = platformEnv();
const docker = createDockerClient(env.DOCKER_HOST ?? '');
const log = createLogger('test', 'silent');
const internalToken = randomUUID();
const place = { hostId: 'test', installation: `test-${randomUUID().slice(0, 8)}`, internalToken };
const workspaceId = `ws-${randomUUID().slice(0, 8)}`;
const size = { memoryMb: 192, cpuPercent: 50, storageMb: 1024 };
const sampler = createLiveSampler({ docker, log });
const patientDocker = createDockerClient(env.DOCKER_HOST ?? '', { silenceMs: 0 });
const endpoint = createInternalEndpoint({
  ...place,
  docker,
  patientDocker,
  sampler,
  log,
  isKnown: async (id) => id === workspaceId,
});
const converge = createConvergeWorkspace({
  ...place,
  docker,
  readDesiredGeneration: async () => 1,
  image: env.LEASEHOLD_WORKSPACE_IMAGE ?? '',
  capacity: { memoryMb: 4096, cpuPercent: 200 },
  subnetPool: '10.203.0.0/16',
  recordIncident: async () => {},
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

interface Line {
  at: string;
  stream: string;
  text: string;
}

async function logLines(query: string): Promise<Line[]> {
  const answer = await ask(`/workspaces/${workspaceId}/logs?${query}`);
  expect(answer.status).toBe(200);
  const lines = (await answer.text()).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Line);
}

test('whoever watches gets figures about once a second, and the stream ends with them', async () => {
  const answer = await ask(`/workspaces/${workspaceId}/live/stream`);
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  const seen: LiveWorkspace[] = [];
  const began = Date.now();
  while (seen.length < 4) {
    const { value } = (await reader?.read()) ?? {};
    if (value?.trim()) seen.push(JSON.parse(value) as LiveWorkspace);
  }
  await reader?.cancel();
  expect(Date.now() - began).toBeLessThan(10_000);
  expect(seen.at(-1)).toMatchObject({ status: 'running', memoryLimitMb: 192, cpuLimitPercent: 50 });
  const { memoryUsedMb, memoryOfLimitPercent, cpuPercent, cpuOfLimitPercent } = seen.at(-1) ?? ({} as LiveWorkspace);
  expect(memoryOfLimitPercent).toBeCloseTo((memoryUsedMb / 192) * 100, 0);
  expect(cpuOfLimitPercent).toBeCloseTo(cpuPercent * 2, 0);
});

test('the log tells the last lines with their instants, no more than are asked for, and only those after one that is named', async () => {
  await ask(`/workspaces/${workspaceId}/messages`, { body: { plugin: 'echo', payload: 1, executionId: 'in-the-log' } });
  await expect
    .poll(async () => (await logLines('tail=5')).at(-1)?.text, { timeout: 10_000 })
    .toContain('"executionId":"in-the-log"');
  const last = await logLines('tail=3');
  expect(last).toHaveLength(3);
  expect(last.map((line) => line.at)).toEqual(last.map((line) => line.at).toSorted());
  expect(await logLines(`tail=100&after=${last[1]?.at}`)).toEqual(last.slice(2));
  expect((await ask(`/workspaces/${workspaceId}/logs?tail=1001`)).status).toBe(400);
});

test('a log that is followed goes on with what is written, for ten readers at a time', async () => {
  const path = `/workspaces/${workspaceId}/logs?tail=0&follow=true`;
  const followers = await Promise.all(Array.from({ length: 10 }, () => ask(path)));
  const readers = followers.map((each) => each.body?.pipeThrough(new TextDecoderStream()).getReader());
  const first = readers.map((reader) => reader?.read());
  await expect.poll(async () => (await ask(path)).status).toBe(429);
  // A reader that the engine serves only now sees what is written from now on.
  const told = Promise.all(first);
  let isTold = false;
  void told.then(() => {
    isTold = true;
  });
  while (!isTold) {
    await ask(`/workspaces/${workspaceId}/messages`, { body: { plugin: 'echo', payload: 1, executionId: 'followed' } });
    await Promise.race([told, delay(1_000)]);
  }
  for (const chunk of await told) {
    expect(JSON.parse(chunk?.value ?? '')).toMatchObject({
      stream: 'stdout',
      text: expect.stringContaining('followed'),
    });
  }
  await Promise.all(readers.map((reader) => reader?.cancel()));
  await expect
    .poll(async () => {
      const again = await ask(path);
      await again.body?.cancel();
      return again.status;
    })
    .toBe(200);
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
  for (const path of ['live', 'live/stream', 'logs'].flatMap((what) => [
    `/workspaces/${workspaceId}/${what}`,
    `/workspaces/unknown/${what}`,
  ])) {
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
    patientDocker,
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
