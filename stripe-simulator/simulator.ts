import { Hono } from 'hono';
import type { Logger } from '#telemetry/logger.ts';
import { createDeliveries, type Deliveries } from './deliveries.ts';
import { flowingClocks, nextDue } from './engine/due.ts';
import { StripeError } from './engine/stripe-error.ts';
import { catchUp, finishAdvance } from './engine/test-clocks.ts';
import { forwardEvents } from './engine/webhook-endpoints.ts';
import { type CollectionPolicy, DEFAULT_POLICY, type World } from './engine/world.ts';
import { mountApi } from './http/api.ts';
import { mountControl } from './http/control.ts';
import { mountHostedAuthentication } from './http/hosted-authentication.ts';
import { mountHostedCheckout } from './http/hosted-checkout.ts';
import { mountHostedInvoice } from './http/hosted-invoice.ts';
import { mountHostedPortal } from './http/hosted-portal.ts';
import { loopbackOnly } from './http/loopback.ts';
import { openStore, StateNotWritten } from './store.ts';

/** setTimeout's longest wait is 24.8 days; the plan is looked at anew in any case. */
const LONGEST_WAIT_MS = 3_600_000;

export interface SimulatorOptions {
  /** The file that the state is kept in; made when missing. `null`: in memory alone. */
  statePath: string | null;
  /** Where hosted pages are reached, for example `http://127.0.0.1:4313`. */
  publicUrl: string;
  /** Sends all events there, signed with this secret. Default: to registered endpoints alone. */
  forward?: { url: string; secret: string } | null;
  logger: Logger;
  /** Default: retries 3, 5 and 7 days after the failure before; then `past_due` stays. */
  policy?: CollectionPolicy;
  /** Wall time in ms; default the system's clock. */
  wallMs?: () => number;
}

export interface Simulator {
  app: Hono;
  /** The engine's state, and what it works with. */
  world: World;
  /** Stops timers and deliveries; resolves once all is in the file. */
  close(): Promise<void>;
}

/**
 * A stand-in for Stripe, for development and tests only. What it does not implement is an error in Stripe's envelope.
 *
 * @throws Error when the state file can't be read
 */
export function createSimulator(options: SimulatorOptions): Simulator {
  const { logger } = options;
  const store = openStore(options.statePath);
  let deliveries: Deliveries | null = null;
  const world: World = {
    state: store.state,
    policy: options.policy ?? DEFAULT_POLICY,
    publicUrl: options.publicUrl.replace(/\/$/, ''),
    wallMs: options.wallMs ?? Date.now,
    onDelivery: (delivery) => deliveries?.add(delivery),
    cause: null,
    moment: null,
    unannounced: null,
  };
  if (options.forward) forwardEvents(world, options.forward);
  deliveries = createDeliveries(world, store, logger);
  const time = keepTime(world, () => store.changed(), logger);
  const deps = { world, store, deliveries, logger, catchUp: time.catchUp, touched: time.touched };

  const app = new Hono();
  app.use(loopbackOnly);
  mountControl(app, deps);
  mountHostedInvoice(app, deps);
  mountHostedCheckout(app, deps);
  mountHostedAuthentication(app, deps);
  mountHostedPortal(app, deps);
  mountApi(app, deps);
  app.notFound((c) =>
    c.json({ error: { type: 'invalid_request_error', message: `Nothing is at ${c.req.path}.` } }, 404),
  );
  app.onError((error, c) => {
    if (error instanceof StripeError) return c.json({ error: error.body }, error.status as 400);
    if (error instanceof StateNotWritten) {
      logger.error({ err: error }, 'the state can not be written');
      return c.json({ error: { type: 'api_error', message: `${error.message}. It is tried again.` } }, 503);
    }
    logger.error({ err: error, path: c.req.path }, 'the simulator is at fault');
    return c.json(
      { error: { type: 'api_error', message: 'The Stripe simulator is at fault; its log says how.' } },
      500,
    );
  });
  // A kill may have come in the middle of an advance, or things came due while nothing ran.
  time.touched();

  return {
    app,
    world,
    async close() {
      time.stop();
      await deliveries?.close();
      await store.committed().finally(store.close);
    },
  };
}

interface TimeKeeper {
  catchUp: () => void;
  touched: () => void;
  stop: () => void;
}

/** Lets things happen by themselves: on the wall clock, on ticking clocks, and on clocks that are being advanced. */
function keepTime(world: World, changed: () => void, logger: Logger): TimeKeeper {
  let planned = false;
  let stopped = false;
  let timer: NodeJS.Timeout | null = null;

  const catchUpAll = () => {
    let busy = false;
    for (const clock of flowingClocks(world)) {
      const done = catchUp(world, clock);
      busy ||= done.length > 0;
      for (const each of done) logger.info({ clock: clock ?? 'wall', ...each }, 'came due');
    }
    if (busy) changed();
  };

  const finishAdvances = () => {
    const advancing = Object.values(world.state.testClocks).filter((each) => each.status === 'advancing');
    for (const clock of advancing) finishAdvance(world, clock.id);
    if (advancing.length > 0) changed();
  };

  const run = () => {
    planned = false;
    if (stopped) return;
    try {
      finishAdvances();
      catchUpAll();
    } catch (error) {
      logger.error({ err: error }, 'what came due could not be done');
    }
    if (timer) clearTimeout(timer);
    timer = setTimeout(run, Math.min(LONGEST_WAIT_MS, msToNextDue(world)));
  };

  return {
    catchUp: catchUpAll,
    touched() {
      changed();
      if (planned) return;
      planned = true;
      setImmediate(run);
    },
    stop() {
      stopped = true;
      if (timer) clearTimeout(timer);
    },
  };
}

function msToNextDue(world: World): number {
  const waits = flowingClocks(world).map((clock) => {
    const at = nextDue(world, clock)?.at;
    if (at === undefined) return LONGEST_WAIT_MS;
    const ticking = clock === null ? undefined : world.state.ticking[clock];
    const dueMs = ticking ? ticking.sinceWallMs + (at - ticking.fromTime) * 1000 : at * 1000;
    return dueMs - world.wallMs();
  });
  // Not at once again: a thing that could not be done must not spin.
  return Math.max(50, Math.min(...waits));
}
