import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import type { ConvergeInput } from '#activities/contracts.ts';
import { createLogger } from '#telemetry/logger.ts';
import { platformEnv } from '#test/lane.ts';
import { type ConvergeDeps, type ConvergeWorkspace, createConvergeWorkspace } from './converge-workspace.ts';
import { createDockerClient } from './docker-client.ts';
import { unlessMissing } from './engine-error.ts';
import { gatewayUrl } from './gateway-health.ts';
import { readHostCapacity } from './host-capacity.ts';
import { INSTALLATION_LABEL, objectName } from './ownership.ts';
import { workspaceToken } from './workspace-token.ts';

const env = platformEnv();
const docker = createDockerClient(env.DOCKER_HOST ?? '');
const installation = `test-${randomUUID().slice(0, 8)}`;
const internalToken = randomUUID();
const capacity = await readHostCapacity(docker);
const SMALL = { memoryMb: 192, cpuPercent: 50, storageMb: 1024 };
const LARGE = { memoryMb: 320, cpuPercent: 100, storageMb: 1024 };

const foreign: (() => Promise<unknown>)[] = [];

afterAll(async () => {
  const filters = { label: [`${INSTALLATION_LABEL}=${installation}`] };
  for (const { Id } of await docker.listContainers({ all: true, filters })) {
    await docker.getContainer(Id).remove({ force: true });
  }
  for (const { Id } of await docker.listNetworks({ filters })) await docker.getNetwork(Id).remove();
  for (const { Name } of (await docker.listVolumes({ filters })).Volumes ?? []) await docker.getVolume(Name).remove();
  for (const remove of foreign) await remove();
});

interface Wish extends Partial<ConvergeDeps> {
  stored?: number;
}

function converger({ stored = 1, ...changed }: Wish = {}): ConvergeWorkspace {
  return createConvergeWorkspace({
    docker,
    readDesiredGeneration: async () => stored,
    hostId: 'test',
    installation,
    image: env.LEASEHOLD_WORKSPACE_IMAGE ?? '',
    capacity,
    subnetPool: '10.202.0.0/16',
    recordIncident: async () => {},
    internalToken,
    log: createLogger('test', 'silent'),
    ...changed,
  });
}

function wish(
  workspaceId: string,
  state: ConvergeInput['desired']['state'],
  size = SMALL,
  generation = 1,
): ConvergeInput {
  return { accountId: 'acc_1', workspaceId, generation, desired: { state, size }, now: '2026-01-01T00:00:00.000Z' };
}

function newId(): string {
  return `ws-${randomUUID().slice(0, 8)}`;
}

function nameOf(workspaceId: string): string {
  return objectName({ installation, workspaceId });
}

function inspect(workspaceId: string) {
  return docker.getContainer(nameOf(workspaceId)).inspect();
}

/** Runs a program inside and gives what it printed. */
async function inside(workspaceId: string, ...command: string[]): Promise<string> {
  const exec = await docker
    .getContainer(nameOf(workspaceId))
    .exec({ Cmd: command, AttachStdout: true, AttachStderr: true, Tty: true });
  const stream = await exec.start({ Tty: true });
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8').trim();
}

