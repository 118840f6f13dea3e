import { OpenAPIHono } from '@hono/zod-openapi';
import { requestId } from 'hono/request-id';
import type { Catalog } from '#domain/catalog.ts';
import type { PrismaClient } from '#prisma/client.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { FindAccount } from './access/find-account.ts';
import { createGuard } from './access/guard.ts';
import type { EnsureAccounts } from './accounts/ensure-accounts.ts';
import type { ExplainShortage } from './accounts/explain-shortage.ts';
import type { ExportAccount } from './accounts/export-account.ts';
import type { HostClient } from './accounts/host-client.ts';
import type { ListAccounts } from './accounts/list-accounts.ts';
import type { ReadAccount } from './accounts/read-account.ts';
import type { ReadHostRoom } from './accounts/read-host-room.ts';
import type { ReadIncident } from './accounts/read-incident.ts';
import type { ReadModel } from './accounts/read-model.ts';
import type { ReserveHost } from './accounts/reserve-host.ts';
import type { SendCommand } from './accounts/send-command.ts';
import type { ApiContext, ApiEnv } from './api-env.ts';
import { AUDITED_ENDPOINTS, type AuditAuth } from './audit/audit-auth.ts';
import type { AuditLog } from './audit/audit-log.ts';
import type { Audited } from './audit/audited.ts';
import type { FindActor } from './audit/find-actor.ts';
import { refuseClosedEndpoint } from './auth/auth-handler.ts';
import type { FindPrincipal } from './auth/find-principal.ts';
import { OPEN_ENDPOINTS, OPEN_ENDPOINTS_OF_PROVIDERS } from './auth/open-endpoints.ts';
import type { BillingSwitch, WithBilling } from './billing/with-billing.ts';
import type { Inbox } from './inbox/inbox.ts';
import type { Metrics } from './metrics.ts';
import { checkBody } from './middleware/check-body.ts';
import { checkTarget } from './middleware/check-target.ts';
import { findClientAddress } from './middleware/find-client-address.ts';
import { limitBody } from './middleware/limit-body.ts';
import { limitByEmail, MAILS_TO_ONE, SIGN_IN_OF_ONE } from './middleware/limit-by-email.ts';
import { requireLoopback } from './middleware/require-loopback.ts';
import { requirePrincipal } from './middleware/require-principal.ts';
import { requireTrustedOrigin, trustedOrigins } from './middleware/require-trusted-origin.ts';
import { createOnError } from './on-error.ts';
import type { PeopleDeps } from './people/people-deps.ts';
import { Problem } from './problem.ts';
import type { RateLimits, RateRule } from './rate-limits.ts';
import type { CheckReadiness } from './readiness.ts';
import { accountRoute, createAccountHandler } from './routes/account.ts';
import {
  acceptInvitationRoute,
  createAcceptInvitationHandler,
  createDeclineInvitationHandler,
  declineInvitationRoute,
} from './routes/answer-invitation.ts';
import { auditRoute, createAuditHandler } from './routes/audit.ts';
import {
  cancelAddOnRoute,
  changeAddOnRoute,
  createCancelAddOnHandler,
  createChangeAddOnHandler,
  createKeepAddOnHandler,
  keepAddOnRoute,
} from './routes/billing/add-ons.ts';
import { checkoutRoute, createCheckoutHandler } from './routes/billing/checkout.ts';
import {
  createInvoiceHandler,
  createInvoicesHandler,
  createPayInvoiceHandler,
  invoiceRoute,
  invoicesRoute,
  payInvoiceRoute,
} from './routes/billing/invoices.ts';
import {
  createDisputesHandler,
  createRefundsHandler,
  disputesRoute,
  refundsRoute,
} from './routes/billing/money-back.ts';
import {
  addMethodRoute,
  createAddMethodHandler,
  createDefaultMethodHandler,
  createMethodsHandler,
  createRemoveMethodHandler,
  createSetupIntentHandler,
  defaultMethodRoute,
  methodsRoute,
  removeMethodRoute,
  setupIntentRoute,
} from './routes/billing/payment-methods.ts';
import { createPortalHandler, portalRoute } from './routes/billing/portal.ts';
import { createPreviewHandler, previewRoute } from './routes/billing/preview.ts';
import {
  cancelRoute,
  changePlanRoute,
  createCancelHandler,
  createChangePlanHandler,
  createKeepHandler,
  createSubscribeHandler,
  createSubscriptionHandler,
  keepRoute,
  subscribeRoute,
  subscriptionRoute,
} from './routes/billing/subscription.ts';
import { createOwnUsageHandler, createUsageHandler, ownUsageRoute, usageRoute } from './routes/billing/usage.ts';
import { cancelInvitationRoute, createCancelInvitationHandler } from './routes/cancel-invitation.ts';
import { changeMemberRoleRoute, createChangeMemberRoleHandler } from './routes/change-member-role.ts';
import { closeAccountRoute, createCloseAccountHandler } from './routes/close-account.ts';
import {
  boosterRoute,
  createBoosterHandler,
  createCheckoutRoute,
  createCompatPortalHandler,
  createCreateCheckoutHandler,
  createHelvetiaCheckoutHandler,
  createPortalRoute,
  createWorkspaceAddOnHandler,
  helvetiaCheckoutRoute,
  helvetiaPortalRoute,
  workspaceAddOnRoute,
} from './routes/compat/checkout.ts';
import { createPlansHandler, plansRoute } from './routes/compat/plans.ts';
import {
  botSubscriptionRoute,
  createOwnCancelHandler,
  createOwnChangeHandler,
  createOwnInvoicesHandler,
  createOwnMethodHandler,
  createOwnSubscribeHandler,
  createOwnSubscriptionHandler,
  ownCancelRoute,
  ownChangeRoute,
  ownInvoicesRoute,
  ownMethodRoute,
  ownSubscribeRoute,
  ownSubscriptionRoute,
} from './routes/compat/subscription.ts';
import {
  createRestartHandler,
  createStartHandler,
  createStopHandler,
  createWorkspaceStatusHandler,
  workspaceRestartRoute,
  workspaceStartRoute,
  workspaceStatusRoute,
  workspaceStopRoute,
} from './routes/compat/workspace.ts';
import { createCreateInvitationHandler, createInvitationRoute } from './routes/create-invitation.ts';
import { createCreateKeyHandler, createKeyRoute } from './routes/create-key.ts';
import { createCreateOrganisationHandler, createOrganisationRoute } from './routes/create-organisation.ts';
import { createCreateWorkspaceHandler, createWorkspaceRoute } from './routes/create-workspace.ts';
import { createDeleteWorkspaceHandler, deleteWorkspaceRoute } from './routes/delete-workspace.ts';
import { createExportAccountHandler, exportAccountRoute } from './routes/export-account.ts';
import { createHealthHandler, healthRoute } from './routes/health.ts';
import { createKeepAccountHandler, keepAccountRoute } from './routes/keep-account.ts';
import { createLeaveOrganisationHandler, leaveOrganisationRoute } from './routes/leave-organisation.ts';
import { createListInvitationsHandler, listInvitationsRoute } from './routes/list-invitations.ts';
import { createListKeysHandler, listKeysRoute } from './routes/list-keys.ts';
import { createListMembersHandler, listMembersRoute } from './routes/list-members.ts';
import { createMeHandler, meRoute } from './routes/me.ts';
import { createMoveWorkspaceHandler, moveWorkspaceRoute } from './routes/move-workspace.ts';
import { createOffersHandler, offersRoute } from './routes/offers.ts';
import { createReadyHandler, readyRoute } from './routes/ready.ts';
import { createRemoveMemberHandler, removeMemberRoute } from './routes/remove-member.ts';
import { createRevokeKeyHandler, revokeKeyRoute } from './routes/revoke-key.ts';
import { createSizePreviewHandler, sizePreviewRoute } from './routes/size-preview.ts';
import { createStripeWebhookHandler, stripeWebhookRoute, WEBHOOK_ALIASES } from './routes/stripe-webhook.ts';
import { createSupportHandler } from './routes/support.ts';
import { createTimelineHandler, timelineRoute } from './routes/timeline.ts';
import { createTransferOrganisationHandler, transferOrganisationRoute } from './routes/transfer-organisation.ts';
import { createWorkspaceHandler, workspaceRoute } from './routes/workspace.ts';
import {
  createRecoverWorkspaceHandler,
  createRenameWorkspaceHandler,
  createResizeWorkspaceHandler,
  createRestartWorkspaceHandler,
  createRestoreWorkspaceHandler,
  recoverWorkspaceRoute,
  renameWorkspaceRoute,
  resizeWorkspaceRoute,
  restartWorkspaceRoute,
  restoreWorkspaceRoute,
} from './routes/workspace-commands.ts';
import { createWorkspaceExecutionsHandler, workspaceExecutionsRoute } from './routes/workspace-executions.ts';
import { createWorkspaceHistoryHandler, workspaceHistoryRoute } from './routes/workspace-history.ts';
import { createWorkspaceLiveHandler, workspaceLiveRoute } from './routes/workspace-live.ts';
import { createWorkspaceLogsHandler, workspaceLogsRoute } from './routes/workspace-logs.ts';
import { createWorkspaceMessagesHandler, workspaceMessagesRoute } from './routes/workspace-messages.ts';
import { createWishHandler, startWorkspaceRoute, stopWorkspaceRoute } from './routes/workspace-wish.ts';
import type { LookAtAccounts } from './troubled-accounts.ts';
import type { Executions } from './workspaces/executions.ts';
import type { LiveHub } from './workspaces/live-hub.ts';
import type { ReadUsageHistory } from './workspaces/usage-history.ts';

