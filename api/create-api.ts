import { createStripe } from '#billing/stripe-client.ts';
import { loadCatalog } from '#catalogs/load.ts';
import { sizesOf } from '#domain/host-room.ts';
import { DAY_MS } from '#domain/time.ts';
import { createMailer } from '#mail/mailer.ts';
import { createPrisma } from '#prisma/client.ts';
import { readHostPromises } from '#prisma/host-promises.ts';
import { createFindTroubles } from '#support/find-troubles.ts';
import type { Logger } from '#telemetry/logger.ts';
import { createFindAccount } from './access/find-account.ts';
import { createEnsureAccounts } from './accounts/ensure-accounts.ts';
import { createExplainShortage } from './accounts/explain-shortage.ts';
import { createExportAccount } from './accounts/export-account.ts';
import { createHostClient } from './accounts/host-client.ts';
import { createListAccounts } from './accounts/list-accounts.ts';
import { createOpenAccount } from './accounts/open-account.ts';
import { createReadAccount } from './accounts/read-account.ts';
import { createReadHostRoom } from './accounts/read-host-room.ts';
import { createReadIncident } from './accounts/read-incident.ts';
import { createReadModel } from './accounts/read-model.ts';
import { createReserveHost } from './accounts/reserve-host.ts';
import { createSendCommand } from './accounts/send-command.ts';
import { type AppType, createApp } from './app.ts';
import { createAuditAuth } from './audit/audit-auth.ts';
import { createAuditLog } from './audit/audit-log.ts';
import { createAudited } from './audit/audited.ts';
import { createFindActor } from './audit/find-actor.ts';
import { createAuth } from './auth/auth.ts';
import { createAuthHandler } from './auth/auth-handler.ts';
import { DEMO_USER, ensureDemoUser } from './auth/ensure-demo-user.ts';
import { createFindPrincipal } from './auth/find-principal.ts';
import { createPostOffice } from './auth/post-office.ts';
import { offeredProviders } from './auth/sign-in-providers.ts';
import { createTakeTurn } from './billing/take-turn.ts';
import { billingSwitch, createWithBilling } from './billing/with-billing.ts';
import { createAcceptanceLoad } from './inbox/acceptance-load.ts';
import { createForwarder, type Forwarder, type ForwarderOptions } from './inbox/forwarder.ts';
import { createHintSignaller } from './inbox/hint-signaller.ts';
import { createInbox } from './inbox/inbox.ts';
import { createInboxPool } from './inbox/inbox-pool.ts';
import { createWalkNow } from './inbox/walk-now.ts';
import { createMetrics } from './metrics.ts';
import type { PeopleDeps } from './people/people-deps.ts';
import { createRateLimits, type RateRule } from './rate-limits.ts';
import { createReadiness } from './readiness.ts';
import type { ApiSettings } from './settings.ts';
import { createTemporalLink } from './temporal.ts';
import { createLookAtAccounts } from './troubled-accounts.ts';
import { createExecutions } from './workspaces/executions.ts';
import { createLiveHub } from './workspaces/live-hub.ts';
import { createReadUsageHistory } from './workspaces/usage-history.ts';

export interface Api {
  app: AppType;
  forwarder: Forwarder;
  /** Creates the demo user when its password is set. Rejects while PostgreSQL does not answer. */
  prepare(): Promise<void>;
  /** Resolves when no mail to an address that somebody typed is on its way. */
  mailsSettled(): Promise<void>;
  /** Ends the answers that go on, so that the port can be closed. */
  endStreams(): void;
  /** Stops forwarding and closes every connection. */
  close(): Promise<void>;
}

/** Somebody waits for the answer, and the web server for 6 s: a 503 has to be there before. */
const DATABASE_DEADLINES = { connectMs: 4_500, statementMs: 4_000, answerMs: 4_500 };
const ACCEPTING_CONNECTIONS = 3;
const FORWARDING_CONCURRENCY = 8;

/**
 * Everything of one API process but its port. Connects to nothing before it is used.
 *
 * @param env where `@temporalio/envconfig` reads `TEMPORAL_*` from, and the catalog the names that it knows prices by
 * @throws CatalogInvalid naming each fault of the catalog's file
 */
