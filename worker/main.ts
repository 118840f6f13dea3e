import { setTimeout as delay } from 'node:timers/promises';
import { serve } from '@hono/node-server';
import { Client } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { type NativeConnection, Worker } from '@temporalio/worker';
import { createDataVolumes } from '#activities/workspaces/data-volumes.ts';
import { createDockerClient } from '#activities/workspaces/docker-client.ts';
import { unlessMissing } from '#activities/workspaces/engine-error.ts';
import { createIsolation } from '#activities/workspaces/isolation.ts';
import { objectName } from '#activities/workspaces/ownership.ts';
import { loadCatalog } from '#catalogs/load.ts';
import { createPrisma } from '#prisma/client.ts';
import { readOrEnd } from '#settings/read-or-end.ts';
import { describeUnknown, unknownSettings } from '#settings/unknown-settings.ts';
import { createFindTroubles } from '#support/find-troubles.ts';
import { watchAccounts } from '#support/watch-accounts.ts';
import { createLogger } from '#telemetry/logger.ts';
import { outliveLosses } from '#telemetry/outlive-losses.ts';
import { outliveServerErrors } from '#telemetry/outlive-server-errors.ts';
import { workspaceTaskQueue } from '#workflows/subscription/messages.ts';
import { sendHostReports } from './account-workflows.ts';
import { createDataRoutes } from './data-routes.ts';
import { createHostStore } from './host-store.ts';
import { createInternalEndpoint } from './internal-endpoint.ts';
import { createLiveSampler } from './live-sampler.ts';
import { type OpenHost, openHost } from './open-host.ts';
import { serveAccounts } from './serve-accounts.ts';
import { hostActivities, keepHost } from './serve-host.ts';
import { serveQueues } from './serve-queues.ts';
import { parseWorkerSettings } from './settings.ts';
import { createStanding } from './standing.ts';
import { connectTemporal } from './temporal.ts';
import { installTemporalRuntime } from './temporal-runtime.ts';
import { createWorkerMetrics } from './worker-metrics.ts';

const SHUTDOWN_GRACE_MS = 10_000;
/** Somebody waits for what the endpoint looks up: an engine that hangs is said soon. */
const LOOK_SILENCE_MS = 5_000;
const CLOSED_WITHIN_MS = 3_000;

// What a person has to put right ends the process here. Whatever may be away for a while is waited for below.
const settings = readOrEnd(() => parseWorkerSettings(process.env));
const log = createLogger('worker', settings.LOG_LEVEL);
outliveLosses(log);
for (const unknown of unknownSettings(process.env)) log.warn(describeUnknown(unknown));
const catalog = readOrEnd(() => loadCatalog(settings.LEASEHOLD_CATALOG, process.env));
const docker = readOrEnd(() => createDockerClient(settings.DOCKER_HOST));
const { connectionOptions, namespace = 'default' } = readOrEnd(() => loadClientConnectConfig());

const { LEASEHOLD_HOST_ID: hostId, LEASEHOLD_INSTALLATION: installation } = settings;
const isForAccounts = settings.LEASEHOLD_WORKER_ROLE === 'all';
const stopping = new AbortController();
const { signal } = stopping;
const standing = createStanding([...(isForAccounts ? ['accounts'] : []), 'workspaces']);
const prisma = createPrisma(settings.DATABASE_URL, {
  maxConnections: 10,
  applicationName: 'leasehold-worker',
  // Many saves at once wait for a connection; a server that hangs is noticed all the same.
  deadlines: { connectMs: 30_000, statementMs: 15_000, answerMs: 17_000 },
});
const metrics = createWorkerMetrics(prisma);
installTemporalRuntime(log, metrics.workflowTaskFailed);
const hostStore = createHostStore(prisma, hostId);
const isolation = createIsolation({
  policy: { subnetPool: settings.LEASEHOLD_SUBNET_POOL, egress: settings.LEASEHOLD_EGRESS },
  dockerHost: settings.DOCKER_HOST,
  log,
});
let connection: NativeConnection | undefined;
let host: OpenHost | undefined;
let watch: ReturnType<typeof watchAccounts> | undefined;

const connected = connectTemporal(connectionOptions, { namespace, signal, log }).then((opened) => {
  connection = opened;
  return opened;
});
const opened = openHost({ settings, docker, prisma, hostStore, signal, log }).then((found) => {
  host = found;
  return found;
});

