import type { Context, Hono } from 'hono';
import { z } from 'zod';
import type { Deliveries } from '../deliveries.ts';
import { closeDispute, findDispute, openDispute } from '../engine/disputes.ts';
import { clockTime } from '../engine/due.ts';
import type { Delivery } from '../engine/state.ts';
import { invalidRequest, noSuch } from '../engine/stripe-error.ts';
import { advanceNow, setTicking } from '../engine/test-clocks.ts';
import { wire } from '../engine/wire.ts';
import type { World } from '../engine/world.ts';
import type { Store } from '../store.ts';

const MAX_SETTLE_MS = 600_000;
const DEFAULT_SETTLE_MS = 30_000;
const DEFAULT_DELIVERIES = 1_000;

const advance = z.strictObject({ to: z.iso.datetime({ offset: true }) });
const tick = z.strictObject({ ticking: z.boolean() });
const settle = z.strictObject({
  customer: z.string().min(1).nullish(),
  timeoutMs: z.number().int().min(0).max(MAX_SETTLE_MS).default(DEFAULT_SETTLE_MS),
});
const faults = z
  .strictObject({
    customer: z.string().min(1).nullish(),
    deliveries: z.enum(['hold', 'release', 'duplicate', 'shuffle', 'drop']).optional(),
    failApi: z
      .strictObject({
        count: z.number().int().min(0),
        status: z.number().int().min(400).max(599),
        answerLost: z.boolean().default(false),
      })
      .optional(),
  })
  .refine((value) => value.deliveries !== undefined || value.failApi !== undefined, 'Say `deliveries` or `failApi`.');

/** https://docs.stripe.com/disputes/categories */
const dispute = z.strictObject({
  charge: z.string().min(1),
  reason: z
    .enum([
      'credit_not_processed',
      'duplicate',
      'fraudulent',
      'general',
      'product_not_received',
      'product_unacceptable',
      'subscription_canceled',
      'unrecognized',
    ])
    .default('fraudulent'),
  inquiry: z.boolean().default(false),
});
const verdict = z.strictObject({ outcome: z.enum(['won', 'lost']) });

export interface ControlDeps {
  world: World;
  store: Store;
  deliveries: Deliveries;
  catchUp: () => void;
  touched: () => void;
}

/** The control surface of tests and demos: time, deliveries and faults. Documented in the README. */
export function mountControl(app: Hono, deps: ControlDeps): void {
  const { world, store, deliveries, catchUp, touched } = deps;

  app.get('/_sim/health', (c) => c.json({ status: 'ok', livemode: false }));

  app.get('/_sim/clocks/:clock', (c) => {
    catchUp();
    return c.json(clockAnswer(world, c.req.param('clock')));
  });

  app.post('/_sim/clocks/:clock/advance', async (c) => {
    const { to } = await read(c, advance);
    catchUp();
    const clock = c.req.param('clock');
    const done = advanceNow(world, clock, Math.floor(Date.parse(to) / 1000));
    touched();
    await store.committed();
    return c.json({
      ...clockAnswer(world, clock),
      done: done.map((each) => ({ ...each, at: instant(each.at) })),
    });
  });

  app.post('/_sim/clocks/:clock/tick', async (c) => {
    const { ticking } = await read(c, tick);
    catchUp();
    const clock = c.req.param('clock');
    setTicking(world, clock, ticking);
    touched();
    await store.committed();
    return c.json(clockAnswer(world, clock));
  });

  app.get('/_sim/deliveries', (c) => {
    catchUp();
    const customer = c.req.query('customer');
    const wanted = Object.values(world.state.deliveries).filter(
      (each) => customer === undefined || each.customer === customer,
    );
    const limit = Number(c.req.query('limit') ?? DEFAULT_DELIVERIES);
    if (!Number.isInteger(limit) || limit < 1) throw invalidRequest('Invalid limit: a whole number from 1.', 'limit');
    return c.json({ deliveries: wanted.slice(-limit).map((each) => deliveryAnswer(world, deliveries, each)) });
  });

  app.post('/_sim/deliveries/settle', async (c) => {
    const { customer, timeoutMs } = await read(c, settle);
    catchUp();
    const pending = await deliveries.settle(customer ?? null, timeoutMs);
    await store.committed();
    return c.json({ settled: pending === 0, pending });
  });

  app.post('/_sim/faults', async (c) => {
    const wanted = await read(c, faults);
    const customer = wanted.customer ?? null;
    if (wanted.deliveries) {
      deliveries.setFault(customer ?? '*', wanted.deliveries === 'release' ? null : wanted.deliveries);
    }
    if (wanted.failApi) {
      const { count, status, answerLost } = wanted.failApi;
      world.state.apiFaults = world.state.apiFaults.filter((each) => each.customer !== customer);
      if (count > 0) world.state.apiFaults.push({ customer, remaining: count, status, answerLost });
    }
    touched();
    await store.committed();
    return c.json({ deliveries: world.state.deliveryFaults, api: world.state.apiFaults });
  });

  app.post('/_sim/disputes', async (c) => {
    const { charge, reason, inquiry } = await read(c, dispute);
    catchUp();
    const disputed = world.state.charges[charge];
    if (!disputed) throw noSuch('charge', charge, 'charge');
    const opened = openDispute(world, disputed, { reason, inquiry });
    touched();
    await store.committed();
    return c.json(wire(world, opened));
  });

  app.post('/_sim/disputes/:id/close', async (c) => {
    const { outcome } = await read(c, verdict);
    catchUp();
    const found = findDispute(world, c.req.param('id'));
    closeDispute(world, found, outcome);
    touched();
    await store.committed();
    return c.json(wire(world, found));
  });

  app.post('/_sim/events/:id/redeliver', async (c) => {
    const added = deliveries.redeliver(c.req.param('id'));
    touched();
    await store.committed();
    return c.json({ deliveries: added.map((each) => deliveryAnswer(world, deliveries, each)) });
  });
}

/** `wall` names the wall clock. */
function clockAnswer(world: World, id: string) {
  const clock = id === 'wall' ? null : id;
  const { now, nextDueAt } = clockTime(world, clock);
  return {
    clock: id,
    now: instant(now),
    nextDueAt: nextDueAt === null ? null : instant(nextDueAt),
    ticking: clock === null || world.state.ticking[clock] !== undefined,
  };
}

function deliveryAnswer(world: World, deliveries: Deliveries, delivery: Delivery) {
  return {
    id: delivery.id,
    event: delivery.eventId,
    type: (world.state.events[delivery.eventId] ?? world.state.thinEvents[delivery.eventId])?.type ?? null,
    endpoint: delivery.endpointId,
    url: world.state.webhookEndpoints[delivery.endpointId]?.url ?? null,
    customer: delivery.customer,
    status: delivery.status,
    held: delivery.status === 'pending' && deliveries.isHeld(delivery),
    attempts: delivery.attempts,
    createdAt: new Date(delivery.createdAtMs).toISOString(),
    nextAttemptAt: delivery.status === 'pending' ? new Date(delivery.nextAttemptAtMs).toISOString() : null,
  };
}

async function read<S extends z.ZodType>(c: Context, schema: S): Promise<z.output<S>> {
  const body: unknown = await c.req.json().catch(() => {
    throw invalidRequest('The body is no JSON.');
  });
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw invalidRequest(z.prettifyError(result.error));
}

function instant(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
