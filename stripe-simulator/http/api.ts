import { createHash } from 'node:crypto';
import type { Context, Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { z } from 'zod';
import type { Logger } from '#telemetry/logger.ts';
import { API_VERSION } from '../engine/api-version.ts';
import { expand } from '../engine/expand.ts';
import { newId } from '../engine/ids.ts';
import type { ApiFault } from '../engine/state.ts';
import { invalidRequest, StripeError } from '../engine/stripe-error.ts';
import { type WireObject, wire } from '../engine/wire.ts';
import type { World } from '../engine/world.ts';
import { FormBodyError, type FormFields, parseFormBody } from '../form-body.ts';
import type { Store } from '../store.ts';
import type { Endpoint } from './endpoint.ts';
import { billingEndpoints } from './endpoints/billing.ts';
import { catalogEndpoints } from './endpoints/catalog.ts';
import { checkoutEndpoints } from './endpoints/checkout.ts';
import { customerEndpoints } from './endpoints/customers.ts';
import { eventEndpoints } from './endpoints/events.ts';
import { invoiceEndpoints } from './endpoints/invoices.ts';
import { paymentEndpoints } from './endpoints/payments.ts';
import { refundEndpoints } from './endpoints/refunds.ts';
import { scheduleEndpoints } from './endpoints/schedules.ts';
import { setupIntentEndpoints } from './endpoints/setup-intents.ts';
import { subscriptionEndpoints } from './endpoints/subscriptions.ts';
import { testClockEndpoints } from './endpoints/test-clocks.ts';
import { readParameters } from './parameters.ts';

const ENDPOINTS: readonly Endpoint[] = [
  ...customerEndpoints,
  ...catalogEndpoints,
  ...billingEndpoints,
  ...paymentEndpoints,
  ...subscriptionEndpoints,
  ...invoiceEndpoints,
  ...checkoutEndpoints,
  ...setupIntentEndpoints,
  ...refundEndpoints,
  ...scheduleEndpoints,
  ...eventEndpoints,
  ...testClockEndpoints,
];
const EXPAND = z.array(z.string().min(1)).optional();

export interface ApiDeps {
  world: World;
  store: Store;
  logger: Logger;
  /** Works off what has come due on clocks that flow, so that nothing read is stale. */
  catchUp: () => void;
  /** Something changed: save it, and plan what follows. */
  touched: () => void;
}

interface Answer {
  status: number;
  body: string;
  headers?: Record<string, string>;
}

/** Stripe's REST API, version `2026-10-28.endive`. https://docs.stripe.com/api */
export function mountApi(app: Hono, deps: ApiDeps): void {
  for (const endpoint of ENDPOINTS) {
    app.on(endpoint.method.toUpperCase(), endpoint.path, (c) => handle(c, endpoint, deps));
  }
  app.all('/v1/*', (c) => handle(c, null, deps));
  app.all('/v2/*', (c) => handle(c, null, deps));
}

async function handle(c: Context, endpoint: Endpoint | null, deps: ApiDeps): Promise<Response> {
  const requestId = newId('req');
  const raw = c.req.method === 'POST' ? await c.req.text() : new URL(c.req.url).search.slice(1);
  const answer = respond(c, endpoint, raw, requestId, deps);
  await deps.store.committed();
  return c.body(answer.body, answer.status as ContentfulStatusCode, {
    'content-type': 'application/json',
    'request-id': requestId,
    'stripe-version': API_VERSION,
    ...answer.headers,
  });
}

/** Synchronous from the first look at the state to the last change of it. */
function respond(c: Context, endpoint: Endpoint | null, raw: string, requestId: string, deps: ApiDeps): Answer {
  const { world } = deps;
  const idempotencyKey = c.req.method === 'POST' ? (c.req.header('idempotency-key') ?? null) : null;
  let changed = false;
  try {
    authenticate(c);
    requireVersion(c);
    if (!endpoint) {
      throw new StripeError(404, {
        type: 'invalid_request_error',
        message: `Unrecognized request URL (${c.req.method}: ${c.req.path}). If Stripe has it, the Stripe simulator does not implement it.`,
      });
    }
    const fields = readFields(c, raw);
    const id = c.req.param('id') ?? '';
    const fault = takeFault(world, id, fields);
    if (fault) {
      changed = true;
      if (!fault.answerLost) throw injected(fault.status);
    }
    const fingerprint = createHash('sha256').update(`${c.req.method} ${c.req.path}\n${raw}`).digest('hex');
    const replay = idempotencyKey === null ? null : replayed(world, idempotencyKey, fingerprint);
    if (replay) return replay;
    const { expand: paths, ...given } = fields;
    const expansions = readParameters(EXPAND, paths) ?? [];
    const params = readParameters(endpoint.params, given) as never;
    deps.catchUp();
    changed ||= endpoint.method !== 'get';
    const answer = execute(deps, endpoint, params, id, expansions, { requestId, idempotencyKey });
    // Refusals that never began are not remembered: https://docs.stripe.com/api/idempotent_requests
    if (idempotencyKey !== null && (answer.status < 400 || answer.status === 402)) {
      const { status, body } = answer;
      world.state.idempotentAnswers[idempotencyKey] = { fingerprint, status, body, requestId, atMs: world.wallMs() };
    }
    if (fault) throw injected(fault.status);
    return answer;
  } catch (error) {
    return errorAnswer(error, requestId, deps.logger);
  } finally {
    if (changed) deps.touched();
  }
}

function execute(
  { world, logger }: ApiDeps,
  endpoint: Endpoint,
  params: never,
  id: string,
  expansions: string[],
  cause: { requestId: string; idempotencyKey: string | null },
): Answer {
  world.cause = cause;
  try {
    const found = endpoint.run(world, params, id) as WireObject;
    const answer =
      found.object === 'list'
        ? { ...found, data: (found.data as object[]).map((each) => wire(world, each)) }
        : wire(world, found);
    expand(world, answer, expansions);
    return { status: 200, body: JSON.stringify(answer, null, 2) };
  } catch (error) {
    if (error instanceof StripeError) return errorAnswer(error, cause.requestId, logger);
    throw error;
  } finally {
    world.cause = null;
    world.unannounced = null;
  }
}

/** Any test key will do. https://docs.stripe.com/api/authentication */
function authenticate(c: Context): void {
  const key = /^Bearer (.+)$/.exec(c.req.header('authorization') ?? '')?.[1] ?? '';
  if (/^[sr]k_test_\w+/.test(key)) return;
  const live = /^[sr]k_live_/.test(key);
  throw new StripeError(401, {
    type: 'invalid_request_error',
    message: live
      ? 'The Stripe simulator refuses live keys. Check where this key was meant to go, and roll it if in doubt.'
      : 'You did not provide a test API key. Use `Authorization: Bearer sk_test_...`.',
  });
}

function requireVersion(c: Context): void {
  const version = c.req.header('stripe-version');
  if (version === undefined || version === API_VERSION) return;
  throw invalidRequest(
    `The Stripe simulator speaks API version ${API_VERSION} only; this request asks for ${version}.`,
  );
}

function readFields(c: Context, raw: string): FormFields {
  const contentType = c.req.header('content-type') ?? '';
  if (c.req.method === 'POST' && raw !== '' && !contentType.startsWith('application/x-www-form-urlencoded')) {
    throw invalidRequest('Invalid request: send parameters as application/x-www-form-urlencoded.');
  }
  try {
    return parseFormBody(raw);
  } catch (error) {
    if (error instanceof FormBodyError) throw invalidRequest(error.message);
    throw error;
  }
}

/** https://docs.stripe.com/api/idempotent_requests */
function replayed(world: World, key: string, fingerprint: string): Answer | null {
  const first = world.state.idempotentAnswers[key];
  if (!first) return null;
  if (first.fingerprint !== fingerprint) {
    throw new StripeError(400, {
      type: 'idempotency_error',
      message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
    });
  }
  const headers = { 'idempotent-replayed': 'true', 'original-request': first.requestId };
  return { status: first.status, body: first.body, headers };
}

function takeFault(world: World, id: string, fields: FormFields): ApiFault | null {
  const customers = new Set([id, fields.customer, ownerOf(world, id)]);
  const fault = world.state.apiFaults.find((each) => each.customer === null || customers.has(each.customer));
  if (!fault) return null;
  fault.remaining -= 1;
  if (fault.remaining <= 0) world.state.apiFaults = world.state.apiFaults.filter((each) => each !== fault);
  return fault;
}

function ownerOf(world: World, id: string): string | undefined {
  const { state } = world;
  const tables: Record<string, { customer: string | null }>[] = [
    state.invoices,
    state.subscriptions,
    state.paymentMethods,
    state.paymentIntents,
    state.charges,
    state.setupIntents,
    state.refunds,
    state.checkoutSessions,
    state.portalSessions,
    state.subscriptionSchedules,
  ];
  return tables.map((table) => table[id]).find((each) => each !== undefined)?.customer ?? undefined;
}

function injected(status: number): StripeError {
  return new StripeError(status, {
    type: status >= 500 ? 'api_error' : 'invalid_request_error',
    message: 'This failure was asked for at /_sim/faults.',
    ...(status === 429 ? { code: 'rate_limit' } : {}),
  });
}

function errorAnswer(error: unknown, requestId: string, logger: Logger): Answer {
  if (error instanceof StripeError) {
    return { status: error.status, body: JSON.stringify({ error: error.body }, null, 2) };
  }
  logger.error({ err: error, requestId }, 'the simulator is at fault');
  const message = 'The Stripe simulator is at fault; its log says how.';
  return { status: 500, body: JSON.stringify({ error: { type: 'api_error', message } }, null, 2) };
}
