import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { Client } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createBillingOffActivities, reconciliationOff } from '#activities/billing-off.ts';
import { createMailActivities } from '#activities/mail/send.ts';
import { createMoneyTables } from '#activities/money.ts';
import { createPlacementActivities } from '#activities/placement.ts';
import { createReadModelActivities } from '#activities/read-model.ts';
import { createReconciliationActivities } from '#activities/reconciliation/create-reconciliation-activities.ts';
import { createStripeActivities } from '#activities/stripe.ts';
import { type ConvergeDeps, createConvergeWorkspace } from '#activities/workspaces/converge-workspace.ts';
import { createWorkspaceActivities } from '#activities/workspaces/create-workspace-activities.ts';
import { createDataVolumes } from '#activities/workspaces/data-volumes.ts';
import { createDockerClient } from '#activities/workspaces/docker-client.ts';
import { unlessMissing } from '#activities/workspaces/engine-error.ts';
import { readHostCapacity } from '#activities/workspaces/host-capacity.ts';
import { createHostReporter } from '#activities/workspaces/host-reporter.ts';
import { createIsolation } from '#activities/workspaces/isolation.ts';
import { startMeasuringStorage } from '#activities/workspaces/measure-storage.ts';
import { createWorkspaceMover } from '#activities/workspaces/move-workspace.ts';
import { objectName } from '#activities/workspaces/ownership.ts';
import { startHostReconciler } from '#activities/workspaces/reconcile-host.ts';
import { findWorkspaceStorage } from '#activities/workspaces/workspace-storage.ts';
import { createStripe } from '#billing/stripe-client.ts';
import { loadCatalog } from '#catalogs/load.ts';
import { createMailer } from '#mail/mailer.ts';
import { createPrisma } from '#prisma/client.ts';
import { describeUnknown, unknownSettings } from '#settings/unknown-settings.ts';
import { createFindTroubles } from '#support/find-troubles.ts';
import { watchAccounts } from '#support/watch-accounts.ts';
import { createLogger } from '#telemetry/logger.ts';
import { SUBSCRIPTION_TASK_QUEUE, workspaceTaskQueue } from '#workflows/subscription/messages.ts';
import { accountWorkflows, sendHostReports } from './account-workflows.ts';
import { createDataRoutes } from './data-routes.ts';
import { registerHost } from './host-registration.ts';
import { createHostStore } from './host-store.ts';
import { createInternalEndpoint } from './internal-endpoint.ts';
import { createLiveSampler } from './live-sampler.ts';
import { PRODUCT_VERSION } from './product-version.ts';
import { readHome } from './read-home.ts';
import { ensureReconciliationSchedules, RECONCILIATION_WORKER } from './reconciliation.ts';
import { requireSearchAttributes } from './require-search-attributes.ts';
import { createSampleHistory } from './sample-history.ts';
import { createHostReader, startSampling } from './sample-workspaces.ts';
import { parseWorkerSettings } from './settings.ts';
import { installTemporalRuntime } from './temporal-runtime.ts';
import { createWorkerMetrics } from './worker-metrics.ts';
import { workflowBundle } from './workflow-bundle.ts';
import { createWorkflowSinks } from './workflow-sinks.ts';

/** Workflows that stay in memory: more than are active at once, or each message replays a history. */
const CACHED_WORKFLOWS = 2_000;
const SHUTDOWN_GRACE_MS = 10_000;
/** Somebody waits for what the endpoint looks up: an engine that hangs is said soon. */
const LOOK_SILENCE_MS = 5_000;

const settings = parseWorkerSettings(process.env);
const log = createLogger('worker', settings.LOG_LEVEL);
for (const unknown of unknownSettings(process.env)) log.warn(describeUnknown(unknown));
const prisma = createPrisma(settings.DATABASE_URL, {
  maxConnections: 10,
  applicationName: 'leasehold-worker',
  // Many saves at once wait for a connection; a server that hangs is noticed all the same.
  deadlines: { connectMs: 30_000, statementMs: 15_000, answerMs: 17_000 },
});
const metrics = createWorkerMetrics(prisma);
installTemporalRuntime(log, metrics.workflowTaskFailed);
const docker = createDockerClient(settings.DOCKER_HOST);
const capacity = await readHostCapacity(docker, {
  memoryMb: settings.LEASEHOLD_HOST_MEMORY_MB,
  cpuPercent: settings.LEASEHOLD_HOST_CPU_PERCENT,
});
const hostId = settings.LEASEHOLD_HOST_ID;

const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
const connection = await NativeConnection.connect(connectionOptions);
await requireSearchAttributes(connection, namespace, log);
const servesAccounts = settings.LEASEHOLD_WORKER_ROLE === 'all';
const bundle = servesAccounts ? { codePath: settings.LEASEHOLD_WORKFLOW_BUNDLE ?? (await workflowBundle()) } : null;
const shared = { connection, namespace, shutdownGraceTime: SHUTDOWN_GRACE_MS };

const { STRIPE_SECRET_KEY: stripeKey } = settings;
const stripe = stripeKey === undefined ? null : createStripe(stripeKey, settings.STRIPE_API_BASE);
const catalog = loadCatalog(settings.LEASEHOLD_CATALOG, process.env);
const stripeActivities = stripe
  ? createStripeActivities({ stripe, catalog, money: createMoneyTables({ prisma }) })
  : createBillingOffActivities({ catalog });
