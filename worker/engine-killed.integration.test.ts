import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ConvergeWorkspace, createConvergeWorkspace } from '#activities/workspaces/converge-workspace.ts';
import { createDockerClient } from '#activities/workspaces/docker-client.ts';
import { isEngineError, isEngineUnreachable } from '#activities/workspaces/engine-error.ts';
import { createHostReporter } from '#activities/workspaces/host-reporter.ts';
import { objectName } from '#activities/workspaces/ownership.ts';
import { startHostReconciler } from '#activities/workspaces/reconcile-host.ts';
import { type DockerEngine, ensureOwnDockerEngine } from '#platform/parts/docker-engine.ts';
import { isAlive, signalProcess } from '#platform/process-identity.ts';
import { createPrisma } from '#prisma/client.ts';
import { createLogger } from '#telemetry/logger.ts';
import { platformEnv } from '#test/lane.ts';
import { createHostStore } from './host-store.ts';

/** An engine of this test's own: it is killed again and again. */
const env = platformEnv();
const image = env.LEASEHOLD_WORKSPACE_IMAGE ?? '';
const log = createLogger('test', 'silent');
const prisma = createPrisma(env.DATABASE_URL ?? '', { maxConnections: 4 });
const [small, large] = [192, 256].map((memoryMb) => ({ memoryMb, cpuPercent: 100, storageMb: 1024 }));
let stateDir: string;
let engine: DockerEngine;
let docker: Docker;

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'leasehold-killed-'));
  await start(true);
  const saved = await createDockerClient(env.DOCKER_HOST ?? '', { silenceMs: 300_000 })
    .getImage(image)
    .get();
  const loading = (await createDockerClient(engine.dockerHost, { silenceMs: 300_000 }).loadImage(saved)) as Readable;
  for await (const _ of loading);
});

afterAll(async () => {
  await start(true);
  for (const { Id } of await docker.listContainers({ all: true }))
    await docker.getContainer(Id).remove({ force: true });
  for (const { Id, Name } of await docker.listNetworks()) {
    if (Name.startsWith('leasehold-')) await docker.getNetwork(Id).remove();
  }
  await engine.stop();
  await endShims();
  await rm(stateDir, { recursive: true, force: true });
  await prisma.$disconnect();
});

async function start(liveRestore: boolean): Promise<void> {
  // The rules of the packet filter are those of other engines, too: this one would take them away each time it starts.
  const options = { log, allowInstall: false, onProgress: () => {}, iptables: false };
  engine = await ensureOwnDockerEngine({ ...options, stateDir, liveRestore });
  docker = createDockerClient(engine.dockerHost);
}

/** An engine that was killed while it started a container leaves the container's shim behind. */
async function endShims(): Promise<void> {
  for (const pid of (await readdir('/proc')).map(Number).filter(Boolean)) {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const isShim = commandLine.includes('containerd-shim') && commandLine.includes(`${stateDir}/`);
    if (isShim) process.kill(pid, 'SIGKILL');
  }
}

/** kill -9 of dockerd, and nothing else. */
async function kill(): Promise<void> {
  const { identity } = engine;
  if (!identity) throw new Error('An engine of our own has an identity.');
  signalProcess(identity, 'SIGKILL', 'process');
  await expect.poll(() => isAlive(identity), { timeout: 10_000 }).toBe(false);
}

/** A host with workspaces that are stored. */
async function newHost() {
  const place = { hostId: `host-${randomUUID().slice(0, 8)}`, installation: randomUUID() };
  const accountId = randomUUID();
  const internalToken = randomUUID();
  await prisma.user.create({ data: { id: accountId, name: 'Owner', email: `${accountId}@leasehold.test` } });
  await prisma.account.create({
    data: {
      ...{ id: accountId, userId: accountId, planId: 'team', standing: 'active', version: 1, state: {}, view: {} },
      ...{ standingSince: new Date(), savedAt: new Date() },
    },
  });
  const store = createHostStore(prisma, place.hostId);
  const converger = () =>
    createConvergeWorkspace({
      ...place,
      ...{ docker, image, log, recordIncident: store.recordIncident },
      readDesiredGeneration: async (id) => (await store.readWish(id))?.generation ?? null,
      capacity: { memoryMb: 4096, cpuPercent: 200 },
      subnetPool: '10.207.0.0/16',
      internalToken,
      healthyWithinMs: 120_000,
    });

  async function wish(id: string, state: 'running' | 'stopped', size = small, generation = 1) {
    const { memoryMb, cpuPercent, storageMb } = size ?? { memoryMb: 192, cpuPercent: 100, storageMb: 1024 };
    const row = { desiredState: state, desiredGeneration: generation, memoryMb, cpuPercent, storageMb };
    const settled = { observedGeneration: generation, observedState: state };
    await prisma.workspace.upsert({
      where: { id },
      create: { ...row, ...settled, id, accountId, hostId: place.hostId, name: id, ownerWants: state },
      update: { ...row, ...settled },
    });
    const desired = { state, size: { memoryMb, cpuPercent, storageMb } };
    return { accountId, workspaceId: id, generation, desired, now: new Date().toISOString() };
  }

  return {
    ...place,
    store,
    converger,
    wish,
    inspect: (workspaceId: string) => docker.getContainer(objectName({ ...place, workspaceId })).inspect(),
    /** How many containers, networks and volumes it has. */
    async objects(workspaceId: string) {
      const filters = { label: [`leasehold.workspace=${workspaceId}`] };
      const [containers, networks, { Volumes: volumes }] = await Promise.all([
        docker.listContainers({ all: true, filters }),
        docker.listNetworks({ filters }),
        docker.listVolumes({ filters: JSON.stringify(filters) as never }),
      ]);
      return [containers.length, networks.length, volumes?.length];
    },
  };
}

