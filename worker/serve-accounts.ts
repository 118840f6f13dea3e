import { Client } from '@temporalio/client';
import { type NativeConnection, Worker } from '@temporalio/worker';
import { createBillingOffActivities, reconciliationOff } from '#activities/billing-off.ts';
import { createMailActivities } from '#activities/mail/send.ts';
import { createMoneyTables } from '#activities/money.ts';
import { createPlacementActivities } from '#activities/placement.ts';
import { createReadModelActivities } from '#activities/read-model.ts';
import { createReconciliationActivities } from '#activities/reconciliation/create-reconciliation-activities.ts';
import { createStripeActivities } from '#activities/stripe.ts';
import { createStripe } from '#billing/stripe-client.ts';
import type { Catalog } from '#domain/catalog.ts';
import { createMailer } from '#mail/mailer.ts';
import type { PrismaClient } from '#prisma/client.ts';
import type { Logger } from '#telemetry/logger.ts';
import { SUBSCRIPTION_TASK_QUEUE } from '#workflows/subscription/messages.ts';
import { accountWorkflows } from './account-workflows.ts';
import { ensureReconciliationSchedules, RECONCILIATION_WORKER } from './reconciliation.ts';
import { giveBack, serveQueues } from './serve-queues.ts';
import type { WorkerSettings } from './settings.ts';
import type { Standing } from './standing.ts';
import type { WorkerMetrics } from './worker-metrics.ts';
import { workflowBundle } from './workflow-bundle.ts';
import { createWorkflowSinks } from './workflow-sinks.ts';

/** Workflows that stay in memory: more than are active at once, or each message replays a history. */
const CACHED_WORKFLOWS = 2_000;

export interface ServeAccountsDeps {
  settings: WorkerSettings;
  catalog: Catalog;
  prisma: PrismaClient;
  connection: NativeConnection;
  namespace: string;
  shutdownGraceTimeMs: number;
  metrics: WorkerMetrics;
  standing: Standing;
  signal: AbortSignal;
  log: Logger;
}

/** The workflows of all accounts and of their reconciliation with Stripe, until the process stops. */
export async function serveAccounts(deps: ServeAccountsDeps): Promise<void> {
  const { settings, catalog, prisma, connection, namespace, metrics, standing, signal, log } = deps;
  const { STRIPE_SECRET_KEY: stripeKey } = settings;
  const stripe = stripeKey === undefined ? null : createStripe(stripeKey, settings.STRIPE_API_BASE);
  const stripeActivities = stripe
    ? createStripeActivities({ stripe, catalog, money: createMoneyTables({ prisma }) })
    : createBillingOffActivities({ catalog });
  const client = new Client({ connection, namespace });
  const activities = {
    ...stripeActivities,
    ...createReadModelActivities({ prisma }),
    ...createMailActivities({
      prisma,
      mailer: createMailer({ smtpUrl: settings.SMTP_URL, from: settings.MAIL_FROM }),
      webOrigin: settings.LEASEHOLD_WEB_ORIGIN,
    }),
    ...createPlacementActivities({ prisma, policy: { cpuOvercommit: settings.LEASEHOLD_CPU_OVERCOMMIT } }),
  };
  const reconciliation = stripe
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
    : reconciliationOff;

  if (stripe === null)
    log.warn('billing is off: there is no STRIPE_SECRET_KEY. Nothing is read from Stripe and nothing is reconciled');
  const create = async () => {
    const shared = {
      connection,
      namespace,
      shutdownGraceTime: deps.shutdownGraceTimeMs,
      workflowBundle: { codePath: settings.LEASEHOLD_WORKFLOW_BUNDLE ?? (await workflowBundle()) },
    };
    if (stripe !== null) await ensureReconciliationSchedules(client.schedule);
    const accounts = await Worker.create({
      ...shared,
      taskQueue: SUBSCRIPTION_TASK_QUEUE,
      maxCachedWorkflows: CACHED_WORKFLOWS,
      sinks: createWorkflowSinks(metrics),
      activities,
    });
    try {
      return [accounts, await Worker.create({ ...shared, ...RECONCILIATION_WORKER, activities: reconciliation })];
    } catch (error) {
      await giveBack(accounts);
      throw error;
    }
  };
  await serveQueues({ what: 'accounts', create, standing, signal, log });
}
