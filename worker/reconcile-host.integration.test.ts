import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, expect, test } from 'vitest';
import { createConvergeWorkspace } from '#activities/workspaces/converge-workspace.ts';
import { createDockerClient } from '#activities/workspaces/docker-client.ts';
import { unlessMissing } from '#activities/workspaces/engine-error.ts';
import { createHostReporter } from '#activities/workspaces/host-reporter.ts';
import { INSTALLATION_LABEL, objectName, ownerLabels } from '#activities/workspaces/ownership.ts';
import { type HostReconciler, startHostReconciler } from '#activities/workspaces/reconcile-host.ts';
import type { HostReport } from '#domain/host-report.ts';
import { createPrisma } from '#prisma/client.ts';
import { createLogger } from '#telemetry/logger.ts';
import { platformEnv } from '#test/lane.ts';
import { createHostStore } from './host-store.ts';

const env = platformEnv();
const docker = createDockerClient(env.DOCKER_HOST ?? '');
const prisma = createPrisma(env.DATABASE_URL ?? '', { maxConnections: 4 });
const log = createLogger('test', 'silent');
const hostId = `host-${randomUUID().slice(0, 8)}`;
const installation = randomUUID();
const accountId = randomUUID();
const image = env.LEASEHOLD_WORKSPACE_IMAGE ?? '';
const size = { memoryMb: 192, cpuPercent: 100, storageMb: 1024 };
const store = createHostStore(prisma, hostId);
const converge = createConvergeWorkspace({
  ...{ hostId, installation, docker, image, log },
  readDesiredGeneration: async (id) => (await store.readWish(id))?.generation ?? null,
  capacity: { memoryMb: 4096, cpuPercent: 200 },
  recordIncident: store.recordIncident,
  subnetPool: '10.202.0.0/16',
  internalToken: randomUUID(),
});
const reports: HostReport[] = [];
const made: (() => Promise<unknown>)[] = [];
let reconciler: HostReconciler | undefined;

await prisma.user.create({ data: { id: accountId, name: 'Owner', email: `${accountId}@leasehold.test` } });
await prisma.account.create({
  data: {
    ...{ id: accountId, userId: accountId, planId: 'team', standing: 'active', version: 1, state: {}, view: {} },
    ...{ standingSince: new Date(), savedAt: new Date() },
  },
});
await prisma.host.create({
  data: { id: hostId, internalUrl: 'http://127.0.0.1:1', memoryMb: 4096, cpuPercent: 200, seenAt: new Date() },
});

afterEach(async () => {
  await reconciler?.stop();
  reconciler = undefined;
  reports.length = 0;
  for (const remove of made.splice(0).reverse()) await remove();
});

afterAll(async () => {
  const filters = { label: [`${INSTALLATION_LABEL}=${installation}`] };
  for (const { Id } of await docker.listContainers({ all: true, filters })) {
    await docker.getContainer(Id).remove({ force: true });
  }
  for (const { Id } of await docker.listNetworks({ filters })) await docker.getNetwork(Id).remove();
  for (const { Name } of (await docker.listVolumes({ filters })).Volumes ?? []) await docker.getVolume(Name).remove();
  await prisma.account.delete({ where: { id: accountId } });
  // Or the platform would place workspaces on it.
  await prisma.host.delete({ where: { id: hostId } });
  await prisma.$disconnect();
});

function nameOf(workspaceId: string): string {
  return objectName({ installation, workspaceId });
}

/** A workspace whose wish was carried out. */
async function settled(state: 'running' | 'stopped'): Promise<string> {
  const id = `ws-${randomUUID().slice(0, 8)}`;
  await prisma.workspace.create({
    data: {
      ...{ id, accountId, hostId, name: id, ownerWants: state, desiredState: state, ...size },
      ...{ desiredGeneration: 1, observedGeneration: 1, observedState: state },
    },
  });
  await converge({ ...wish(id), desired: { state, size } });
  made.push(async () => {
    await prisma.workspace.update({ where: { id }, data: { desiredGeneration: 2 } });
    await converge({ ...wish(id), generation: 2, desired: { state: 'deleted', size } });
    await prisma.workspace.delete({ where: { id } });
  });
  return id;
}

