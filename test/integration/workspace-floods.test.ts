import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createConvergeWorkspace } from '#activities/workspaces/converge-workspace.ts';
import { createDockerClient } from '#activities/workspaces/docker-client.ts';
import { objectName } from '#activities/workspaces/ownership.ts';
import { createPrisma } from '#prisma/client.ts';
import { until } from '#stories/until.ts';
import { createLogger } from '#telemetry/logger.ts';
import { lanePlatform, platformEnv } from '#test/lane.ts';

/** Five workspaces that were taken over from inside send without end, and the host's worker stays as small as it is. */

/** docs/operations.md, "How much a worker takes". */
const WORKER_AT_MOST_MB = 768;
const WORKSPACES = 5;
const FLOOD_MS = 10_000;
const env = platformEnv();
const place = { hostId: env.LEASEHOLD_HOST_ID ?? '', installation: env.LEASEHOLD_INSTALLATION ?? '' };
const docker = createDockerClient(env.DOCKER_HOST ?? '');
const prisma = createPrisma(env.DATABASE_URL ?? '', { maxConnections: 2 });
const internalUrl = `http://127.0.0.1:${env.LEASEHOLD_WORKER_PORT}`;
const accountId = `flood-${randomUUID()}`;
const ids = Array.from({ length: WORKSPACES }, () => `ws-${randomUUID().slice(0, 8)}`);
const size = { memoryMb: 192, cpuPercent: 25, storageMb: 1024 };
const converge = createConvergeWorkspace({
  ...place,
  docker,
  readDesiredGeneration: async () => 1,
  image: env.LEASEHOLD_WORKSPACE_IMAGE ?? '',
  capacity: { memoryMb: 16_384, cpuPercent: 800 },
  subnetPool: env.LEASEHOLD_SUBNET_POOL ?? '',
  internalToken: env.LEASEHOLD_INTERNAL_TOKEN ?? '',
  recordIncident: async () => {},
  healthyWithinMs: 120_000,
  log: createLogger('test', 'silent'),
});

/** In place of the gateway: JSON without end, and as much into the container's log as goes. */
const FLOOD = `
const filling = Buffer.alloc(65536, '1,');
require('http').createServer((request, response) => {
  response.on('error', () => {});
  response.write('{"result":[');
  const fill = () => { while (response.writable && response.write(filling)); response.once('drain', fill); };
  fill();
}).listen(8080);
const out = require('fs').createWriteStream('/proc/1/fd/1');
const line = 'x'.repeat(8000) + '\\n';
const write = () => { while (out.write(line)); out.once('drain', write); };
write();`;

function become(workspaceId: string, state: 'running' | 'deleted') {
  return converge({ accountId, workspaceId, generation: 1, desired: { state, size }, now: new Date().toISOString() });
}

async function runInside(workspaceId: string, command: string[]): Promise<void> {
  const container = docker.getContainer(objectName({ ...place, workspaceId }));
  const exec = await container.exec({ Cmd: command });
  await exec.start({ Detach: true });
}

function ask(path: string, more: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${env.LEASEHOLD_INTERNAL_TOKEN}`, 'content-type': 'application/json' };
  return fetch(`${internalUrl}${path}`, { headers, ...more });
}

function send(workspaceId: string): Promise<Response> {
  const body = JSON.stringify({ plugin: 'echo', payload: 1 });
  return ask(`/workspaces/${workspaceId}/messages`, { method: 'POST', body });
}

async function workerMb(): Promise<number> {
  const part = (await (await lanePlatform()).parts()).find(({ name }) => name === 'worker');
  const status = readFileSync(`/proc/${part?.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

beforeAll(async () => {
  await prisma.user.create({ data: { id: accountId, name: 'Owner', email: `${accountId}@leasehold.test` } });
  const now = new Date();
  await prisma.account.create({
    data: {
      ...{ id: accountId, userId: accountId, planId: 'team', standing: 'active', version: 1, state: {}, view: {} },
      ...{ standingSince: now, savedAt: now },
    },
  });
  for (const id of ids) {
    const wish = { ownerWants: 'running', desiredState: 'running', desiredGeneration: 1, ...size };
    await prisma.workspace.create({ data: { id, accountId, hostId: place.hostId, name: id, ...wish } });
    await become(id, 'running');
    await runInside(id, ['node', 'node_modules/pm2/bin/pm2', 'stop', 'gateway-worker']);
    await until('the gateway to be gone', 60_000, async () => [502, 503].includes((await send(id)).status));
    await runInside(id, ['node', '-e', FLOOD]);
  }
}, 300_000);

afterAll(async () => {
  for (const id of ids) await become(id, 'deleted');
  await prisma.account.deleteMany({ where: { id: accountId } });
  await prisma.user.deleteMany({ where: { id: accountId } });
  await prisma.$disconnect();
}, 120_000);

test(`while five workspaces answer and write without end, the worker stays under ${WORKER_AT_MOST_MB} MB`, async () => {
  await Promise.all(ids.map((id) => until('the flood to answer', 60_000, async () => (await send(id)).status === 502)));
  const leaving = new AbortController();
  // Of two who follow a log one reads, and one never does.
  const followed = await Promise.all(
    [...ids, ...ids].map((id) => ask(`/workspaces/${id}/logs?tail=1000&follow=true`, { signal: leaving.signal })),
  );
  let bytes = 0;
  const reading = followed.slice(WORKSPACES).map(async ({ body }) => {
    const reader = body?.getReader();
    for (let chunk = await reader?.read(); chunk?.value; chunk = await reader?.read()) bytes += chunk.value.length;
  });
  const sizes: number[] = [];
  const refused: unknown[] = [];
  const over = Date.now() + FLOOD_MS;
  const sending = ids.map(async (id) => {
    while (Date.now() < over) refused.push((await (await send(id)).json()) as unknown);
  });
  while (Date.now() < over) {
    sizes.push(await workerMb());
    await delay(100);
  }
  await Promise.all(sending);
  leaving.abort();
  await Promise.allSettled(reading);
  process.stderr.write(
    `The worker took ${Math.round(Math.max(...sizes))} MB at most, of ${refused.length} answers and ${Math.round(bytes / 1024 ** 2)} MB of log.\n`,
  );
  expect(bytes).toBeGreaterThan(1024 ** 2);
  expect(refused.length).toBeGreaterThanOrEqual(WORKSPACES);
  for (const each of refused) expect(each).toMatchObject({ status: 502, gatewayCode: 'ANSWER_TOO_LARGE' });
  expect(Math.max(...sizes)).toBeLessThan(WORKER_AT_MOST_MB);
  expect(await (await fetch(`${internalUrl}/metrics`)).text()).toMatch(
    /leasehold_workspace_answers_refused_total\{because="too-large"\} [1-9]/,
  );
}, 180_000);
