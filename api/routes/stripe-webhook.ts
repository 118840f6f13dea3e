import { createRoute, z } from '@hono/zod-openapi';
import { Stripe } from 'stripe';
import { eventLabel, knownEvent } from '#domain/stripe-events.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { ApiContext } from '../api-env.ts';
import { billingOff } from '../billing/with-billing.ts';
import { BatcherFull } from '../inbox/batcher.ts';
import type { Inbox } from '../inbox/inbox.ts';
import { type StripeEventRow, toStripeEventRow } from '../inbox/stripe-event-row.ts';
import type { Metrics } from '../metrics.ts';
import { limitBody } from '../middleware/limit-body.ts';
import { databaseUnavailable } from '../on-error.ts';
import { Problem } from '../problem.ts';
import { problemAnswer } from '../problem-schema.ts';

/** How old a signature may be: Stripe's own recommendation. `0` would switch the check off. */
const TOLERANCE_SECONDS = 300;
const MAX_BODY_BYTES = 1024 * 1024;

/** Where the systems before us had it: endpoints that are registered at Stripe go on. */
export const WEBHOOK_ALIASES = [
  '/api/webhooks/stripe',
  '/api/billing/webhook',
  '/api/v1/billing/webhooks/stripe',
] as const;

export const stripeWebhookRoute = createRoute({
  method: 'post',
  path: '/api/v1/webhooks/stripe',
  summary: 'Receives an event of Stripe',
  description:
    'The signature is checked over the raw bytes. 200 means that the event is committed to the inbox; what it causes happens afterwards. An event that was received before is answered alike.',
  middleware: [limitBody(MAX_BODY_BYTES)] as const,
  responses: {
    200: {
      description: 'Recorded, now or before.',
      content: { 'application/json': { schema: z.object({ received: z.literal(true), duplicate: z.boolean() }) } },
    },
    400: problemAnswer('The signature, its age, or what it signs is not right.'),
    413: problemAnswer('Larger than 1 MiB.'),
    415: problemAnswer('Not JSON.'),
    503: problemAnswer('The database did not commit it: deliver it again.'),
  },
});

export interface StripeWebhookDeps {
  inbox: Inbox;
  /** Told of each new event that is about a customer, after its commit. */
  offer(customerId: string): void;
  /** Told of each new event whose customer has to be looked up at Stripe, after its commit. */
  offerNameless(): void;
  /** Secrets that may have signed, during a rotation several. */
  webhookSecrets: readonly string[];
  metrics: Metrics;
  log: Logger;
}

/** Verifies, records, answers. What the event means is not looked at here. */
export function createStripeWebhookHandler(deps: StripeWebhookDeps) {
  const unexpectedVersions = new Set<string | null>();

  /** Counted for each event, said once for each version. A thin event has none. */
  function noteVersion(event: StripeEventRow): void {
    if (event.apiVersion === Stripe.API_VERSION || isThin(event)) return;
    deps.metrics.apiVersionMismatches.inc({ api_version: event.apiVersion ?? 'none' });
    if (unexpectedVersions.has(event.apiVersion)) return;
    unexpectedVersions.add(event.apiVersion);
    deps.log.warn(
      { eventId: event.id, apiVersion: event.apiVersion, expected: Stripe.API_VERSION },
      'events have another api_version; they are accepted, since the truth is read from Stripe afterwards',
    );
  }

  function takeUp(event: StripeEventRow, verified: unknown): void {
    deps.metrics.events.inc({ type: eventLabel(event.type) });
    if (event.customerId !== null) deps.offer(event.customerId);
    else if (event.chargeId !== null) deps.offerNameless();
    else if (knownEvent(event.type)?.customer === 'nobody')
      deps.log.warn({ eventId: event.id, type: event.type, about: relatedId(verified) }, 'Stripe reports a fault');
  }

  return async (c: ApiContext) => {
    try {
      const { event, verified } = await readEvent(c, deps.webhookSecrets);
      noteVersion(event);
      const receipt = await accept(deps.inbox, event);
      if (receipt === 'stored') takeUp(event, verified);
      deps.metrics.webhookAnswers.inc({ outcome: receipt });
      return c.json({ received: true as const, duplicate: receipt === 'known' }, 200);
    } catch (error) {
      deps.metrics.webhookAnswers.inc({ outcome: error instanceof Problem ? error.code : 'internal-error' });
      throw error;
    }
  };
}

