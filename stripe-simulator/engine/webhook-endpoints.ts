import { API_VERSION } from './api-version.ts';
import { wallSeconds } from './clock.ts';
import { FORWARDING_ID } from './events.ts';
import { newId, randomToken } from './ids.ts';
import { mergeMetadata } from './metadata.ts';
import type { Metadata, WebhookEndpoint } from './objects.ts';
import { invalidRequest, noSuch, notSimulated } from './stripe-error.ts';
import type { World } from './world.ts';

export interface WebhookEndpointFields {
  url?: string | undefined;
  enabled_events?: string[] | undefined;
  description?: string | null | undefined;
  metadata?: Metadata | null | undefined;
  disabled?: boolean | undefined;
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** @throws StripeError `resource_missing` */
export function findWebhookEndpoint(world: World, id: string): WebhookEndpoint {
  const endpoint = world.state.webhookEndpoints[id];
  if (!endpoint) throw noSuch('webhook endpoint', id, 'id');
  return endpoint;
}

/**
 * Events go to loopback addresses only: this is no Stripe, and nothing of a test leaves the machine. The secret is in
 * this answer and in no other. https://docs.stripe.com/api/webhook_endpoints/create
 */
export function createWebhookEndpoint(
  world: World,
  fields: WebhookEndpointFields & { url: string; enabled_events: string[]; api_version?: string | undefined },
): WebhookEndpoint & { secret: string } {
  requireLoopback(fields.url);
  if (fields.api_version && fields.api_version !== API_VERSION) {
    throw notSimulated(`API version ${fields.api_version} (only ${API_VERSION})`, 'api_version');
  }
  const endpoint: WebhookEndpoint = {
    id: newId('we'),
    object: 'webhook_endpoint',
    api_version: fields.api_version ?? null,
    application: null,
    created: wallSeconds(world),
    description: fields.description ?? null,
    enabled_events: fields.enabled_events,
    livemode: false,
    metadata: mergeMetadata({}, fields.metadata),
    status: 'enabled',
    url: fields.url,
  };
  const secret = `whsec_${randomToken(32)}`;
  world.state.webhookEndpoints[endpoint.id] = endpoint;
  world.state.webhookSecrets[endpoint.id] = secret;
  return { ...endpoint, secret };
}

/** All events go to `url`, signed with a secret that both sides know: what `stripe listen --forward-to` does. */
export function forwardEvents(world: World, { url, secret }: { url: string; secret: string }): void {
  requireLoopback(url);
  world.state.webhookEndpoints[FORWARDING_ID] = {
    id: FORWARDING_ID,
    object: 'webhook_endpoint',
    api_version: null,
    application: null,
    created: world.state.webhookEndpoints[FORWARDING_ID]?.created ?? wallSeconds(world),
    description: 'Set by STRIPE_SIMULATOR_FORWARD_TO',
    enabled_events: ['*'],
    livemode: false,
    metadata: {},
    status: 'enabled',
    url,
  };
  world.state.webhookSecrets[FORWARDING_ID] = secret;
}

/** https://docs.stripe.com/api/webhook_endpoints/update */
export function updateWebhookEndpoint(world: World, id: string, fields: WebhookEndpointFields): WebhookEndpoint {
  const endpoint = findWebhookEndpoint(world, id);
  if (fields.url !== undefined) {
    requireLoopback(fields.url);
    endpoint.url = fields.url;
  }
  if (fields.enabled_events !== undefined) endpoint.enabled_events = fields.enabled_events;
  if (fields.description !== undefined) endpoint.description = fields.description;
  if (fields.disabled !== undefined) endpoint.status = fields.disabled ? 'disabled' : 'enabled';
  endpoint.metadata = mergeMetadata(endpoint.metadata, fields.metadata);
  return endpoint;
}

/** Its pending deliveries are given up. https://docs.stripe.com/api/webhook_endpoints/delete */
export function deleteWebhookEndpoint(world: World, id: string): void {
  findWebhookEndpoint(world, id);
  for (const delivery of Object.values(world.state.deliveries)) {
    if (delivery.endpointId === id && delivery.status === 'pending') delivery.status = 'failed';
  }
  delete world.state.webhookEndpoints[id];
  delete world.state.webhookSecrets[id];
}

function requireLoopback(url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol))
    throw invalidRequest('Invalid URL', 'url', 'url_invalid');
  if (!LOOPBACK.has(parsed.hostname)) throw notSimulated('webhook endpoints outside this machine', 'url');
}
