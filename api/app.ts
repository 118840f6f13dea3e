import { OpenAPIHono } from '@hono/zod-openapi';
import { requestId } from 'hono/request-id';
import type { Catalog } from '#domain/catalog.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { HostClient } from './accounts/host-client.ts';
import type { PickHost } from './accounts/pick-host.ts';
import type { ReadAccount } from './accounts/read-account.ts';
import type { ReadModel } from './accounts/read-model.ts';
import type { SendCommand } from './accounts/send-command.ts';
import type { ApiContext, ApiEnv } from './api-env.ts';
import type { Inbox } from './inbox/inbox.ts';
import type { Metrics } from './metrics.ts';
import { limitBody } from './middleware/limit-body.ts';
import { requireLoopback } from './middleware/require-loopback.ts';
import { type FindVisitor, requireSession } from './middleware/require-session.ts';
import { requireTrustedOrigin, trustedOrigins } from './middleware/require-trusted-origin.ts';
import { throttleSignIn } from './middleware/throttle-sign-in.ts';
import { createOnError } from './on-error.ts';
import { Problem } from './problem.ts';
import type { CheckReadiness } from './readiness.ts';
import { accountRoute, createAccountHandler } from './routes/account.ts';
import { createCreateWorkspaceHandler, createWorkspaceRoute } from './routes/create-workspace.ts';
import { createDeleteWorkspaceHandler, deleteWorkspaceRoute } from './routes/delete-workspace.ts';
import { answerHealth, healthRoute } from './routes/health.ts';
import { createOffersHandler, offersRoute } from './routes/offers.ts';
import { createReadyHandler, readyRoute } from './routes/ready.ts';
import { createStripeWebhookHandler, stripeWebhookRoute } from './routes/stripe-webhook.ts';
import { createTimelineHandler, timelineRoute } from './routes/timeline.ts';
import { createWorkspaceHandler, workspaceRoute } from './routes/workspace.ts';
import { createWorkspaceMessagesHandler, workspaceMessagesRoute } from './routes/workspace-messages.ts';
import { createWishHandler, startWorkspaceRoute, stopWorkspaceRoute } from './routes/workspace-wish.ts';

const MAX_BODY_BYTES = 256 * 1024;

export interface AppDeps {
  log: Logger;
  webOrigin: string;
  webhookSecrets: readonly string[];
  metrics: Metrics;
  inbox: Inbox;
  /** Told of each new event that is about a customer. */
  offer(customerId: string): void;
  findVisitor: FindVisitor;
  /** Sign-in, sign-out and the session's look-up. */
  handleAuth(c: ApiContext): Promise<Response>;
  checkReadiness: CheckReadiness;
  readModel: ReadModel;
  readAccount: ReadAccount;
  sendCommand: SendCommand;
  pickHost: PickHost;
  hosts: HostClient;
  /** What is sold, and what limits it. */
  catalog: Catalog;
}

/**
 * The HTTP side of Leasehold. What is registered above `requireSession` answers anybody: health, metrics on this
 * machine, the webhook, sign-in. Everything below it, unknown paths included, answers 401 without a session.
 */
export function createApp(deps: AppDeps) {
  const app = new OpenAPIHono<ApiEnv>({ defaultHook: refuseInvalid });
  app.onError(createOnError(deps));
  app.notFound(() => {
    throw new Problem(404, 'not-found', 'There is nothing here', 'See GET /api/v1/openapi.json for what there is.');
  });
  app.use(requestId());

  const open = app
    .openapi(healthRoute, answerHealth)
    .openapi(readyRoute, createReadyHandler(deps))
    .openapi(stripeWebhookRoute, createStripeWebhookHandler(deps));

  app.get('/metrics', requireLoopback, async (c) =>
    c.body(await deps.metrics.registry.metrics(), 200, { 'Content-Type': deps.metrics.registry.contentType }),
  );
  app.use(limitBody(MAX_BODY_BYTES), requireTrustedOrigin(trustedOrigins(deps.webOrigin)));
  app.post('/api/auth/sign-in/email', throttleSignIn(), deps.handleAuth);
  app.post('/api/auth/sign-out', deps.handleAuth);
  app.get('/api/auth/get-session', deps.handleAuth);

  app.use(requireSession(deps.findVisitor));
  app.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: 'leasehold.session_token',
  });
  app.doc31('/api/v1/openapi.json', { openapi: '3.1.0', info: { title: 'Leasehold', version: '1' } });

  return open
    .openapi(accountRoute, createAccountHandler(deps))
    .openapi(timelineRoute, createTimelineHandler(deps))
    .openapi(offersRoute, createOffersHandler(deps))
    .openapi(createWorkspaceRoute, createCreateWorkspaceHandler(deps))
    .openapi(workspaceRoute, createWorkspaceHandler(deps))
    .openapi(deleteWorkspaceRoute, createDeleteWorkspaceHandler(deps))
    .openapi(startWorkspaceRoute, createWishHandler(deps, 'running'))
    .openapi(stopWorkspaceRoute, createWishHandler(deps, 'stopped'))
    .openapi(workspaceMessagesRoute, createWorkspaceMessagesHandler(deps));
}

/** The chained type, for `hc<AppType>`. */
export type AppType = ReturnType<typeof createApp>;

type Validated =
  | { success: true }
  | { success: false; target: string; error: { issues: { path: PropertyKey[]; message: string }[] } };

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
  );
}
