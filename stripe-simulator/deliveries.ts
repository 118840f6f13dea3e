import { createHmac, randomInt } from 'node:crypto';
import type { Logger } from '#telemetry/logger.ts';
import { addDelivery, customerOf, faultFor, SHUFFLE_MS } from './engine/events.ts';
import type { Delivery, DeliveryAttempt, DeliveryFault } from './engine/state.ts';
import { noSuch } from './engine/stripe-error.ts';
import type { ThinEvent } from './engine/usage-objects.ts';
import type { World } from './engine/world.ts';
import type { Store } from './store.ts';

/** Waits between attempts, quicker than Stripe's hours: the last one repeats. */
const BACK_OFF_MS = [1_000, 2_000, 5_000, 10_000, 30_000];
const GIVE_UP_MS = 3 * 86_400_000;
const ANSWER_TIMEOUT_MS = 10_000;
const CONCURRENT = 16;

export interface Deliveries {
  /** Takes up a delivery that was added. */
  add(delivery: Delivery): void;
  /** Sets or lifts (`null`) a fault for a customer, or for everybody (`*`). Lifting lets held deliveries go. */
  setFault(customer: string, fault: DeliveryFault | null): void;
  /** Sends an event again to every endpoint that is enabled, whatever became of it before. */
  redeliver(eventId: string): Delivery[];
  /** Waits until nothing is pending for the customer (`null`: for anybody) that is not held. Resolves to what still is. */
  settle(customer: string | null, timeoutMs: number): Promise<number>;
  isHeld(delivery: Delivery): boolean;
  /** Aborts what is on its way; it stays pending for the next start. */
  close(): Promise<void>;
}

/**
 * Delivers events at least once, in no order: signed over the raw bytes in wall time, retried with back-off on timeouts
 * and anything but 2xx, for three days. https://docs.stripe.com/webhooks#behaviors
 */