const sampler = createLiveSampler({ docker, log });
const endpoint = createInternalEndpoint({
  docker: createDockerClient(settings.DOCKER_HOST, { silenceMs: LOOK_SILENCE_MS }),
  patientDocker: createDockerClient(settings.DOCKER_HOST, { silenceMs: 0 }),
  sampler,
  hostId,
  installation,
  internalToken: settings.LEASEHOLD_INTERNAL_TOKEN,
  isKnown: async (id) => (await prisma.workspace.count({ where: { id, hostId } })) > 0,
  checks: {
    temporal: async () => temporalOf().workflowService.getSystemInfo({}),
    postgres: () => prisma.$queryRaw`SELECT 1`,
    ...standing.checks(),
  },
  dataRoutes: createDataRoutes({
    // To read alone: how volumes are made is the open host's to know.
    volumes: createDataVolumes({ docker, hostId, installation, image: settings.LEASEHOLD_WORKSPACE_IMAGE }),
    isDown: async (id) => {
      const container = docker.getContainer(objectName({ installation, workspaceId: id }));
      const [row, found] = await Promise.all([
        prisma.workspace.findFirst({ where: { id, hostId } }),
        unlessMissing(container.inspect()),
      ]);
      return row?.desiredState === 'stopped' && found?.State.Running !== true;
    },
  }),
  metrics: metrics.registry,
  accountsInTrouble: () => watch?.newest()?.counts,
  onAnswerRefused: metrics.answerRefused,
  limits: () => ({
    isolation: isolation.state(),
    storage: host ? (host.storage.softBecause ?? 'hard') : 'not known yet',
  }),
  log,
});
const server = serve({
  fetch: endpoint.fetch,
  hostname: settings.LEASEHOLD_LISTEN,
  port: settings.LEASEHOLD_WORKER_PORT,
});
outliveServerErrors(server, log, `Port ${settings.LEASEHOLD_WORKER_PORT} can't be used.`);

for (const name of ['SIGTERM', 'SIGINT'] as const) {
  process.once(name, () => {
    log.info({ signal: name }, 'stopping: work in hand is finished, nothing new is taken');
    stopping.abort();
  });
}

// Each waits for what it needs and for nothing else: money goes on without Docker, containers are kept without Temporal.
const work = [
  ...(isForAccounts ? [connected.then(accounts)] : []),
  Promise.all([connected, opened]).then(workspaces),
  opened.then(keep),
];
await Promise.all(
  work.map((each) =>
    each.catch((error: unknown) => {
      if (!signal.aborted) throw error;
    }),
  ),
);

await watch?.stop();
sampler.stop();
server.close();
// Whoever watches a workspace or follows its log would keep this process.
if ('closeAllConnections' in server) server.closeAllConnections();
// What hangs would keep it too.
await Promise.race([Promise.allSettled([connection?.close(), prisma.$disconnect()]), delay(CLOSED_WITHIN_MS)]);
log.info('stopped');
process.exit(0);

async function accounts(): Promise<void> {
  const client = new Client({ connection: temporalOf(), namespace });
  watch = watchAccounts({ findTroubles: createFindTroubles({ prisma, client, log }), log });
  metrics.watch(watch.newest);
  const shared = { settings, catalog, prisma, connection: temporalOf(), namespace, metrics, standing, signal, log };
  await serveAccounts({ ...shared, shutdownGraceTimeMs: SHUTDOWN_GRACE_MS });
}

async function workspaces([temporal, found]: [NativeConnection, OpenHost]): Promise<void> {
  const create = async () => [
    await Worker.create({
      connection: temporal,
      namespace,
      shutdownGraceTime: SHUTDOWN_GRACE_MS,
      taskQueue: workspaceTaskQueue(hostId),
      activities: hostActivities({ settings, prisma, host: found }),
    }),
  ];
  await serveQueues({ what: 'workspaces', create, standing, signal, log });
}

async function keep(found: OpenHost): Promise<void> {
  log.info({ hostId, capacity: found.capacity }, 'the Docker host is open');
  const keeping = await keepHost({
    ...{ settings, docker, prisma, host: found, hostStore, isolation, metrics, log },
    sendReports: (accountId, reports) =>
      sendHostReports(new Client({ connection: temporalOf(), namespace }), accountId, reports),
  });
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await keeping.stop();
}

function temporalOf(): NativeConnection {
  if (!connection) throw new Error('Temporal does not answer yet.');
  return connection;
}
