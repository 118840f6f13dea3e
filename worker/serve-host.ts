import type Docker from 'dockerode';
import { createWorkspaceActivities } from '#activities/workspaces/create-workspace-activities.ts';
import { createHostReporter } from '#activities/workspaces/host-reporter.ts';
import type { Isolation } from '#activities/workspaces/isolation.ts';
import { startMeasuringStorage } from '#activities/workspaces/measure-storage.ts';
import { createWorkspaceMover } from '#activities/workspaces/move-workspace.ts';
import { startHostReconciler } from '#activities/workspaces/reconcile-host.ts';
import type { PrismaClient } from '#prisma/client.ts';
import type { Logger } from '#telemetry/logger.ts';
import { registerHost } from './host-registration.ts';
import type { createHostStore } from './host-store.ts';
import type { OpenHost } from './open-host.ts';
import { PRODUCT_VERSION } from './product-version.ts';
import { readHome } from './read-home.ts';
import { createSampleHistory } from './sample-history.ts';
import { createHostReader, startSampling } from './sample-workspaces.ts';
import type { WorkerSettings } from './settings.ts';
import type { WorkerMetrics } from './worker-metrics.ts';

export interface KeepHostDeps {
  settings: WorkerSettings;
  docker: Docker;
  prisma: PrismaClient;
  host: OpenHost;
  hostStore: ReturnType<typeof createHostStore>;
  isolation: Isolation;
  /** Tells an account's workflow what its host saw. Rejects while Temporal is away. */
  sendReports: Parameters<typeof createHostReporter>[0];
  metrics: WorkerMetrics;
  log: Logger;
}

/** What a host's worker does without any workflow: it needs neither Temporal nor the API. Each part goes on after what fails. */
export async function keepHost(deps: KeepHostDeps): Promise<{ stop(): Promise<void> }> {
  const { settings, docker, prisma, host, hostStore, isolation, metrics, log } = deps;
  const { LEASEHOLD_HOST_ID: hostId, LEASEHOLD_INSTALLATION: installation } = settings;
  await isolation.enforce();
  const reporter = createHostReporter(deps.sendReports, log);
  const registration = registerHost({
    prisma,
    hostId,
    internalUrl: settings.LEASEHOLD_WORKER_URL ?? `http://127.0.0.1:${settings.LEASEHOLD_WORKER_PORT}`,
    capacity: host.capacity,
    labels: settings.LEASEHOLD_HOST_LABELS,
    version: PRODUCT_VERSION,
    log,
  });
  const measuring = startMeasuringStorage(
    { docker, store: hostStore, reporter, storage: host.storage, installation, log },
    { everyMs: settings.LEASEHOLD_STORAGE_LOOK_SECONDS * 1000 },
  );
  const reconciler = startHostReconciler(
    {
      docker,
      converge: host.converge,
      store: hostStore,
      reporter,
      enforceIsolation: isolation.enforce,
      hostId,
      installation,
      onStrangers: metrics.strangers,
      log,
    },
    { everyMs: settings.LEASEHOLD_HOST_LOOK_SECONDS * 1000 },
  );
  const sampling = startSampling({
    readHost: createHostReader({ docker, hostId, installation }),
    history: createSampleHistory(prisma, hostId),
    log,
  });
  return {
    async stop() {
      registration.stop();
      await reconciler.stop();
      await measuring.stop();
      await sampling.stop();
    },
  };
}

/** The activities that workflows ask of this host. */
export function hostActivities({
  settings,
  prisma,
  host,
}: Pick<KeepHostDeps, 'settings' | 'prisma' | 'host'>): ReturnType<typeof createWorkspaceActivities> {
  return createWorkspaceActivities(
    host.converge,
    createWorkspaceMover({
      ...host.convergeDeps,
      internalToken: settings.LEASEHOLD_INTERNAL_TOKEN,
      volumes: host.volumes,
      converge: host.converge,
      readHome: (id) => readHome(prisma, id),
      readHostUrl: async (id) => (await prisma.host.findUnique({ where: { id } }))?.internalUrl ?? null,
    }),
  );
}