export function createDeliveries(world: World, store: Store, logger: Logger): Deliveries {
  const { state } = world;
  const waiting = new Set(
    Object.values(state.deliveries)
      .filter((each) => each.status === 'pending')
      .map((each) => each.id),
  );
  const underWay = new Map<string, Promise<void>>();
  const watchers = new Set<() => void>();
  const abort = new AbortController();
  let timer: NodeJS.Timeout | null = null;

  const isHeld = (delivery: Delivery) => faultFor(world, delivery.customer) === 'hold';

  const pump = () => {
    if (timer) clearTimeout(timer);
    timer = null;
    if (abort.signal.aborted) return;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const id of waiting) {
      const delivery = state.deliveries[id];
      if (delivery?.status !== 'pending') {
        waiting.delete(id);
        continue;
      }
      if (underWay.has(id) || isHeld(delivery)) continue;
      if (delivery.nextAttemptAtMs > world.wallMs()) nextMs = Math.min(nextMs, delivery.nextAttemptAtMs);
      else if (underWay.size < CONCURRENT) start(delivery);
    }
    if (Number.isFinite(nextMs)) timer = setTimeout(pump, Math.max(0, nextMs - world.wallMs()));
  };

  const start = (delivery: Delivery) => {
    const attempt = attemptDelivery(delivery)
      .catch((error: unknown) => {
        logger.error({ err: error, delivery: delivery.id }, 'a delivery could not be recorded');
        delivery.nextAttemptAtMs = world.wallMs() + (BACK_OFF_MS[0] ?? 0);
      })
      .finally(() => {
        underWay.delete(delivery.id);
        if (delivery.status !== 'pending') waiting.delete(delivery.id);
        for (const watcher of watchers) watcher();
        pump();
      });
    underWay.set(delivery.id, attempt);
  };

  const attemptDelivery = async (delivery: Delivery) => {
    // What has been delivered must not be forgotten by a kill.
    await store.committed();
    const copies = faultFor(world, delivery.customer) === 'duplicate' ? 2 : 1;
    const attempts = await Promise.all(Array.from({ length: copies }, () => send(delivery)));
    if (abort.signal.aborted || delivery.status !== 'pending') return;
    delivery.attempts.push(...attempts);
    settleAttempt(delivery, attempts);
    store.changed();
  };

  const settleAttempt = (delivery: Delivery, attempts: DeliveryAttempt[]) => {
    const accepted = attempts.some(({ status }) => status !== null && status >= 200 && status < 300);
    const nowMs = world.wallMs();
    if (accepted || nowMs - delivery.createdAtMs > GIVE_UP_MS) {
      delivery.status = accepted ? 'delivered' : 'failed';
      const event = state.events[delivery.eventId];
      if (event) event.pending_webhooks = Math.max(0, event.pending_webhooks - 1);
      return;
    }
    const tries = delivery.attempts.length;
    delivery.nextAttemptAtMs = nowMs + (BACK_OFF_MS[Math.min(tries, BACK_OFF_MS.length) - 1] ?? 0);
    logger.info({ delivery: delivery.id, event: delivery.eventId, last: attempts.at(-1) }, 'delivery will be retried');
  };

  const send = async (delivery: Delivery): Promise<DeliveryAttempt> => {
    const startedMs = Date.now();
    const attempt = (status: number | null, error: string | null): DeliveryAttempt => ({
      at: new Date(startedMs).toISOString(),
      durationMs: Date.now() - startedMs,
      status,
      error,
    });
    const event = state.events[delivery.eventId] ?? notificationOf(state.thinEvents[delivery.eventId]);
    const endpoint = state.webhookEndpoints[delivery.endpointId];
    const secret = state.webhookSecrets[delivery.endpointId];
    if (!event || !endpoint || secret === undefined) return attempt(null, 'the event or its endpoint is gone');
    const body = JSON.stringify(event, null, 2);
    try {
      const answer = await fetch(endpoint.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'stripe-signature': signature(body, secret, Math.floor(startedMs / 1000)),
          'user-agent': 'Stripe/1.0 (+leasehold stripe-simulator)',
        },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([abort.signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
      });
      await answer.arrayBuffer();
      return attempt(answer.status, null);
    } catch (error) {
      return attempt(null, reasonOf(error));
    }
  };

  const unsettled = (customer: string | null) =>
    [...waiting].filter((id) => {
      const delivery = state.deliveries[id];
      const asked = customer === null || delivery?.customer === customer;
      return asked && delivery?.status === 'pending' && !isHeld(delivery);
    }).length;

  setImmediate(pump);

  return {
    add(delivery) {
      waiting.add(delivery.id);
      setImmediate(pump);
    },
    setFault(customer, fault) {
      if (fault === null) delete state.deliveryFaults[customer];
      else state.deliveryFaults[customer] = fault;
      for (const id of waiting) {
        const delivery = state.deliveries[id];
        if (!delivery || underWay.has(id) || (customer !== '*' && delivery.customer !== customer)) continue;
        if (fault === 'drop') {
          delivery.status = 'dropped';
          const event = state.events[delivery.eventId];
          if (event) event.pending_webhooks = Math.max(0, event.pending_webhooks - 1);
        } else if (fault === 'shuffle') delivery.nextAttemptAtMs = world.wallMs() + randomInt(SHUFFLE_MS);
      }
      for (const watcher of watchers) watcher();
      pump();
    },
    redeliver(eventId) {
      const event = state.events[eventId] ?? state.thinEvents[eventId];
      if (!event) throw noSuch('event', eventId, 'id');
      const earlier = Object.values(state.deliveries).find((each) => each.eventId === eventId);
      const customer = earlier?.customer ?? (event.object === 'event' ? customerOf(event.data.object) : null);
      return Object.values(state.webhookEndpoints)
        .filter((endpoint) => endpoint.status === 'enabled')
        .map((endpoint) => addDelivery(world, event, endpoint.id, customer));
    },
    settle(customer, timeoutMs) {
      return new Promise((resolve) => {
        const finish = () => {
          clearTimeout(deadline);
          watchers.delete(check);
          resolve(unsettled(customer));
        };
        const check = () => {
          if (unsettled(customer) === 0) finish();
        };
        const deadline = setTimeout(finish, timeoutMs);
        watchers.add(check);
        check();
      });
    },
    isHeld,
    async close() {
      abort.abort();
      if (timer) clearTimeout(timer);
      await Promise.allSettled(underWay.values());
    },
  };
}

/** What is sent of an event of API v2: all but its data. https://docs.stripe.com/event-destinations#thin-events */
function notificationOf(event: ThinEvent | undefined): Omit<ThinEvent, 'data'> | undefined {
  if (!event) return undefined;
  const { data: _, ...notification } = event;
  return notification;
}

/** The `Stripe-Signature` header. https://docs.stripe.com/webhooks#verify-manually */
export function signature(body: string, secret: string, timestamp: number): string {
  return `t=${timestamp},v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`, 'utf8').digest('hex')}`;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error.name}: ${error.message}${cause}`;
}