/** Thin events are named after the version of the API that they belong to. */
function isThin({ type }: StripeEventRow): boolean {
  return /^v\d+\./.test(type);
}

/** What a thin event is about: the meter, for example. */
function relatedId(verified: unknown): string | null {
  const { related_object: related } = verified as { related_object?: { id?: unknown } | null };
  return typeof related?.id === 'string' ? related.id : null;
}

async function readEvent(
  c: ApiContext,
  secrets: readonly string[],
): Promise<{ event: StripeEventRow; verified: unknown }> {
  if (secrets.length === 0) throw billingOff();
  const contentType = c.req.header('content-type') ?? '';
  if (!/^application\/json\s*(;|$)/i.test(contentType)) {
    throw new Problem(
      415,
      'content-type-unsupported',
      'The content type is not supported',
      'Stripe sends events as application/json. Point its webhook endpoint here and nothing else.',
    );
  }
  const signature = c.req.header('stripe-signature');
  if (!signature) {
    throw new Problem(
      400,
      'signature-invalid',
      'The signature is not valid',
      'The header Stripe-Signature is missing. Only Stripe posts here.',
    );
  }
  const verified = verify(Buffer.from(await c.req.arrayBuffer()), signature, secrets);
  const event = toStripeEventRow(verified);
  if (!event) {
    throw new Problem(
      400,
      'event-invalid',
      'This is not an event',
      'The signature is right, but the body is no event of Stripe: neither a snapshot with id, type, created and data.object, nor a thin one.',
    );
  }
  return { event, verified };
}

function verify(body: Buffer, signature: string, secrets: readonly string[]): unknown {
  let refusal: unknown;
  for (const secret of secrets) {
    try {
      // `constructEvent` would refuse thin events, which are signed alike.
      const isRight = Stripe.webhooks.signature?.verifyHeader(body, signature, secret, TOLERANCE_SECONDS);
      if (isRight !== true) throw new Error('The Stripe library checked no signature.');
      return parse(body);
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeSignatureVerificationError)) throw error;
      refusal = error;
      if (isTooOld(error)) break;
    }
  }
  if (isTooOld(refusal)) {
    throw new Problem(
      400,
      'signature-too-old',
      'The signature is too old',
      `It was made more than ${TOLERANCE_SECONDS} seconds ago. Deliver the event again; if that does not help, compare the clock of this machine.`,
      { cause: refusal },
    );
  }
  throw new Problem(
    400,
    'signature-invalid',
    'The signature is not valid',
    'No signing secret of this endpoint made it, or the body was changed on its way. Compare STRIPE_WEBHOOK_SECRET with the secret that Stripe shows.',
    { cause: refusal },
  );
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new Problem(
      400,
      'event-invalid',
      'This is not an event',
      'The signature is right, but the body is not JSON.',
      { cause: error },
    );
  }
}

/** The library checks the signature before its age, so this says that the signature itself was right. */
function isTooOld(error: unknown): boolean {
  return error instanceof Error && error.message.includes('outside the tolerance zone');
}

async function accept(inbox: Inbox, event: StripeEventRow) {
  try {
    return await inbox.accept(event);
  } catch (error) {
    if (error instanceof BatcherFull) {
      throw new Problem(503, 'inbox-full', 'Too much at once', 'Nothing was recorded. Deliver the event again later.', {
        retryAfterSeconds: 10,
        cause: error,
      });
    }
    throw databaseUnavailable(error);
  }
}
