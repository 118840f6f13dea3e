import { z } from 'zod';
import { matchesCreated, page } from '../../engine/lists.ts';
import { noSuch } from '../../engine/stripe-error.ts';
import {
  createWebhookEndpoint,
  deleteWebhookEndpoint,
  findWebhookEndpoint,
  updateWebhookEndpoint,
} from '../../engine/webhook-endpoints.ts';
import type { World } from '../../engine/world.ts';
import { endpoint } from '../endpoint.ts';
import { clearable, created, flag, metadata, nonEmpty, paging } from '../parameters.ts';

const LISTED_MS = 30 * 86_400_000;
const enabledEvents = z.array(nonEmpty).min(1);
const listening = { description: clearable.optional(), metadata: metadata.optional() };

/** https://docs.stripe.com/api/events, https://docs.stripe.com/api/webhook_endpoints */
export const eventEndpoints = [
  endpoint({
    method: 'get',
    path: '/v1/events',
    params: z.strictObject({
      ...paging,
      created,
      type: nonEmpty.optional(),
      types: z.array(nonEmpty).max(20).optional(),
      delivery_success: flag.optional(),
    }),
    run: (world, params) =>
      page(
        Object.values(world.state.events).filter(
          (each) =>
            isKept(world, each.id) &&
            matchesType(each.type, params.type) &&
            (params.types === undefined || params.types.includes(each.type)) &&
            (params.delivery_success === undefined || params.delivery_success === (each.pending_webhooks === 0)) &&
            matchesCreated(each.created, params.created),
        ),
        params,
        '/v1/events',
      ),
  }),
  endpoint({
    method: 'get',
    path: '/v1/events/:id',
    params: z.strictObject({}),
    run: (world, _params, id) => {
      const found = world.state.events[id];
      if (!found) throw noSuch('event', id, 'id');
      return found;
    },
  }),
  endpoint({
    method: 'get',
    path: '/v2/core/events/:id',
    params: z.strictObject({}),
    run: (world, _params, id) => {
      const found = world.state.thinEvents[id];
      if (!found) throw noSuch('event', id, 'id');
      return found;
    },
  }),
  // https://docs.stripe.com/api/v2/core/events/list
  endpoint({
    method: 'get',
    path: '/v2/core/events',
    params: z.strictObject({
      limit: paging.limit,
      object_id: nonEmpty.optional(),
      types: z.union([z.array(nonEmpty), nonEmpty.transform((type) => [type])]).optional(),
    }),
    run: (world, params) => ({
      data: Object.values(world.state.thinEvents)
        .filter(
          (each) =>
            (params.object_id === undefined || each.related_object?.id === params.object_id) &&
            (params.types === undefined || params.types.includes(each.type)),
        )
        .reverse()
        .slice(0, params.limit ?? 20),
      next_page_url: null,
      previous_page_url: null,
    }),
  }),
  endpoint({
    method: 'post',
    path: '/v1/webhook_endpoints',
    params: z.strictObject({
      ...listening,
      url: nonEmpty,
      enabled_events: enabledEvents,
      api_version: nonEmpty.optional(),
    }),
    run: (world, params) => createWebhookEndpoint(world, params),
  }),
  endpoint({
    method: 'get',
    path: '/v1/webhook_endpoints',
    params: z.strictObject(paging),
    run: (world, params) => page(Object.values(world.state.webhookEndpoints), params, '/v1/webhook_endpoints'),
  }),
  endpoint({
    method: 'get',
    path: '/v1/webhook_endpoints/:id',
    params: z.strictObject({}),
    run: (world, _params, id) => findWebhookEndpoint(world, id),
  }),
  endpoint({
    method: 'post',
    path: '/v1/webhook_endpoints/:id',
    params: z.strictObject({
      ...listening,
      url: nonEmpty.optional(),
      enabled_events: enabledEvents.optional(),
      disabled: flag.optional(),
    }),
    run: (world, params, id) => updateWebhookEndpoint(world, id, params),
  }),
  endpoint({
    method: 'delete',
    path: '/v1/webhook_endpoints/:id',
    params: z.strictObject({}),
    run: (world, _params, id) => {
      deleteWebhookEndpoint(world, id);
      return { id, object: 'webhook_endpoint', deleted: true };
    },
  }),
];

/** https://docs.stripe.com/api/events/list: 30 days. */
function isKept(world: World, id: string): boolean {
  return world.wallMs() - (world.state.eventRecordedAtMs[id] ?? 0) < LISTED_MS;
}

/** `invoice.*` stands for every type that begins so. */
function matchesType(type: string, wanted: string | undefined): boolean {
  if (wanted === undefined || wanted === '*') return true;
  return wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted;
}