const subscriptions =
  bundle &&
  (await Worker.create({
    ...shared,
    taskQueue: SUBSCRIPTION_TASK_QUEUE,
    workflowBundle: bundle,
    maxCachedWorkflows: CACHED_WORKFLOWS,
    sinks: createWorkflowSinks(metrics),
    activities: {
      ...stripeActivities,
      ...createReadModelActivities({ prisma }),
      ...createMailActivities({
        prisma,
        mailer: createMailer({ smtpUrl: settings.SMTP_URL, from: settings.MAIL_FROM }),
        webOrigin: settings.LEASEHOLD_WEB_ORIGIN,
      }),
      ...createPlacementActivities({ prisma, policy: { cpuOvercommit: settings.LEASEHOLD_CPU_OVERCOMMIT } }),
    },
  }));
const client = new Client({ connection, namespace });
const reconciliation =
  bundle &&
  (await Worker.create({
    ...shared,
    ...RECONCILIATION_WORKER,
    workflowBundle: bundle,
    activities: stripe
      ? createReconciliationActivities({
          prisma,
          stripe,
          readBilling: stripeActivities.readBilling,
          ...accountWorkflows(client),
          metrics: metrics.reconciliation,
          log,
          perSecond: settings.LEASEHOLD_RECONCILE_PER_SECOND,
          confirmAfterMs: settings.LEASEHOLD_RECONCILE_CONFIRM_SECONDS * 1_000,
        })
      : reconciliationOff,
  }));
if (stripe === null)
  log.warn('billing is off: there is no STRIPE_SECRET_KEY. Nothing is read from Stripe and nothing is reconciled');
else if (servesAccounts) await ensureReconciliationSchedules(client.schedule);
const hostStore = createHostStore(prisma, hostId);
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
// One converge for both callers: it holds the lanes in which a workspace's changes wait for each other.
const converge = createConvergeWorkspace(convergeDeps);
const volumes = createDataVolumes(convergeDeps);
// Of copies that a kill has cut off.
await volumes.letGo();
const workspaces = await Worker.create({
  ...shared,
  taskQueue: workspaceTaskQueue(hostId),
  activities: createWorkspaceActivities(
    converge,
    createWorkspaceMover({
      ...convergeDeps,
      volumes,
      converge,
      readHome: (id) => readHome(prisma, id),
      readHostUrl: async (id) => (await prisma.host.findUnique({ where: { id } }))?.internalUrl ?? null,
    }),
  ),
});

const isolation = createIsolation({
  policy: { subnetPool: settings.LEASEHOLD_SUBNET_POOL, egress: settings.LEASEHOLD_EGRESS },
  dockerHost: settings.DOCKER_HOST,
  log,
});
await isolation.enforce();
const reporter = createHostReporter((accountId, reports) => sendHostReports(client, accountId, reports), log);
const measuring = startMeasuringStorage(
  { docker, store: hostStore, reporter, storage, installation: settings.LEASEHOLD_INSTALLATION, log },
  { everyMs: settings.LEASEHOLD_STORAGE_LOOK_SECONDS * 1000 },
);
const reconciler = startHostReconciler(
  {
    docker,
    converge,
    store: hostStore,
    reporter,
    enforceIsolation: isolation.enforce,
    hostId,
    installation: settings.LEASEHOLD_INSTALLATION,
    onStrangers: metrics.strangers,
    log,
  },
  { everyMs: settings.LEASEHOLD_HOST_LOOK_SECONDS * 1000 },
);
const sampler = createLiveSampler({ docker, log });
const sampling = startSampling({
  readHost: createHostReader({ docker, hostId, installation: settings.LEASEHOLD_INSTALLATION }),
  history: createSampleHistory(prisma, hostId),
  log,
});
const watch = servesAccounts ? watchAccounts({ findTroubles: createFindTroubles({ prisma, client, log }), log }) : null;
if (watch) metrics.watch(watch.newest);
const endpoint = createInternalEndpoint({
  docker: createDockerClient(settings.DOCKER_HOST, { silenceMs: LOOK_SILENCE_MS }),
  patientDocker: createDockerClient(settings.DOCKER_HOST, { silenceMs: 0 }),
  sampler,
  hostId,
  installation: settings.LEASEHOLD_INSTALLATION,
  internalToken: settings.LEASEHOLD_INTERNAL_TOKEN,
  isKnown: async (id) => (await prisma.workspace.count({ where: { id, hostId } })) > 0,
  checks: {
    temporal: () => connection.workflowService.getSystemInfo({}),
    postgres: () => prisma.$queryRaw`SELECT 1`,
  },
  dataRoutes: createDataRoutes({
    volumes,
    isDown: async (id) => {
      const container = docker.getContainer(
        objectName({ installation: settings.LEASEHOLD_INSTALLATION, workspaceId: id }),
      );
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
  limits: () => ({ isolation: isolation.state(), storage: storage.softBecause ?? 'hard' }),
  log,
});
const server = serve({
  fetch: endpoint.fetch,
  hostname: settings.LEASEHOLD_LISTEN,
  port: settings.LEASEHOLD_WORKER_PORT,
});
const registration = await registerHost({
  prisma,
  hostId,
  internalUrl: settings.LEASEHOLD_WORKER_URL ?? `http://127.0.0.1:${settings.LEASEHOLD_WORKER_PORT}`,
  capacity,
  labels: settings.LEASEHOLD_HOST_LABELS,
  version: PRODUCT_VERSION,
  log,
});

const workers = [subscriptions, reconciliation, workspaces].filter((worker) => worker !== null);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    log.info({ signal }, 'stopping: work in hand is finished, nothing new is taken');
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  });
}
log.info({ hostId, capacity }, 'ready');
await Promise.all(workers.map((worker) => worker.run()));

registration.stop();
await reconciler.stop();
await measuring.stop();
await sampling.stop();
await watch?.stop();
sampler.stop();
server.close();
// Whoever watches a workspace or follows its log would keep this process.
if ('closeAllConnections' in server) server.closeAllConnections();
await connection.close();
await prisma.$disconnect();
log.info('stopped');
