import { randomUUID } from 'node:crypto';
import type Docker from 'dockerode';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createDockerClient } from '#activities/workspaces/docker-client.ts';
import { gatewayUrl } from '#activities/workspaces/gateway-health.ts';
import { objectName } from '#activities/workspaces/ownership.ts';
import { containerOptions } from '#activities/workspaces/workspace-container.ts';
import { platformEnv } from '#test/lane.ts';

/** The image as it is shipped, in a container as the product makes it, but for its network. */

const MEMORY_MB = 192;
const env = platformEnv();
const docker = createDockerClient(env.DOCKER_HOST ?? '');
const workspaceId = `image-${randomUUID().slice(0, 8)}`;
const owner = { installation: randomUUID(), hostId: 'test', accountId: 'acc', workspaceId };
const token = randomUUID();
let container: Docker.Container;
let network: Docker.Network;
let url: string;

beforeAll(async () => {
  network = await docker.createNetwork({
    Name: `leasehold-${workspaceId}`,
    IPAM: { Driver: 'default', Config: [{ Subnet: `10.250.${Math.floor(Math.random() * 250)}.0/29` }] },
  });
  container = await create('own');
  await container.start();
  url = gatewayUrl(await container.inspect()) ?? '';
  await answers();
});

afterAll(async () => {
  await container?.remove({ force: true });
  await docker.getVolume(objectName(owner)).remove({ force: true });
  await network?.remove();
});

/** A container as the product makes it. */
async function create(name: string, more: Docker.ContainerCreateOptions = {}): Promise<Docker.Container> {
  const image = await docker.getImage(env.LEASEHOLD_WORKSPACE_IMAGE ?? '').inspect();
  const size = { memoryMb: MEMORY_MB, cpuPercent: 100, storageMb: 1024 };
  const options = containerOptions({ owner, imageId: image.Id, token }, size, network.id);
  return docker.createContainer({ ...options, name: `${options.name}-${name}`, ...more });
}

interface Health {
  gatewayWorker: { pid: number };
  pluginRuntime: { pid: number; executions: { done: number; failed: number } };
}

/** What the gateway says of itself and of the plugin runtime, once both answer, and not as the processes that they were. */
function answers(former: Partial<Record<'gatewayWorker' | 'pluginRuntime', number>> = {}): Promise<Health> {
  return vi.waitFor(
    async () => {
      const health = await healthNow();
      if (
        !health ||
        health.gatewayWorker.pid === former.gatewayWorker ||
        health.pluginRuntime.pid === former.pluginRuntime
      ) {
        throw new Error('It does not answer yet.');
      }
      return health;
    },
    { timeout: 30_000, interval: 50 },
  );
}

async function healthNow(): Promise<Health | null> {
  const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) }).catch(() => null);
  return answer?.ok ? ((await answer.json()) as Health) : null;
}