const MAX_BODY_BYTES = 256 * 1024;

export interface AppDeps {
  log: Logger;
  webOrigin: string;
  webhookSecrets: readonly string[];
  metrics: Metrics;
  inbox: Inbox;
  /** Told of each new event that is about a customer. */
  offer(customerId: string): void;
  /** Told of each new event whose customer has to be looked up at Stripe. */
  offerNameless(): void;
  /** Bearer token of the web server, when it says which address its client has. */
  internalToken: string;
  limits: RateLimits;
  findPrincipal: FindPrincipal;
  /** better-auth. */
  handleAuth(c: ApiContext): Promise<Response>;
  /** Whether a sign-in at another service is offered. */
  offersProviders: boolean;
  checkReadiness: CheckReadiness;
  lookAtAccounts: LookAtAccounts;
  prisma: PrismaClient;
  people: PeopleDeps;
  findAccount: FindAccount;
  listAccounts: ListAccounts;
  ensureAccounts: EnsureAccounts;
  exportAccount: ExportAccount;
  auditLog: AuditLog;
  audited: Audited;
  auditAuth: AuditAuth;
  findActor: FindActor;
  readModel: ReadModel;
  readAccount: ReadAccount;
  readIncident: ReadIncident;
  readHostRoom: ReadHostRoom;
  sendCommand: SendCommand;
  explainShortage: ExplainShortage;
  hosting: ReserveHost;
  /** What one person may make in a while. */
  newOrganisations: RateRule;
  newWorkspaces: RateRule;
  hosts: HostClient;
  executions: Executions;
  readUsageHistory: ReadUsageHistory;
  liveHub: LiveHub;
  /** Aborted when the process stops: answers that go on end. */
  stopping: AbortSignal;
  withBilling: WithBilling;
  billing: BillingSwitch;
  /** What is sold, and what limits it. */
  catalog: Catalog;
}

