import { serve } from '@hono/node-server';
import { Client } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createBillingOffActivities, reconciliationOff } from '#activities/billing-off.ts';
import { createMailActivities } from '#activities/mail/send.ts';
import { createMoneyTables } from '#activities/money.ts';
import { createReadModelActivities } from '#activities/read-model.ts';
import { createReconciliationActivities } from '#activities/reconciliation/create-reconciliation-activities.ts';
import { createStripeActivities } from '#activities/stripe.ts';
import { type ConvergeDeps, createConvergeWorkspace } from '#activities/workspaces/converge-workspace.ts';
import { createWorkspaceActivities } from '#activities/workspaces/create-workspace-activities.ts';
import { createDockerClient } from '#activities/workspaces/docker-client.ts';
import { readHostCapacity } from '#activities/workspaces/host-capacity.ts';
import { startHostReconciler } from '#activities/workspaces/reconcile-host.ts';
import { createStripe } from '#billing/stripe-client.ts';
import { loadCatalog } from '#catalogs/load.ts';
import { createMailer } from '#mail/mailer.ts';
import { createPrisma } from '#prisma/client.ts';
import { describeUnknown, unknownSettings } from '#settings/unknown-settings.ts';
import { createLogger } from '#telemetry/logger.ts';
import { SUBSCRIPTION_TASK_QUEUE, workspaceTaskQueue } from '#workflows/subscription/messages.ts';
import { accountWorkflows } from './account-workflows.ts';
import { registerHost } from './host-registration.ts';
import { createInternalEndpoint } from './internal-endpoint.ts';
import { createLiveSampler } from './live-sampler.ts';
import { ensureReconciliationSchedules, RECONCILIATION_WORKER } from './reconciliation.ts';
import { requireSearchAttributes } from './require-search-attributes.ts';
import { parseWorkerSettings } from './settings.ts';
import { readSettledWishes } from './settled-wishes.ts';
import { createWorkerMetrics } from './worker-metrics.ts';
import { workflowBundle } from './workflow-bundle.ts';

/** Workflows that stay in memory: more than are active at once, or each message replays a history. */
const CACHED_WORKFLOWS = 2_000;
const SHUTDOWN_GRACE_MS = 10_000;

const settings = parseWorkerSettings(process.env);
const log = createLogger('worker', settings.LOG_LEVEL);
for (const unknown of unknownSettings(process.env)) log.warn(describeUnknown(unknown));
Runtime.install({
  shutdownSignals: [],
  logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
    const write = level === 'ERROR' ? log.error : level === 'WARN' ? log.warn : level === 'INFO' ? log.info : log.debug;
    write.call(log, meta ?? {}, message);
  }),
});

const prisma = createPrisma(settings.DATABASE_URL, { maxConnections: 10 });
const docker = createDockerClient(settings.DOCKER_HOST);
const capacity = await readHostCapacity(docker, {
  memoryMb: settings.LEASEHOLD_HOST_MEMORY_MB,
  cpuPercent: settings.LEASEHOLD_HOST_CPU_PERCENT,
});
const hostId = settings.LEASEHOLD_HOST_ID;

const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
const connection = await NativeConnection.connect(connectionOptions);
await requireSearchAttributes(connection, namespace, log);
const bundle = { codePath: await workflowBundle() };
const shared = { connection, namespace, shutdownGraceTime: SHUTDOWN_GRACE_MS };

const { STRIPE_SECRET_KEY: stripeKey } = settings;
const stripe = stripeKey === undefined ? null : createStripe(stripeKey, settings.STRIPE_API_BASE);
const catalog = loadCatalog(settings.LEASEHOLD_CATALOG, process.env);
const stripeActivities = stripe
  ? createStripeActivities({ stripe, catalog, money: createMoneyTables({ prisma }) })
  : createBillingOffActivities({ catalog });
const subscriptions = await Worker.create({
  ...shared,
  taskQueue: SUBSCRIPTION_TASK_QUEUE,
  workflowBundle: bundle,
  maxCachedWorkflows: CACHED_WORKFLOWS,
  activities: {
    ...stripeActivities,
    ...createReadModelActivities({ prisma }),
    ...createMailActivities({
      prisma,
      mailer: createMailer({ smtpUrl: settings.SMTP_URL, from: settings.MAIL_FROM }),
      webOrigin: settings.LEASEHOLD_WEB_ORIGIN,
    }),
  },
});
const client = new Client({ connection, namespace });
const metrics = createWorkerMetrics(prisma);
const reconciliation = await Worker.create({
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
});
if (stripe) await ensureReconciliationSchedules(client.schedule);
else log.warn('billing is off: there is no STRIPE_SECRET_KEY. Nothing is read from Stripe and nothing is reconciled');
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
  subnetPool: settings.LEASEHOLD_SUBNET_POOL,
  internalToken: settings.LEASEHOLD_INTERNAL_TOKEN,
  log,
} satisfies ConvergeDeps;
// One converge for both callers: it holds the lanes in which a workspace's changes wait for each other.
const converge = createConvergeWorkspace(convergeDeps);
const workspaces = await Worker.create({
  ...shared,
  taskQueue: workspaceTaskQueue(hostId),
  activities: createWorkspaceActivities(convergeDeps, converge),
});

const reconciler = startHostReconciler({
  docker,
  converge,
  readSettledWishes: () => readSettledWishes(prisma, hostId),
  hostId,
  installation: settings.LEASEHOLD_INSTALLATION,
  log,
});
const sampler = createLiveSampler({ docker, log });
const endpoint = createInternalEndpoint({
  docker,
  sampler,
  hostId,
  installation: settings.LEASEHOLD_INSTALLATION,
  internalToken: settings.LEASEHOLD_INTERNAL_TOKEN,
  isKnown: async (id) => (await prisma.workspace.count({ where: { id, hostId } })) > 0,
  checks: {
    temporal: () => connection.workflowService.getSystemInfo({}),
    postgres: () => prisma.$queryRaw`SELECT 1`,
  },
  metrics: metrics.registry,
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
  log,
});

const workers = [subscriptions, reconciliation, workspaces];
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
sampler.stop();
server.close();
await connection.close();
await prisma.$disconnect();
log.info('stopped');