function wish(workspaceId: string) {
  return { accountId, workspaceId, generation: 1, now: new Date().toISOString() };
}

function start(options: { everyMs?: number; strangerAfterMs?: number } = {}): void {
  const reporter = createHostReporter(async (_, sent) => void reports.push(...sent), log);
  reconciler = startHostReconciler(
    { hostId, installation, docker, converge, store, reporter, log },
    { everyMs: 500, ...options },
  );
}

async function inspect(workspaceId: string) {
  return (await docker.getContainer(nameOf(workspaceId)).inspect()).State;
}

/** Of a container that runs. One whose gateway has answered ends by itself, with 0, when it is told to. */
async function firstProcess(workspaceId: string): Promise<number> {
  let pid = 0;
  await expect
    .poll(
      async () => {
        const { Running, Restarting, Pid } = await inspect(workspaceId);
        pid = Running && !Restarting ? Pid : 0;
        return pid;
      },
      { timeout: 60_000, interval: 200 },
    )
    .toBeGreaterThan(1);
  return pid;
}

/** Runs a program inside and does not wait for it. */
async function inside(workspaceId: string, ...command: string[]): Promise<void> {
  const exec = await docker.getContainer(nameOf(workspaceId)).exec({ Cmd: command });
  await exec.start({ Detach: true });
}

function incidents(workspaceId: string) {
  return prisma.workspaceIncident.findMany({ where: { workspaceId }, orderBy: { at: 'asc' } });
}

function sightings(workspaceId: string) {
  return reports.filter((report) => report.workspaceId === workspaceId).map(({ saw }) => saw);
}

test('what should run is started, what should not is stopped, what was resized by hand is put right; their workflows are told', async () => {
  const [down, up, resized] = [await settled('running'), await settled('stopped'), await settled('running')];
  await docker.getContainer(nameOf(down)).stop({ t: 10 });
  await converge({ ...wish(up), desired: { state: 'running', size } });
  await docker.getContainer(nameOf(resized)).update({ Memory: 256 << 20, MemorySwap: 256 << 20 });

  start();
  await expect.poll(async () => (await inspect(down)).Running, { timeout: 30_000 }).toBe(true);
  await expect.poll(async () => (await inspect(up)).Running, { timeout: 30_000 }).toBe(false);
  await expect
    .poll(async () => (await docker.getContainer(nameOf(resized)).inspect()).HostConfig.Memory, { timeout: 30_000 })
    .toBe(192 << 20);
  for (const id of [down, up, resized]) {
    await expect.poll(() => sightings(id), { timeout: 10_000 }).toEqual([{ kind: 'astray' }]);
  }
  expect(await incidents(down)).toEqual([]);
});

test('while it is paused nothing is changed', async () => {
  const id = await settled('running');
  await prisma.host.update({ where: { id: hostId }, data: { reconcilePaused: true } });
  let looks = 0;
  const { isPaused } = store;
  store.isPaused = () => {
    looks += 1;
    return isPaused();
  };
  await docker.getContainer(nameOf(id)).stop({ t: 10 });
  start({ everyMs: 100 });
  await expect.poll(() => looks, { timeout: 10_000 }).toBeGreaterThan(3);
  expect((await inspect(id)).Running).toBe(false);
  expect(reports).toEqual([]);
  await prisma.host.update({ where: { id: hostId }, data: { reconcilePaused: false } });
  await expect.poll(async () => (await inspect(id)).Running, { timeout: 30_000 }).toBe(true);
});