async function send(plugin: string, payload: unknown, more: Record<string, unknown> = {}) {
  const answer = await fetch(`${url}/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ plugin, payload, ...more }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

/** Runs a shell line inside, as the workspace's own user. */
async function inside(line: string): Promise<string> {
  const exec = await container.exec({ Cmd: ['sh', '-c', line], AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({});
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** A plugin as an owner installs it: a file on the data volume. */
async function install(name: string, code: string): Promise<void> {
  const encoded = Buffer.from(code).toString('base64');
  await inside(`mkdir -p /data/plugins && echo ${encoded} | base64 -d > /data/plugins/${name}.mjs`);
}

test('a plugin is a file on the data volume: it is there with its next message, and its execution has the name that it was given', async () => {
  await install('greet', 'export default (payload, context) => ({ hello: payload.name, id: context.executionId });');
  expect(await send('greet', { name: 'Ada' }, { executionId: 'my-execution_1' })).toMatchObject({
    status: 200,
    body: { plugin: 'greet', executionId: 'my-execution_1', result: { hello: 'Ada', id: 'my-execution_1' } },
  });
  await install('greet', 'export default () => "changed";');
  expect((await send('greet', null)).body.result).toBe('changed');
  expect((await send('greet', null, { executionId: '../x' })).status).toBe(400);
});

test('a plugin that takes too long, too much memory, or throws is ended alone, and says which execution it was', async () => {
  await install('endless', 'export default () => { for (;;); };');
  await install('greedy', 'export default () => { const all = []; for (;;) all.push(new Array(10000).fill(all)); };');
  await install('faulty', 'export default () => { throw new Error("out of luck"); };');
  const before = (await answers()).pluginRuntime;
  const [endless, greedy, faulty, echo] = await Promise.all([
    send('endless', null),
    send('greedy', null),
    send('faulty', null),
    send('echo', 'still here'),
  ]);
  expect(endless).toMatchObject({ status: 504, body: { code: 'PLUGIN_TIMEOUT', executionId: expect.any(String) } });
  expect(greedy).toMatchObject({ status: 422, body: { code: 'PLUGIN_OUT_OF_MEMORY' } });
  expect(faulty).toMatchObject({ status: 422, body: { code: 'PLUGIN_FAILED', durationMs: expect.any(Number) } });
  expect(faulty.body.detail).toContain('out of luck');
  expect(echo).toMatchObject({ status: 200, body: { result: 'still here' } });
  const { pid, executions } = (await answers()).pluginRuntime;
  expect(pid).toBe(before.pid);
  expect(executions).toEqual({ done: before.executions.done + 1, failed: before.executions.failed + 3 });
});

test('killed, the plugin runtime is back, and the gateway was there all the time', async () => {
  const before = await answers();
  await inside(`kill -9 ${before.pluginRuntime.pid}`);
  const meanwhile = await send('echo', 1);
  expect([200, 503]).toContain(meanwhile.status);
  const after = await answers({ pluginRuntime: before.pluginRuntime.pid });
  expect(after.gatewayWorker.pid).toBe(before.gatewayWorker.pid);
  expect((await send('echo', 'again')).body.result).toBe('again');
});

test('killed, the gateway is back, and the plugin runtime was there all the time', async () => {
  const before = await answers();
  await inside(`kill -9 ${before.gatewayWorker.pid}`);
  const after = await answers({ gatewayWorker: before.gatewayWorker.pid });
  expect(after.pluginRuntime.pid).toBe(before.pluginRuntime.pid);
  expect((await send('echo', 'again')).body.result).toBe('again');
});

test('a plugin that takes all memory of the workspace costs the plugin runtime, and never the gateway', async () => {
  await install('hoard', 'export default () => { const all = []; for (;;) all.push(Buffer.alloc(8 << 20, 1)); };');
  const before = await answers();
  expect((await send('hoard', null)).status).toBeGreaterThanOrEqual(422);
  const after = await answers({ pluginRuntime: before.pluginRuntime.pid });
  expect(after.gatewayWorker.pid).toBe(before.gatewayWorker.pid);
  expect((await container.inspect()).State.Running).toBe(true);
});

test('the log is one JSON line for each execution, with what a plugin prints beside', async () => {
  await install('talkative', 'export default () => { console.log("a word of the plugin"); return 1; };');
  const { body } = await send('talkative', null);
  const read = async () => (await container.logs({ stdout: true, stderr: true, tail: 50, follow: false })).toString();
  await expect.poll(read).toContain('a word of the plugin');
  await expect.poll(read).toContain(String(body.executionId));
  const log = await read();
  const line = log.split('\n').find((each) => each.includes(String(body.executionId)));
  expect(JSON.parse((line ?? '').slice((line ?? '').indexOf('{')))).toMatchObject({
    event: 'execution',
    plugin: 'talkative',
    ok: true,
    durationMs: expect.any(Number),
  });
  expect(log).not.toContain(token);
});

test('stopped when it is asked to, it ends with 0 within the grace period', async () => {
  const startedAt = Date.now();
  await container.stop({ t: 10 });
  expect(Date.now() - startedAt).toBeLessThan(9_000);
  expect((await container.inspect()).State.ExitCode).toBe(0);
  await container.start();
  url = gatewayUrl(await container.inspect()) ?? '';
  await answers();
});

test('once neither process can be kept, the container ends, and not with 0', async () => {
  // Both refuse to begin with a setting that is wrong.
  const broken = await create('broken', { Env: ['LEASEHOLD_PLUGIN_MEMORY_MB=none'] });
  try {
    await broken.start();
    const { StatusCode } = await broken.wait();
    expect(StatusCode).toBeGreaterThan(0);
    const log = (await broken.logs({ stdout: true, stderr: true, tail: 100, follow: false })).toString();
    expect(log).toContain('LEASEHOLD_PLUGIN_MEMORY_MB must be a positive whole number.');
  } finally {
    await broken.remove({ force: true });
  }
});
