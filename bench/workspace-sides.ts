import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import { type ConvergeDeps, createConvergeWorkspace } from '#activities/workspaces/converge-workspace.ts';
import { gatewayUrl } from '#activities/workspaces/gateway-health.ts';
import { HOST_LABEL, INSTALLATION_LABEL } from '#activities/workspaces/ownership.ts';
import { freeSubnet } from '#activities/workspaces/subnet-pool.ts';
import { containerOptions, dockerLimits } from '#activities/workspaces/workspace-container.ts';
import type { PrismaClient } from '#prisma/client.ts';
import { createLogger } from '#telemetry/logger.ts';
import { createHostStore } from '#worker/host-store.ts';
import { createSampleHistory, type WorkspaceUse } from '#worker/sample-history.ts';
import { createHostReader } from '#worker/sample-workspaces.ts';

/** One way to do with workspaces what a host does. */
export interface WorkspaceSide {
  name: 'leasehold' | 'dockerode';
  /** Resolves when its gateway answers. */
  start(workspaceId: string): Promise<void>;
  /** How many run. */
  list(): Promise<number>;
  /** CPU and memory of all that run: of how many there were figures. */
  sample(): Promise<number>;
  stop(workspaceId: string): Promise<void>;
  /** Takes everything of it away. */
  remove(workspaceId: string): Promise<void>;
  /** Forgets what was stored for it. */
  close(): Promise<void>;
}

export interface SideDeps {
  docker: Docker;
  prisma: PrismaClient;
  image: string;
}

const SIZE = { memoryMb: 256, cpuPercent: 100, storageMb: 1024 };
/** Beside all that the engine's own pools and other installations have. */
const SUBNET_POOL = { leasehold: '10.252.0.0/17', dockerode: '10.252.128.0/17' };
/** Many start at once on few cores. */
const HEALTHY_WITHIN_MS = 180_000;
const ACCOUNT = 'bench';

/**
 * What a host's worker does: networks, volumes, ownership, admission, limits that are verified, the stored generation before
 * each change; lists what runs beside what should; keeps a history of what it samples.
 */
export async function leaseholdSide(deps: SideDeps, ids: readonly string[]): Promise<WorkspaceSide> {
  const { docker, prisma, image } = deps;
  const place = { hostId: `bench-${randomUUID().slice(0, 8)}`, installation: randomUUID() };
  await storeWorkspaces(prisma, place.hostId, ids);
  const store = createHostStore(prisma, place.hostId);
  const converge = createConvergeWorkspace({
    ...place,
    docker,
    readDesiredGeneration: async (id) =>
      (await prisma.workspace.findUnique({ where: { id }, select: { desiredGeneration: true } }))?.desiredGeneration ??
      null,
    recordIncident: store.recordIncident,
    image,
    capacity: { memoryMb: SIZE.memoryMb * ids.length, cpuPercent: SIZE.cpuPercent },
    subnetPool: SUBNET_POOL.leasehold,
    internalToken: randomUUID(),
    healthyWithinMs: HEALTHY_WITHIN_MS,
    log: createLogger('bench', 'warn'),
  } satisfies ConvergeDeps);
  const readHost = createHostReader({ docker, ...place });
  const history = createSampleHistory(prisma, place.hostId);
  const become = async (workspaceId: string, state: 'running' | 'stopped' | 'deleted') => {
    const now = new Date().toISOString();
    await converge({ accountId: ACCOUNT, workspaceId, generation: 1, desired: { state, size: SIZE }, now });
  };
  return {
    name: 'leasehold',
    start: (id) => become(id, 'running'),
    stop: (id) => become(id, 'stopped'),
    remove: (id) => become(id, 'deleted'),
    async list() {
      const label = [`${INSTALLATION_LABEL}=${place.installation}`, `${HOST_LABEL}=${place.hostId}`];
      const [running] = await Promise.all([
        docker.listContainers({ filters: { label, status: ['running'] } }),
        store.readSettledWishes(),
      ]);
      return running.length;
    },
    async sample() {
      const readings = await readHost();
      const uses = [...readings].map(
        ([workspaceId, reading]): WorkspaceUse => ({
          workspaceId,
          seconds: 10,
          cpuPercent: 0,
          starts: 0,
          ...reading,
        }),
      );
      await history.save(new Date(Math.floor(Date.now() / 10_000) * 10_000), uses);
      return readings.size;
    },
    async close() {
      await prisma.account.delete({ where: { id: place.hostId } });
      await prisma.user.delete({ where: { id: place.hostId } });
    },
  };
}

