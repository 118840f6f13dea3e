import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { createDockerClient } from '#activities/workspaces/docker-client.ts';
import { HOST_LABEL } from '#activities/workspaces/ownership.ts';
import type { PlatformHandle } from '#platform/attach.ts';
import { startChild } from '#platform/child.ts';
import { ensureOwnDockerEngine } from '#platform/parts/docker-engine.ts';
import { leaveHost } from '#platform/parts/own-containers.ts';
import { freePort } from '#platform/ports.ts';
import { buildProgram } from '#platform/programs.ts';
import { answersOk, waitUntilReady } from '#platform/ready.ts';
import { ROOT } from '#platform/root.ts';
import type { PrismaClient } from '#prisma/client.ts';
import { createLogger } from '#telemetry/logger.ts';

/** A worker starts beside all else that the story has begun. */
const READY_WITHIN_MS = 180_000;

/** A further host of a running platform, for a story alone. */
export interface ExtraHost {
  id: string;
  docker: Docker;
  /** Ends its worker with SIGKILL. */
  killWorker(): Promise<void>;
  /** Starts it again; resolves once it is ready. */
  startWorker(): Promise<void>;
  /** Ends its worker, and its engine where it has one of its own, with all that is there of this installation. */
  close(): Promise<void>;
}

export interface ExtraHostOptions {
  /** Begins its id. */
  name: string;
  /** On an engine of its own, or on the platform's. */
  engine: 'own' | 'shared';
  /** What it says that it has, in MB. */
  memoryMb: number;
  /** IPv4 block of its workspaces' networks. */
  subnetPool: string;
}

/** Starts a worker that serves a host of its own, on an engine of its own or beside the platform's host on its engine. */
export async function openExtraHost(
  platform: PlatformHandle,
  prisma: PrismaClient,
  { name, engine, memoryMb, subnetPool }: ExtraHostOptions,
): Promise<ExtraHost> {
  const id = `${name}-${randomUUID().slice(0, 8)}`;
  const log = createLogger('story', 'warn');
  const folder = await mkdtemp(join(tmpdir(), 'leasehold-host-'));
  const { env } = platform;
  const undo: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const close = async () => {
    // What can't be undone keeps nothing else from being undone.
    for (const step of undo.splice(0).reverse())
      await step().catch((error: unknown) => log.warn({ err: error }, 'left behind'));
  };
  try {
    let dockerHost = env.DOCKER_HOST ?? '';
    if (engine === 'own') {
      const started = await ensureOwnDockerEngine({
        stateDir: join(folder, 'engine'),
        log,
        allowInstall: false,
        iptables: false,
        onProgress: () => {},
      });
      undo.push(() => started.stop());
      dockerHost = started.dockerHost;
      await copyImage(env.LEASEHOLD_WORKSPACE_IMAGE ?? '', env.DOCKER_HOST ?? '', dockerHost);
    }
    const docker = createDockerClient(dockerHost);
    const storageDir = join(folder, 'storage');
    undo.push(() => leaveHost({ LEASEHOLD_STORAGE_DIR: storageDir, LEASEHOLD_SUBNET_POOL: subnetPool }));
    undo.push(() => removeObjects(docker, id));
    const port = await freePort();
    const args = await buildProgram('worker');
    const start = () =>
      startChild({
        command: process.execPath,
        args,
        cwd: ROOT,
        env: {
          ...withoutTestRunner(process.env),
          ...env,
          DOCKER_HOST: dockerHost,
          LEASEHOLD_HOST_ID: id,
          LEASEHOLD_HOST_LABELS: 'made-by=story',
          LEASEHOLD_HOST_MEMORY_MB: String(memoryMb),
          LEASEHOLD_WORKER_URL: `http://127.0.0.1:${port}`,
          LEASEHOLD_STORAGE_DIR: storageDir,
          LEASEHOLD_SUBNET_POOL: subnetPool,
          LEASEHOLD_WORKER_PORT: String(port),
          LEASEHOLD_WORKER_ROLE: 'host',
        },
        logFile: join(folder, 'worker.log'),
        stopTimeoutMs: 20_000,
      });
    const isReady = () => answersOk(`http://127.0.0.1:${port}/ready`);
    const becomesReady = () =>
      waitUntilReady(worker, `The worker of host ${id}`, isReady, { timeoutMs: READY_WITHIN_MS });
    let worker = await start();
    undo.push(async () => {
      await worker.stop();
      await prisma.host.deleteMany({ where: { id } });
      await prisma.placement.deleteMany({ where: { hostId: id } });
    });
    await becomesReady();
    const startWorker = async () => {
      worker = await start();
      await becomesReady();
    };
    return { id, docker, killWorker: () => worker.kill(), startWorker, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Containers, volumes and networks of one host, which are nobody else's. */
async function removeObjects(docker: Docker, hostId: string): Promise<void> {
  const filters = { label: [`${HOST_LABEL}=${hostId}`] };
  for (const { Id } of await docker.listContainers({ all: true, filters }))
    await docker.getContainer(Id).remove({ force: true });
  const { Volumes } = await docker.listVolumes({ filters: JSON.stringify(filters) as never });
  for (const { Name } of Volumes ?? []) await docker.getVolume(Name).remove();
  for (const { Id } of await docker.listNetworks({ filters })) await docker.getNetwork(Id).remove();
}

async function copyImage(image: string, from: string, to: string): Promise<void> {
  const archive = (await createDockerClient(from).getImage(image).get()) as Readable;
  const target = createDockerClient(to);
  const loading = await target.loadImage(archive);
  await new Promise<void>((resolve, reject) =>
    target.modem.followProgress(loading, (error) => (error ? reject(error) : resolve())),
  );
}

function withoutTestRunner(env: NodeJS.ProcessEnv): Record<string, string | undefined> {
  const { NODE_ENV: _, ...rest } = env;
  return Object.fromEntries(Object.entries(rest).filter(([name]) => !name.startsWith('VITEST')));
}