async function send(
  workspaceId: string,
  token: string | null,
  body: unknown = { plugin: 'word-count', payload: { text: 'a good day' } },
) {
  const response = await fetch(`${gatewayUrl(await inspect(workspaceId))}/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test('a workspace runs with its limits, read by inspect and from inside, and answers messages with its token only', async () => {
  const id = newId();
  const result = await converger()(wish(id, 'running'));
  expect(result).toMatchObject({ state: 'running', reason: null, actions: ['created', 'started'] });

  const { HostConfig } = await inspect(id);
  expect(HostConfig).toMatchObject({ Memory: 192 << 20, MemorySwap: 192 << 20, CpuPeriod: 100_000, CpuQuota: 50_000 });
  const limit = await inside(
    id,
    'sh',
    '-c',
    'cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max',
  );
  expect(Number(limit)).toBe(192 << 20);

  const answer = await send(id, workspaceToken(internalToken, id));
  expect(answer).toMatchObject({ status: 200, body: { plugin: 'word-count', result: { words: 3 } } });
  expect((await send(id, null)).status).toBe(401);
  expect((await send(id, workspaceToken(internalToken, 'another'))).status).toBe(401);
});

test('the hardening is what the engine shows, and the process inside is nobody special', async () => {
  const id = newId();
  await converger()(wish(id, 'running'));
  const { Config, HostConfig, NetworkSettings } = await inspect(id);
  expect(Config.User).toBe('10001:10001');
  expect(HostConfig).toMatchObject({
    ReadonlyRootfs: true,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges:true'],
    PidsLimit: 256,
    Privileged: false,
    LogConfig: { Config: { 'max-size': '5m', 'max-file': '2' } },
    RestartPolicy: { Name: 'unless-stopped' },
  });
  expect(NetworkSettings.Ports).toEqual({ '8080/tcp': null });
  expect(await inside(id, 'sh', '-c', 'touch /usr/x 2>&1; id -u; grep CapEff /proc/self/status')).toMatch(
    /Read-only file system[\s\S]*10001\s+CapEff:\s+0000000000000000/,
  );
});

test('stopping keeps the volume; starting again is the same container with the same file', async () => {
  const id = newId();
  const converge = converger();
  const first = await converge(wish(id, 'running'));
  await inside(id, 'sh', '-c', 'echo kept > /data/note');

  const stopped = await converge(wish(id, 'stopped'));
  expect(stopped).toMatchObject({ state: 'stopped', containerId: first.containerId, actions: ['stopped'] });
  expect((await inspect(id)).State.ExitCode).toBe(0);
  expect((await inspect(id)).HostConfig.RestartPolicy?.Name).toBe('no');
  expect(await converge(wish(id, 'stopped'))).toMatchObject({ state: 'stopped', actions: [] });

  const again = await converge(wish(id, 'running'));
  expect(again).toMatchObject({ state: 'running', containerId: first.containerId, actions: ['started'] });
  expect(await inside(id, 'cat', '/data/note')).toBe('kept');
});

test('a new size is applied to the running container', async () => {
  const id = newId();
  const converge = converger();
  const before = await converge(wish(id, 'running'));
  const startedAt = (await inspect(id)).State.StartedAt;
  expect(await converge(wish(id, 'running', LARGE))).toMatchObject({
    containerId: before.containerId,
    actions: ['resized'],
  });
  const after = await inspect(id);
  expect(after.HostConfig).toMatchObject({ Memory: 320 << 20, MemorySwap: 320 << 20, CpuQuota: 100_000 });
  expect(after.State.StartedAt).toBe(startedAt);
  expect(await converge(wish(id, 'running', SMALL))).toMatchObject({ actions: ['resized'] });
});

test('a shrink below what is in use waits, with both numbers, and changes nothing', async () => {
  const id = newId();
  const converge = converger();
  await converge(wish(id, 'running'));
  const wanted = { ...SMALL, memoryMb: 16 };
  const result = await converge(wish(id, 'running', wanted));
  expect(result).toMatchObject({ state: 'running', reason: null, size: SMALL, pending: { size: wanted }, actions: [] });
  expect(result.pending?.reason).toMatch(/new limit is 16 MB and the workspace uses \d+ MB\. It keeps 192 MB/);
  expect((await inspect(id)).HostConfig).toMatchObject({ Memory: 192 << 20, CpuQuota: 50_000 });
});

describe('a size that the host has no room for', () => {
  const beyond = { memoryMb: 65_536, cpuPercent: 1_600, storageMb: 1024 };
  /** A host of its own: what the other tests leave running takes no room there. */
  const small = () => ({ hostId: newId(), capacity: { memoryMb: 4_096, cpuPercent: 200 } });

  test('leaves a running container as it is, with all numbers; a newer wish is carried out', async () => {
    const id = newId();
    const converge = converger(small());
    const before = await converge(wish(id, 'running'));
    const { StartedAt } = (await inspect(id)).State;
    expect(await converge(wish(id, 'running', beyond))).toEqual({
      state: 'running',
      containerId: before.containerId,
      reason: null,
      size: SMALL,
      storageLimit: 'soft',
      pending: {
        size: beyond,
        reason:
          'This host has 4,096 MB, 4,096 MB of them free; 65,536 MB are needed. This host has 2 CPU; 16 CPU are needed. The workspace keeps 192 MB and 0.5 CPU.',
      },
      actions: [],
    });
    const { HostConfig, State } = await inspect(id);
    expect(HostConfig).toMatchObject({ Memory: 192 << 20, MemorySwap: 192 << 20, CpuQuota: 50_000 });
    expect(State).toMatchObject({ Running: true, StartedAt });
    expect(await converge(wish(id, 'running', LARGE))).toMatchObject({
      size: LARGE,
      pending: null,
      actions: ['resized'],
    });
  });

  test('more CPU than the host has waits by itself, before Docker is asked', async () => {
    const id = newId();
    const converge = converger(small());
    await converge(wish(id, 'running'));
    const result = await converge(wish(id, 'running', { ...SMALL, cpuPercent: 1_600 }));
    expect(result.pending?.reason).toBe('This host has 2 CPU; 16 CPU are needed. The workspace keeps 0.5 CPU.');
    expect((await inspect(id)).HostConfig.CpuQuota).toBe(50_000);
  });

  test('lets a container stop and start with its old size, also when it has to be made anew', async () => {
    const id = newId();
    const host = small();
    const converge = converger(host);
    await converge(wish(id, 'running'));
    expect(await converge(wish(id, 'stopped', beyond))).toMatchObject({
      state: 'stopped',
      size: SMALL,
      pending: { size: beyond },
      actions: ['stopped'],
    });
    expect(await converge(wish(id, 'running', beyond))).toMatchObject({
      state: 'running',
      size: SMALL,
      pending: { size: beyond },
      actions: ['started'],
    });
    await converge(wish(id, 'stopped', beyond));
    const other = converger({ ...host, internalToken: randomUUID() });
    expect(await other(wish(id, 'running', beyond))).toMatchObject({
      state: 'running',
      size: SMALL,
      pending: { size: beyond },
      actions: ['created', 'started'],
    });
    expect((await inspect(id)).HostConfig).toMatchObject({ Memory: 192 << 20, CpuQuota: 50_000 });
  });

  test('a host whose capacity was lowered takes nothing away from what runs there', async () => {
    const id = newId();
    await converger()(wish(id, 'running', LARGE));
    const lowered = converger({ capacity: { memoryMb: 256, cpuPercent: 50 } });
    expect(await lowered(wish(id, 'running', LARGE))).toMatchObject({ state: 'running', size: LARGE, pending: null });
  });

  test('a start waits until there is memory for it, with the numbers, whether it is new or was stopped', async () => {
    const hostId = newId();
    const [first, second] = [newId(), newId()];
    const converge = converger({ hostId, capacity: { memoryMb: 256, cpuPercent: 200 } });
    const waits = {
      pending: {
        size: SMALL,
        reason:
          'This host has 256 MB, 64 MB of them free; 192 MB are needed. The workspace is started as soon as there is room.',
      },
      actions: [],
    };
    await converge(wish(first, 'running'));
    expect(await converge(wish(second, 'running'))).toMatchObject({ ...waits, state: 'absent', size: null });
    expect(await unlessMissing(docker.getVolume(nameOf(second)).inspect())).toBeNull();
    await converge(wish(first, 'stopped'));
    expect(await converge(wish(second, 'running'))).toMatchObject({ state: 'running', pending: null });
    expect(await converge(wish(first, 'running'))).toMatchObject({ ...waits, state: 'stopped', size: SMALL });
    expect((await inspect(first)).HostConfig.RestartPolicy?.Name).toBe('no');
  });

  test('of two that start at once into the room for one, one waits', async () => {
    const converge = converger({ hostId: newId(), capacity: { memoryMb: 256, cpuPercent: 200 } });
    const results = await Promise.all([converge(wish(newId(), 'running')), converge(wish(newId(), 'running'))]);
    expect(results.map(({ state }) => state).sort()).toEqual(['absent', 'running']);
  });

  test('two that grow at once never get the same room; the other gets it when there is some', async () => {
    const hostId = newId();
    const [one, two] = [newId(), newId()];
    const converge = converger({ hostId, capacity: { memoryMb: 640, cpuPercent: 800 } });
    await Promise.all([converge(wish(one, 'running')), converge(wish(two, 'running'))]);
    const grown = { ...SMALL, memoryMb: 400 };
    const results = await Promise.all([converge(wish(one, 'running', grown)), converge(wish(two, 'running', grown))]);
    expect(results.map(({ size }) => size?.memoryMb).sort()).toEqual([192, 400]);
    const [winner, loser] = results[0]?.pending ? [two, one] : [one, two];
    expect(results.find(({ pending }) => pending)?.pending?.reason).toBe(
      'This host has 640 MB, 240 MB of them free; 400 MB are needed. The workspace keeps 192 MB.',
    );
    await converge(wish(winner, 'stopped', grown));
    expect(await converge(wish(loser, 'running', grown))).toMatchObject({ size: grown, pending: null });
  });
});

test('the largest row of the catalogs is what Docker shows, on a host that says that it has as much', async () => {
  const id = newId();
  const largest = { memoryMb: 32_768, cpuPercent: 1_600, storageMb: 1024 };
  const declared = converger({ hostId: newId(), capacity: { memoryMb: 65_536, cpuPercent: 1_600 } });
  expect(await declared(wish(id, 'running', largest))).toMatchObject({
    state: 'running',
    size: largest,
    pending: null,
  });
  const bytes = 32_768 * 1024 ** 2;
  const limits = { Memory: bytes, MemorySwap: bytes, CpuPeriod: 100_000, CpuQuota: 1_600_000, NanoCpus: 0 };
  expect((await inspect(id)).HostConfig).toMatchObject(limits);

  await declared(wish(id, 'running'));
  expect(await declared(wish(id, 'running', largest))).toMatchObject({ size: largest, actions: ['resized'] });
  expect((await inspect(id)).HostConfig).toMatchObject(limits);
});

test('started five times at once, there is one container and one network', async () => {
  const id = newId();
  const converge = converger();
  const results = await Promise.all(Array.from({ length: 5 }, () => converge(wish(id, 'running'))));
  expect(new Set(results.map((result) => result.containerId)).size).toBe(1);
  expect(results.flatMap((result) => result.actions)).toEqual(['created', 'started']);
  const networks = await docker.listNetworks({ filters: { name: [nameOf(id)] } });
  expect(networks).toHaveLength(1);
});

test('started by two workers at once, there is one container and one network', async () => {
  const id = newId();
  const results = await Promise.all([converger()(wish(id, 'running')), converger()(wish(id, 'running'))]);
  expect(new Set(results.map((result) => result.containerId)).size).toBe(1);
  expect(await docker.listNetworks({ filters: { name: [nameOf(id)] } })).toHaveLength(1);
});

test('a foreign container with our name is neither adopted nor deleted', async () => {
  const id = newId();
  const theirs = await docker.createContainer({
    name: nameOf(id),
    Image: env.LEASEHOLD_WORKSPACE_IMAGE ?? '',
    Cmd: ['sleep', '60'],
  });
  foreign.push(() => theirs.remove({ force: true }));
  for (const state of ['running', 'stopped', 'deleted'] as const) {
    await expect(converger()(wish(id, state))).rejects.toMatchObject({
      name: 'WorkspaceFailed',
      code: 'FOREIGN_OBJECT',
    });
  }
  expect(await theirs.inspect()).toMatchObject({ State: { Status: 'created' }, HostConfig: { Memory: 0 } });
});

test("another account's container is foreign too", async () => {
  const id = newId();
  await converger()(wish(id, 'running'));
  await expect(converger()({ ...wish(id, 'deleted'), accountId: 'acc_2' })).rejects.toMatchObject({
    code: 'FOREIGN_OBJECT',
  });
  expect((await inspect(id)).State.Running).toBe(true);
});

test('a foreign volume with our name is not mounted', async () => {
  const id = newId();
  await docker.createVolume({ Name: nameOf(id) });
  foreign.push(() => docker.getVolume(nameOf(id)).remove());
  await expect(converger()(wish(id, 'running'))).rejects.toMatchObject({ code: 'FOREIGN_OBJECT' });
  expect(await unlessMissing(inspect(id))).toBeNull();
});

test('a stale generation changes nothing', async () => {
  const id = newId();
  await expect(converger({ stored: 2 })(wish(id, 'running'))).rejects.toMatchObject({ name: 'StaleGeneration' });
  expect(await unlessMissing(inspect(id))).toBeNull();
  expect(await unlessMissing(docker.getVolume(nameOf(id)).inspect())).toBeNull();
  expect(await docker.listNetworks({ filters: { name: [nameOf(id)] } })).toEqual([]);

  await converger()(wish(id, 'running'));
  await expect(converger({ stored: 2 })(wish(id, 'stopped'))).rejects.toMatchObject({ name: 'StaleGeneration' });
  expect((await inspect(id)).State.Running).toBe(true);
});

test('a wish stored while a start is under way lets no later change of that start through', async () => {
  const id = newId();
  let stored = 1;
  const converge = converger({ readDesiredGeneration: async () => stored });
  const starting = converge(wish(id, 'running'), {
    onStep: (step) => {
      if (step === 'start') stored = 2;
    },
  });
  await expect(starting).rejects.toMatchObject({ name: 'StaleGeneration' });
  expect((await inspect(id)).State.Status).toBe('created');
  expect(await converge(wish(id, 'stopped', SMALL, 2))).toMatchObject({ state: 'stopped' });
});

test('stop during a start ends stopped', async () => {
  const id = newId();
  const converge = converger();
  let stopping: Promise<unknown> = Promise.resolve();
  const starting = converge(wish(id, 'running', SMALL, 1), {
    onStep: (step) => {
      if (step === 'start') stopping = converge(wish(id, 'stopped', SMALL, 2));
    },
  });
  await expect(starting).rejects.toMatchObject({ name: 'StaleGeneration' });
  await stopping;
  expect((await inspect(id)).State.Running).toBe(false);
});

test('a cancelled attempt changes nothing more', async () => {
  const id = newId();
  await expect(converger()(wish(id, 'running'), { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  expect(await unlessMissing(inspect(id))).toBeNull();
});

test('a new workspace larger than the host is refused with all numbers, and nothing is made', async () => {
  const id = newId();
  const size = { ...SMALL, memoryMb: capacity.memoryMb + 1, cpuPercent: capacity.cpuPercent + 100 };
  await expect(converger()(wish(id, 'running', size))).rejects.toThrow(
    new RegExp(`${capacity.memoryMb + 1} MB.*${capacity.memoryMb} MB.*${capacity.cpuPercent / 100 + 1} CPUs`),
  );
  expect(await unlessMissing(inspect(id))).toBeNull();
  expect(await unlessMissing(docker.getVolume(nameOf(id)).inspect())).toBeNull();
  expect(await docker.listNetworks({ filters: { name: [nameOf(id)] } })).toEqual([]);
});

test('a workspace that ends at its start is reported, without what it wrote, and left down', async () => {
  const id = newId();
  const converge = converger();
  await converge(wish(id, 'running'));
  await converge(wish(id, 'stopped'));
  // Too little for Node to start: the kernel ends it.
  await expect(converge(wish(id, 'running', { ...SMALL, memoryMb: 12 }))).rejects.toMatchObject({
    name: 'WorkspaceFailed',
    code: 'NOT_HEALTHY',
    message: expect.stringMatching(
      /^The workspace (ended after its start \(exit code \d+.*\)|did not answer within 45 s after its start)\.$/,
    ),
  });
  const { State, HostConfig } = await inspect(id);
  expect(State.Running).toBe(false);
  expect(HostConfig.RestartPolicy?.Name).toBe('no');
  expect(await converge(wish(id, 'running'))).toMatchObject({ state: 'running' });
});

test('either process is killed: the other lives and the killed one comes back', async () => {
  const id = newId();
  await converger()(wish(id, 'running'));
  type Health = { gatewayWorker: { pid: number }; pluginRuntime?: { pid: number } };
  const health = async (): Promise<Health> =>
    (await fetch(`${gatewayUrl(await inspect(id))}/health`)).json() as Promise<Health>;

  const before = await health();
  await inside(id, 'sh', '-c', `kill -9 ${before.pluginRuntime?.pid}`);
  await expect
    .poll(async () => (await health()).pluginRuntime?.pid, { timeout: 15_000 })
    .not.toBeOneOf([undefined, before.pluginRuntime?.pid]);
  const between = await health();
  expect(between.gatewayWorker.pid).toBe(before.gatewayWorker.pid);

  await inside(id, 'sh', '-c', `kill -9 ${between.gatewayWorker.pid}`);
  await expect
    .poll(() => health().catch(() => null), { timeout: 15_000 })
    .toMatchObject({ pluginRuntime: { pid: between.pluginRuntime?.pid } });
  expect((await inspect(id)).RestartCount).toBe(0);
});

test("a tenant can't reach another tenant's gateway", async () => {
  const [mine, theirs] = [newId(), newId()];
  await Promise.all([converger()(wish(mine, 'running')), converger()(wish(theirs, 'running'))]);
  const knock = (url: string | null) =>
    inside(
      mine,
      'node',
      '-e',
      `fetch('${url}/health',{signal:AbortSignal.timeout(2000)}).then(()=>'reached',()=>'refused').then((said)=>{console.log(said);process.exit()})`,
    );
  expect(await knock('http://127.0.0.1:8080')).toBe('reached');
  expect(await knock(gatewayUrl(await inspect(theirs)))).toBe('refused');
});

test('deleting removes container, network and volume, and is done once', async () => {
  const id = newId();
  const converge = converger();
  await converge(wish(id, 'running'));
  expect(await converge(wish(id, 'deleted'))).toEqual({
    state: 'absent',
    containerId: null,
    reason: null,
    size: null,
    storageLimit: null,
    pending: null,
    actions: ['stopped', 'deleted'],
  });
  expect(await unlessMissing(inspect(id))).toBeNull();
  expect(await unlessMissing(docker.getVolume(nameOf(id)).inspect())).toBeNull();
  expect(await docker.listNetworks({ filters: { name: [nameOf(id)] } })).toEqual([]);
  expect(await converge(wish(id, 'deleted'))).toMatchObject({ state: 'absent', actions: [] });
});

test('an engine that is not there is told apart from a workspace that failed', async () => {
  const gone = createDockerClient('unix:///nonexistent/docker.sock');
  await expect(converger({ docker: gone })(wish(newId(), 'stopped'))).rejects.toMatchObject({ code: 'ENOENT' });
});