export function createApi(
  settings: ApiSettings,
  env: Record<string, string>,
  log: Logger,
  forwarding: ForwarderOptions = {},
): Api {
  const catalog = loadCatalog(settings.catalogFile, env);
  const prisma = createPrisma(settings.databaseUrl, {
    maxConnections: 6,
    applicationName: 'leasehold-api',
    deadlines: DATABASE_DEADLINES,
  });
  const acceptingPool = createInboxPool(settings.databaseUrl, ACCEPTING_CONNECTIONS, log);
  const forwardingPool = createInboxPool(settings.databaseUrl, FORWARDING_CONCURRENCY + 1, log);
  const temporal = createTemporalLink(env);
  const metrics = createMetrics({
    inboxDepth: () => prisma.stripeEvent.count({ where: { forwardedAt: null, customerId: { not: null } } }),
    hosts: async () => ({
      hosts: await readHostPromises(prisma),
      sizes: sizesOf(catalog),
      policy: { cpuOvercommit: settings.cpuOvercommit, warnPercent: settings.capacityWarnPercent },
    }),
    invoicesMailed: () => prisma.invoice.count({ where: { mailedAt: { gt: new Date(Date.now() - DAY_MS) } } }),
  });
  const inbox = createInbox({ pool: acceptingPool });
  const forwarder = createForwarder(
    {
      pool: forwardingPool,
      signalHints: createHintSignaller(temporal),
      log,
      acceptanceIsBusy: createAcceptanceLoad({ pending: inbox.pending }),
      onForwarded: ({ waitedSeconds }) => {
        for (const seconds of waitedSeconds) metrics.forwardSeconds.observe(seconds);
      },
    },
    { concurrency: FORWARDING_CONCURRENCY, quietMs: settings.burstQuietMs, ...forwarding },
  );
  const limits = createRateLimits(prisma);
  const mailer = createMailer({ smtpUrl: settings.smtpUrl, from: settings.mailFrom });
  const posts = createPostOffice({ mailer, log, limits, metrics });
  const freePlans = Object.values(catalog.freePlans);
  const hosting = createReserveHost(prisma, {
    cpuOvercommit: settings.cpuOvercommit,
    freeSharePercent: settings.freeSharePercent,
    freePlans,
  });
  const listAccounts = createListAccounts(prisma);
  const openAccount = createOpenAccount({ prisma, temporal, catalog, hosting, log });
  const auth = createAuth({
    prisma,
    log,
    webOrigin: settings.webOrigin,
    secret: settings.authSecret,
    posts,
    providers: settings.providers,
    onVerified: async ({ id }) => {
      // The demo's account is opened by `npm start`.
      if (id !== DEMO_USER.id) await openAccount({ userId: id });
    },
  });
  const readModel = createReadModel(prisma);
  const stripe = settings.stripe && createStripe(settings.stripe.secretKey, settings.stripe.apiBase);
  const billing = billingSwitch(stripe);
  const readAccount = createReadAccount({ temporal, readModel, billing, log });
  const auditLog = createAuditLog(prisma);
  const audited = createAudited({ log, auditLog });
  const findPrincipal = createFindPrincipal({ auth, prisma, limits });
  const openAccountOf = (organisation: { organisationId: string; openedBy: string }) =>
    openAccount(organisation).catch((err: unknown) =>
      log.warn(
        { err, organisationId: organisation.organisationId },
        'an account is opened at the next look of its owner',
      ),
    );
  const people: PeopleDeps = {
    ...{ prisma, auth, posts, limits, openAccountOf, webOrigin: settings.webOrigin },
    freeAccounts: { perPerson: settings.freeAccountsPerPerson, planIds: freePlans },
  };
  const sendCommand = createSendCommand({ temporal, readAccount });
  const withBilling = createWithBilling({
    stripe,
    catalog,
    prisma,
    readModel,
    sendCommand,
    takeTurn: createTakeTurn(prisma),
    webOrigin: settings.webOrigin,
  });
  const hosts = createHostClient({ token: settings.internalToken, log });
  const stopping = new AbortController();
  const app = createApp({
    log,
    prisma,
    people,
    findAccount: createFindAccount(prisma),
    listAccounts,
    ensureAccounts: createEnsureAccounts({ prisma, log, listAccounts, openAccount }),
    exportAccount: createExportAccount({ prisma, readAccount, auditLog }),
    auditLog,
    audited,
    auditAuth: createAuditAuth({ prisma, auth, audited }),
    findActor: createFindActor(prisma),
    webOrigin: settings.webOrigin,
    webhookSecrets: settings.webhookSecrets,
    metrics,
    inbox,
    offer: forwarder.offer,
    offerNameless: createWalkNow(temporal, log),
    internalToken: settings.internalToken,
    limits,
    findPrincipal,
    handleAuth: createAuthHandler(auth),
    offersProviders: offeredProviders(settings.providers).length > 0,
    checkReadiness: createReadiness({ prisma, temporal, log }),
    lookAtAccounts: createLookAtAccounts(createFindTroubles({ prisma, client: temporal.client, log })),
    readModel,
    readAccount,
    readIncident: createReadIncident(prisma),
    readHostRoom: createReadHostRoom(prisma),
    sendCommand,
    explainShortage: createExplainShortage({ readModel, catalog }),
    withBilling,
    billing,
    hosting,
    newOrganisations: perHour('organisations', settings.newPerHour.organisations),
    newWorkspaces: perHour('workspaces', settings.newPerHour.workspaces),
    hosts,
    executions: createExecutions({ prisma, log }),
    readUsageHistory: createReadUsageHistory(prisma),
    liveHub: createLiveHub({ hosts, log }),
    stopping: stopping.signal,
    catalog,
  });
  return {
    app,
    forwarder,
    async prepare() {
      if (settings.demoPassword !== undefined) await ensureDemoUser({ prisma, auth }, settings.demoPassword);
    },
    mailsSettled: posts.settled,
    endStreams: () => stopping.abort(),
    async close() {
      stopping.abort();
      await Promise.all([forwarder.stop(), posts.settled()]);
      await Promise.all([acceptingPool.end(), forwardingPool.end(), prisma.$disconnect()]);
      await temporal.connection.close();
    },
  };
}

function perHour(what: string, max: number): RateRule {
  return { name: `new-${what}`, max, windowSeconds: 3_600, what: `${what} were created` };
}