/** The least that does the same: bare calls of dockerode, one after the other, with nothing checked. */
export async function dockerodeSide({ docker, image }: SideDeps): Promise<WorkspaceSide> {
  const { Id: imageId } = await docker.getImage(image).inspect();
  const label = `bench.raw=${randomUUID()}`;
  const taken: string[] = [];
  const nameOf = (id: string) => `bench-raw-${id}`;
  const running = () => docker.listContainers({ filters: { label: [label], status: ['running'] } });

  async function gatewayAnswers(container: Docker.Container): Promise<void> {
    const url = gatewayUrl(await container.inspect());
    const giveUpAt = Date.now() + HEALTHY_WITHIN_MS;
    for (;;) {
      const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) }).catch(() => null);
      await answer?.body?.cancel();
      if (answer?.ok) return;
      if (Date.now() > giveUpAt) throw new Error(`${url} did not answer.`);
      await delay(200);
    }
  }

  return {
    name: 'dockerode',
    async start(id) {
      const subnet = freeSubnet(SUBNET_POOL.dockerode, taken) ?? '';
      taken.push(subnet);
      const Labels = { 'bench.raw': label.split('=')[1] ?? '' };
      const network = await docker.createNetwork({
        Name: nameOf(id),
        Labels,
        IPAM: { Driver: 'default', Config: [{ Subnet: subnet }] },
      });
      await docker.createVolume({ Name: nameOf(id), Labels });
      const owner = { installation: 'bench-raw', hostId: 'raw', accountId: ACCOUNT, workspaceId: id };
      const options = containerOptions({ owner, imageId, token: 'bench' }, SIZE, network.id);
      const container = await docker.createContainer({
        ...options,
        name: nameOf(id),
        Labels,
        HostConfig: {
          ...options.HostConfig,
          ...dockerLimits(SIZE),
          Mounts: [{ Type: 'volume', Source: nameOf(id), Target: '/data' }],
        },
      });
      await container.start();
      await gatewayAnswers(container);
    },
    list: async () => (await running()).length,
    async sample() {
      const all = await running();
      const stats = await Promise.all(
        all.map(({ Id }) => docker.getContainer(Id).stats({ stream: false, 'one-shot': true })),
      );
      return stats.length;
    },
    stop: (id) => docker.getContainer(nameOf(id)).stop({ t: 10 }),
    async remove(id) {
      await docker.getContainer(nameOf(id)).remove({ force: true });
      await docker.getNetwork(nameOf(id)).remove();
      await docker.getVolume(nameOf(id)).remove();
    },
    close: async () => {},
  };
}

async function storeWorkspaces(prisma: PrismaClient, hostId: string, ids: readonly string[]): Promise<void> {
  const at = new Date();
  const userId = hostId;
  await prisma.user.create({ data: { id: userId, name: 'Bench', email: `${userId}@leasehold.test` } });
  await prisma.account.create({
    data: {
      ...{ id: userId, userId, planId: 'bench', standing: 'active', standingSince: at, version: 1 },
      ...{ state: {}, view: {}, savedAt: at },
    },
  });
  await prisma.workspace.createMany({
    data: ids.map((id) => ({
      ...{ id, accountId: userId, hostId, name: id, ownerWants: 'running', desiredState: 'running' },
      ...{ desiredGeneration: 1, observedGeneration: 1, observedState: 'running' },
      ...SIZE,
    })),
  });
}
