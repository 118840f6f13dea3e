import { join } from 'node:path';
import type Docker from 'dockerode';
import {
  type ConvergeDeps,
  type ConvergeWorkspace,
  createConvergeWorkspace,
} from '#activities/workspaces/converge-workspace.ts';
import { createDataVolumes, type DataVolumes } from '#activities/workspaces/data-volumes.ts';
import { type HostCapacity, readHostCapacity } from '#activities/workspaces/host-capacity.ts';
import { findWorkspaceStorage, type WorkspaceStorage } from '#activities/workspaces/workspace-storage.ts';
import type { PrismaClient } from '#prisma/client.ts';
import { keepTrying } from '#telemetry/keep-trying.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { createHostStore } from './host-store.ts';
import type { WorkerSettings } from './settings.ts';

export interface OpenHostDeps {
  settings: WorkerSettings;
  docker: Docker;
  prisma: PrismaClient;
  hostStore: ReturnType<typeof createHostStore>;
  signal: AbortSignal;
  log: Logger;
}

/** What this worker knows of its Docker host once that answers, and what changes workspaces on it. */
export interface OpenHost {
  capacity: HostCapacity;
  storage: WorkspaceStorage;
  convergeDeps: ConvergeDeps;
  /** The one for all callers: it holds the lanes in which a workspace's changes wait for each other. */
  converge: ConvergeWorkspace;
  volumes: DataVolumes;
}

/** Waits for the Docker engine, and for space on its disk: whether storage can be limited is tried there. */
export function openHost({ settings, docker, prisma, hostStore, signal, log }: OpenHostDeps): Promise<OpenHost> {
  const open = async (): Promise<OpenHost> => {
    const capacity = await readHostCapacity(docker, {
      memoryMb: settings.LEASEHOLD_HOST_MEMORY_MB,
      cpuPercent: settings.LEASEHOLD_HOST_CPU_PERCENT,
    });
    const hostId = settings.LEASEHOLD_HOST_ID;
    const storage = await findWorkspaceStorage({
      docker,
      dockerHost: settings.DOCKER_HOST,
      // Two hosts on one machine may be told the same folder.
      folder: settings.LEASEHOLD_STORAGE_DIR && join(settings.LEASEHOLD_STORAGE_DIR, hostId),
      image: settings.LEASEHOLD_WORKSPACE_IMAGE,
      log,
    });
    const convergeDeps = {
      docker,
      readDesiredGeneration: async (id) => {
        const row = await prisma.workspace.findUnique({ where: { id }, select: { desiredGeneration: true } });
        return row?.desiredGeneration ?? null;
      },
      hostId,
      installation: settings.LEASEHOLD_INSTALLATION,
      image: settings.LEASEHOLD_WORKSPACE_IMAGE,
      capacity,
      recordIncident: hostStore.recordIncident,
      storage,
      subnetPool: settings.LEASEHOLD_SUBNET_POOL,
      internalToken: settings.LEASEHOLD_INTERNAL_TOKEN,
      log,
    } satisfies ConvergeDeps;
    const volumes = createDataVolumes(convergeDeps);
    // Of copies that a kill has cut off.
    await volumes.letGo();
    return { capacity, storage, convergeDeps, converge: createConvergeWorkspace(convergeDeps), volumes };
  };
  return keepTrying('the Docker host can not be used yet', open, { log, signal });
}