/**
 * The HTTP side of Leasehold. What is registered above `requirePrincipal` answers anybody: health, metrics on this
 * machine, the webhook, signing up and in. Everything below it, unknown paths included, answers 401 without a session or a key.
 */
export function createApp(deps: AppDeps) {
  const app = new OpenAPIHono<ApiEnv>({ defaultHook: refuseInvalid });
  app.onError(createOnError(deps));
  app.notFound(() => {
    throw new Problem(404, 'not-found', 'There is nothing here', 'See GET /api/v1/openapi.json for what there is.');
  });
  app.use(requestId(), findClientAddress(deps.internalToken), checkTarget);

  const open = app
    .openapi(healthRoute, createHealthHandler(deps))
    .openapi(readyRoute, createReadyHandler(deps))
    .openapi(plansRoute, createPlansHandler(deps))
    .openapi(stripeWebhookRoute, createStripeWebhookHandler(deps));
  for (const path of WEBHOOK_ALIASES) {
    app.openapi({ ...stripeWebhookRoute, path, getRoutingPath: () => path }, createStripeWebhookHandler(deps));
  }

  app.get('/support', requireLoopback, createSupportHandler(deps));
  app.get('/metrics', requireLoopback, async (c) =>
    c.body(await deps.metrics.registry.metrics(), 200, { 'Content-Type': deps.metrics.registry.contentType }),
  );
  app.use(limitBody(MAX_BODY_BYTES), requireTrustedOrigin(trustedOrigins(deps.webOrigin)), checkBody);
  app.post('/api/auth/sign-in/email', limitByEmail(deps.limits, SIGN_IN_OF_ONE, { forgetOnSuccess: true }));
  for (const path of ['request-password-reset', 'send-verification-email']) {
    app.post(`/api/auth/${path}`, limitByEmail(deps.limits, MAILS_TO_ONE));
  }
  for (const [method, path] of [...OPEN_ENDPOINTS, ...(deps.offersProviders ? OPEN_ENDPOINTS_OF_PROVIDERS : [])]) {
    const audit = AUDITED_ENDPOINTS[path];
    if (audit) app.on(method, `/api/auth${path}`, deps.auditAuth(audit));
    app.on(method, `/api/auth${path}`, deps.handleAuth);
  }
  app.all('/api/auth/*', refuseClosedEndpoint);

  app.use(requirePrincipal(deps.findPrincipal));
  const guard = createGuard(deps);
  app.use(async (c, next) => {
    c.set('guard', guard);
    await next();
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: 'leasehold.session_token',
  });
  app.doc31('/api/v1/openapi.json', { openapi: '3.1.0', info: { title: 'Leasehold', version: '1' } });

  app.openAPIRegistry.registerComponent('securitySchemes', 'key', { type: 'http', scheme: 'bearer' });

  // Statements of their own: one chain of so many is more than the type checker takes in one go.
  const accounts = open
    .openapi(meRoute, createMeHandler(deps))
    .openapi(accountRoute, createAccountHandler(deps))
    .openapi(closeAccountRoute, createCloseAccountHandler(deps))
    .openapi(keepAccountRoute, createKeepAccountHandler(deps))
    .openapi(timelineRoute, createTimelineHandler(deps))
    .openapi(offersRoute, createOffersHandler(deps))
    .openapi(auditRoute, createAuditHandler(deps))
    .openapi(exportAccountRoute, createExportAccountHandler(deps));
  const people = accounts
    .openapi(createOrganisationRoute, createCreateOrganisationHandler(deps))
    .openapi(listMembersRoute, createListMembersHandler(deps))
    .openapi(changeMemberRoleRoute, createChangeMemberRoleHandler(deps))
    .openapi(removeMemberRoute, createRemoveMemberHandler(deps))
    .openapi(leaveOrganisationRoute, createLeaveOrganisationHandler(deps))
    .openapi(transferOrganisationRoute, createTransferOrganisationHandler(deps))
    .openapi(listInvitationsRoute, createListInvitationsHandler(deps))
    .openapi(createInvitationRoute, createCreateInvitationHandler(deps))
    .openapi(cancelInvitationRoute, createCancelInvitationHandler(deps))
    .openapi(acceptInvitationRoute, createAcceptInvitationHandler(deps))
    .openapi(declineInvitationRoute, createDeclineInvitationHandler(deps))
    .openapi(listKeysRoute, createListKeysHandler(deps))
    .openapi(createKeyRoute, createCreateKeyHandler(deps))
    .openapi(revokeKeyRoute, createRevokeKeyHandler(deps));
  const bought = people
    .openapi(checkoutRoute, createCheckoutHandler(deps))
    .openapi(portalRoute, createPortalHandler(deps))
    .openapi(subscriptionRoute, createSubscriptionHandler(deps))
    .openapi(subscribeRoute, createSubscribeHandler(deps))
    .openapi(changePlanRoute, createChangePlanHandler(deps))
    .openapi(cancelRoute, createCancelHandler(deps))
    .openapi(keepRoute, createKeepHandler(deps))
    .openapi(changeAddOnRoute, createChangeAddOnHandler(deps))
    .openapi(cancelAddOnRoute, createCancelAddOnHandler(deps))
    .openapi(keepAddOnRoute, createKeepAddOnHandler(deps))
    .openapi(previewRoute, createPreviewHandler(deps));
  const paid = bought
    .openapi(invoicesRoute, createInvoicesHandler(deps))
    .openapi(invoiceRoute, createInvoiceHandler(deps))
    .openapi(payInvoiceRoute, createPayInvoiceHandler(deps))
    .openapi(methodsRoute, createMethodsHandler(deps))
    .openapi(addMethodRoute, createAddMethodHandler(deps))
    .openapi(defaultMethodRoute, createDefaultMethodHandler(deps))
    .openapi(removeMethodRoute, createRemoveMethodHandler(deps))
    .openapi(setupIntentRoute, createSetupIntentHandler(deps))
    .openapi(refundsRoute, createRefundsHandler(deps))
    .openapi(disputesRoute, createDisputesHandler(deps))
    .openapi(usageRoute, createUsageHandler(deps));
  // What existing systems' clients call; no part of the typed client.
  paid
    .openapi(createCheckoutRoute, createCreateCheckoutHandler(deps))
    .openapi(workspaceAddOnRoute, createWorkspaceAddOnHandler(deps))
    .openapi(boosterRoute, createBoosterHandler(deps))
    .openapi(helvetiaCheckoutRoute, createHelvetiaCheckoutHandler(deps))
    .openapi(createPortalRoute, createCompatPortalHandler(deps))
    .openapi(helvetiaPortalRoute, createCompatPortalHandler(deps))
    .openapi(botSubscriptionRoute, createOwnSubscriptionHandler(deps))
    .openapi(ownSubscriptionRoute, createOwnSubscriptionHandler(deps))
    .openapi(ownSubscribeRoute, createOwnSubscribeHandler(deps))
    .openapi(ownChangeRoute, createOwnChangeHandler(deps))
    .openapi(ownCancelRoute, createOwnCancelHandler(deps))
    .openapi(ownInvoicesRoute, createOwnInvoicesHandler(deps))
    .openapi(ownMethodRoute, createOwnMethodHandler(deps))
    .openapi(ownUsageRoute, createOwnUsageHandler(deps));
  paid
    .openapi(workspaceStatusRoute, createWorkspaceStatusHandler(deps))
    .openapi(workspaceStartRoute, createStartHandler(deps))
    .openapi(workspaceStopRoute, createStopHandler(deps))
    .openapi(workspaceRestartRoute, createRestartHandler(deps));
  return paid
    .openapi(createWorkspaceRoute, createCreateWorkspaceHandler(deps))
    .openapi(workspaceRoute, createWorkspaceHandler(deps))
    .openapi(deleteWorkspaceRoute, createDeleteWorkspaceHandler(deps))
    .openapi(moveWorkspaceRoute, createMoveWorkspaceHandler(deps))
    .openapi(startWorkspaceRoute, createWishHandler(deps, 'running'))
    .openapi(stopWorkspaceRoute, createWishHandler(deps, 'stopped'))
    .openapi(restartWorkspaceRoute, createRestartWorkspaceHandler(deps))
    .openapi(recoverWorkspaceRoute, createRecoverWorkspaceHandler(deps))
    .openapi(renameWorkspaceRoute, createRenameWorkspaceHandler(deps))
    .openapi(resizeWorkspaceRoute, createResizeWorkspaceHandler(deps))
    .openapi(sizePreviewRoute, createSizePreviewHandler(deps))
    .openapi(restoreWorkspaceRoute, createRestoreWorkspaceHandler(deps))
    .openapi(workspaceMessagesRoute, createWorkspaceMessagesHandler(deps))
    .openapi(workspaceExecutionsRoute, createWorkspaceExecutionsHandler(deps))
    .openapi(workspaceHistoryRoute, createWorkspaceHistoryHandler(deps))
    .openapi(workspaceLiveRoute, createWorkspaceLiveHandler(deps))
    .openapi(workspaceLogsRoute, createWorkspaceLogsHandler(deps));
}

/** The chained type, for `hc<AppType>`. */
export type AppType = ReturnType<typeof createApp>;

type Validated =
  | { success: true }
  | {
      success: false;
      target: string;
      error: { issues: { path: PropertyKey[]; message: string; params?: { reason?: unknown } }[] };
    };

function refuseInvalid(result: Validated): void {
  if (result.success) return;
  const faults = result.error.issues.map(
    ({ path, message }) => `${[result.target, ...path.map(String)].join('.')}: ${message}`,
  );
  throw new Problem(
    400,
    'request-invalid',
    'The request is malformed',
    `${faults.join('; ')}. Correct it and send it again.`,
    { refusal: result.error.issues.some(({ params }) => params?.reason === 'text') ? 'text' : 'shape' },
  );
}