function newId(): string {
  return `ws-${randomUUID().slice(0, 8)}`;
}

/** As an activity is tried again: what an engine that is not there says is no answer. */
async function untilDone(converge: ConvergeWorkspace, wish: Parameters<ConvergeWorkspace>[0]) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await converge(wish);
    } catch (error) {
      if (attempt === 5 || !(isEngineUnreachable(error) || isEngineError(error))) throw error;
    }
  }
}

describe.each([true, false])('dockerd is killed, with live-restore: %s', (liveRestore) => {
  beforeAll(async () => {
    // One that lives is used as it is.
    await engine.stop();
    await start(liveRestore);
  });

  test.each([
    ['create', 1],
    ['create', 15],
    ['start', 20],
    ['start', 120],
    ['stop', 20],
    ['stop', 150],
    ['resize', 1],
    ['resize', 8],
  ] as const)(
    'in the middle of %s, after %i ms: it is as wished when the engine is back, once',
    async (step, afterMs) => {
      await start(liveRestore);
      const host = await newHost();
      const id = newId();
      const converge = host.converger();
      const isFirst = step === 'create' || step === 'start';
      if (!isFirst) await converge(await host.wish(id, 'running'));
      const wish = await host.wish(id, step === 'stop' ? 'stopped' : 'running', step === 'resize' ? large : small, 2);

      let killed: Promise<void> | undefined;
      await converge(wish, {
        onStep: (each) => {
          if (each !== step || killed) return;
          killed = new Promise<void>((resolve) => setTimeout(resolve, afterMs)).then(kill);
        },
      }).catch(() => undefined);
      expect(killed).toBeDefined();
      await killed;

      await start(liveRestore);
      await untilDone(host.converger(), wish);
      const { State, HostConfig } = await host.inspect(id);
      expect(State.Running).toBe(step !== 'stop');
      expect(HostConfig).toMatchObject({
        Memory: (step === 'resize' ? 256 : 192) << 20,
        RestartPolicy: { Name: step === 'stop' ? 'no' : 'unless-stopped' },
      });
      expect(await host.objects(id)).toEqual([1, 1, 1]);
      await docker.getContainer(objectName({ ...host, workspaceId: id })).remove({ force: true });
    },
  );

  test('while nobody does anything: what should run runs again, what was stopped stays down, and no crash is counted', async () => {
    await start(liveRestore);
    const host = await newHost();
    const [running, stopped] = [newId(), newId()];
    const converge = host.converger();
    await converge(await host.wish(running, 'running'));
    await converge(await host.wish(stopped, 'running'));
    await converge(await host.wish(stopped, 'stopped', small, 2));
    const before = (await host.inspect(running)).State.StartedAt;
    const reconciler = startHostReconciler({
      ...{ docker, log, hostId: host.hostId, installation: host.installation, store: host.store, converge },
      reporter: createHostReporter(async () => {}, log),
    });
    await kill();
    await start(liveRestore);
    await expect.poll(async () => (await host.inspect(running)).State.Running, { timeout: 60_000 }).toBe(true);
    expect((await host.inspect(running)).State.StartedAt === before).toBe(liveRestore);
    expect((await host.inspect(stopped)).State.Running).toBe(false);
    await reconciler.stop();
    expect(await prisma.workspaceIncident.count({ where: { workspaceId: running } })).toBe(0);
    await docker.getContainer(objectName({ ...host, workspaceId: running })).remove({ force: true });
  });
});
