import { randomInt } from 'node:crypto';
import { API_VERSION } from './api-version.ts';
import { timeOf, wallSeconds } from './clock.ts';
import { newId } from './ids.ts';
import type { StripeEvent } from './objects.ts';
import { previousAttributes } from './previous-attributes.ts';
import type { Delivery, DeliveryFault } from './state.ts';
import type { ThinEvent } from './usage-objects.ts';
import { wire } from './wire.ts';
import type { World } from './world.ts';

/** Shuffled deliveries begin within this time, in random order. */
export const SHUFFLE_MS = 500;

/** Anything that events are about. */
export interface Eventful {
  /** Absent on the invoice that is upcoming. */
  id?: string;
  object: string;
}

/**
 * Records an event with the full object in it, and its delivery to each endpoint that listens for its type.
 * `created` is the time of the clock that the object lives on. https://docs.stripe.com/api/events/object
 *
 * @param previous old values of what an update changed; default none
 * @param customer whose event it is; default the object's customer
 */
export function emit(
  world: World,
  type: string,
  object: Eventful,
  previous: Record<string, unknown> | null = null,
  customer: string | null = customerOf(object),
): void {
  const event: StripeEvent = {
    id: newId('evt'),
    object: 'event',
    api_version: API_VERSION,
    created: timeOfObject(world, object, customer),
    data: { object: wire(world, object), ...(previous ? { previous_attributes: structuredClone(previous) } : {}) },
    livemode: false,
    pending_webhooks: 0,
    request: { id: world.cause?.requestId ?? null, idempotency_key: world.cause?.idempotencyKey ?? null },
    type,
  };
  world.state.events[event.id] = event;
  world.state.eventRecordedAtMs[event.id] = world.wallMs();
  for (const endpoint of Object.values(world.state.webhookEndpoints)) {
    const listens = endpoint.enabled_events.includes('*') || endpoint.enabled_events.includes(type);
    if (endpoint.status === 'enabled' && listens) addDelivery(world, event, endpoint.id, customer);
  }
}

/** Changes an object and records the event of it with `previous_attributes`, unless nothing changed. */
export function change<T extends Eventful>(
  world: World,
  type: string,
  object: T,
  mutate: (object: T) => void,
  customer: string | null = customerOf(object),
): void {
  const before = structuredClone(object);
  mutate(object);
  const previous = previousAttributes(before, object);
  if (previous) emit(world, type, object, previous, customer);
}

/** The webhook endpoint that `STRIPE_SIMULATOR_FORWARD_TO` makes: it listens for everything. */
export const FORWARDING_ID = 'we_forwarding';

/**
 * Records an event of API v2 and sends its notification, which carries no data. At Stripe these go to event destinations;
 * here to the endpoint of `STRIPE_SIMULATOR_FORWARD_TO`, and to those that name its type.
 * https://docs.stripe.com/event-destinations#thin-events
 */
export function emitThin(
  world: World,
  type: string,
  about: { created: string; related: ThinEvent['related_object']; data: Record<string, unknown> },
): void {
  const event: ThinEvent = {
    id: newId('evt_test'),
    object: 'v2.core.event',
    context: null,
    created: about.created,
    data: about.data,
    livemode: false,
    reason: null,
    related_object: about.related,
    type,
  };
  world.state.thinEvents[event.id] = event;
  for (const endpoint of Object.values(world.state.webhookEndpoints)) {
    const listens = endpoint.id === FORWARDING_ID || endpoint.enabled_events.includes(type);
    if (endpoint.status === 'enabled' && listens) addDelivery(world, event, endpoint.id, null);
  }
}

/** Puts an event on its way to an endpoint, subject to the faults in force for its customer. */
export function addDelivery(
  world: World,
  event: StripeEvent | ThinEvent,
  endpointId: string,
  customer: string | null,
): Delivery {
  const nowMs = world.wallMs();
  const fault = faultFor(world, customer);
  const delivery: Delivery = {
    id: newId('dlv'),
    eventId: event.id,
    endpointId,
    customer,
    status: fault === 'drop' ? 'dropped' : 'pending',
    attempts: [],
    createdAtMs: nowMs,
    nextAttemptAtMs: nowMs + (fault === 'shuffle' ? randomInt(SHUFFLE_MS) : 0),
  };
  world.state.deliveries[delivery.id] = delivery;
  if (delivery.status === 'pending') {
    if (event.object === 'event') event.pending_webhooks += 1;
    world.onDelivery(delivery);
  }
  return delivery;
}

/** The fault that a customer's deliveries are under: its own, else everybody's. */
export function faultFor(world: World, customer: string | null): DeliveryFault | null {
  const { deliveryFaults } = world.state;
  return (customer === null ? undefined : deliveryFaults[customer]) ?? deliveryFaults['*'] ?? null;
}

/** The customer that an object belongs to, or is. */
export function customerOf(object: object): string | null {
  const fields = object as { id: string; object: string; customer?: unknown };
  if (fields.object === 'customer') return fields.id;
  return typeof fields.customer === 'string' ? fields.customer : null;
}

function timeOfObject(world: World, object: Eventful, customer: string | null): number {
  if (object.object === 'test_helpers.test_clock') return (object as unknown as { frozen_time: number }).frozen_time;
  const owner = customer === null ? undefined : world.state.customers[customer];
  return owner ? timeOf(world, owner.test_clock) : wallSeconds(world);
}