test('five ends that nobody asked for in ten minutes, exit code 0 too, stop it and are told with its last lines', async () => {
  const id = await settled('running');
  start({ everyMs: 60_000 });
  for (let crash = 1; crash <= 5; crash += 1) {
    // As the container's first process would end by itself: the engine was asked for nothing.
    process.kill(await firstProcess(id), crash === 1 ? 'SIGINT' : 'SIGKILL');
    const crashes = async () => (await incidents(id)).filter(({ kind }) => kind === 'crashed').length;
    await expect.poll(crashes, { timeout: 30_000 }).toBe(crash);
  }
  await expect.poll(() => sightings(id), { timeout: 30_000 }).toMatchObject([{ kind: 'crash-looping', crashes: 5 }]);
  const state = await docker.getContainer(nameOf(id)).inspect();
  expect(state.State.Running).toBe(false);
  expect(state.HostConfig.RestartPolicy?.Name).toBe('no');
  const rows = await incidents(id);
  expect(rows.map(({ kind }) => kind)).toEqual([...Array.from({ length: 5 }, () => 'crashed'), 'crash-looping']);
  expect(new Set(rows.slice(0, 5).map(({ exitCode }) => exitCode))).toEqual(new Set([137, 0]));
  expect(rows.at(-1)?.lastLines.length).toBeGreaterThan(0);

  await reconciler?.stop();
  start({ everyMs: 200 });
  // Its workflow has said so by now.
  await prisma.workspace.update({ where: { id }, data: { observedState: 'crash-looping' } });
  expect((await inspect(id)).Running).toBe(false);
});

test('a process inside that is killed for memory is told of, and the workspace runs on', async () => {
  const id = await settled('running');
  start({ everyMs: 60_000 });
  const { Pid } = await inspect(id);
  await inside(id, 'node', '-e', 'const kept=[];for(;;)kept.push(Buffer.alloc(8<<20,1))');
  // The plugin runtime goes before the process that takes the memory: one kill or two.
  const kills = expect.toSatisfy((each) => each >= 1);
  await expect.poll(() => sightings(id), { timeout: 30_000 }).toMatchObject([{ kind: 'out-of-memory', kills }]);
  expect(await incidents(id)).toMatchObject([{ kind: 'out-of-memory', outOfMemory: true }]);
  expect(await inspect(id)).toMatchObject({ Running: true, Pid });
});

test('a container with our labels that the database does not know is stopped and put aside, nothing foreign is touched, and both are found', async () => {
  const workspaceId = `ws-${randomUUID().slice(0, 8)}`;
  const known = await settled('running');
  const labels = ownerLabels({ installation, hostId, accountId, workspaceId });
  const name = nameOf(workspaceId);
  const unknown = await docker.createContainer({ name, Image: image, Cmd: ['sleep', '600'], Labels: labels });
  await unknown.start();
  const foreign = await docker.createContainer({ name: nameOf('theirs'), Image: image, Cmd: ['sleep', '600'] });
  await foreign.start();
  await docker.createVolume({ Name: name, Labels: labels });
  await docker.createVolume({ Name: nameOf('their-data') });
  const findings = () => prisma.hostFinding.findMany({ where: { hostId, goneAt: null }, orderBy: { kind: 'asc' } });

  start({ strangerAfterMs: 60_000 });
  await expect.poll(() => sightings(known)).toEqual([]);
  expect((await unknown.inspect()).State.Running).toBe(true);
  await reconciler?.stop();

  start({ strangerAfterMs: 500 });
  await expect.poll(findings, { timeout: 30_000 }).toHaveLength(4);
  const aside = await unknown.inspect();
  expect(aside).toMatchObject({ Name: `/quarantined-${aside.Id.slice(0, 8)}-${name}`, State: { Running: false } });
  expect((await foreign.inspect()).State.Running).toBe(true);
  expect((await inspect(known)).Running).toBe(true);
  expect(await findings()).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ what: 'unknown', kind: 'container', workspaceId, quarantine: aside.Name.slice(1) }),
      expect.objectContaining({ what: 'foreign', kind: 'container', name: nameOf('theirs'), quarantine: null }),
      expect.objectContaining({ what: 'unknown', kind: 'volume', name }),
      expect.objectContaining({ what: 'foreign', kind: 'volume', name: nameOf('their-data') }),
    ]),
  );
  expect(await unlessMissing(docker.getVolume(name).inspect())).not.toBeNull();

  await foreign.remove({ force: true });
  await docker.getVolume(nameOf('their-data')).remove();
  await expect.poll(findings, { timeout: 30_000 }).toHaveLength(2);
});
