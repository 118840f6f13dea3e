import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { Logger } from '#telemetry/logger.ts';
import { isDatabaseUnavailable } from '../database-unavailable.ts';
import { isTemporalUnavailable } from '../temporal-unavailable.ts';
import { createBurstGate } from './burst-gate.ts';
import { type Forwarded, forwardCustomer } from './forward-customer.ts';
import type { SignalHints } from './hint-signaller.ts';

export interface ForwarderDeps {
  pool: pg.Pool;
  signalHints: SignalHints;
  log: Logger;
  /** Whether accepting events needs the machine now: then forwarding steps back. */
  acceptanceIsBusy(): boolean;
  onForwarded?(forwarded: Forwarded): void;
}

export interface ForwarderOptions {
  /** Most signals under way at once. Default 8; each holds a connection of the pool. */
  concurrency?: number;
  /** While acceptance is busy there is one signal at a time, and a rest of so many times its length. Default 4. */
  restWhileBusy?: number;
  /** A burst ends when nothing came for so long. Default 2,000. */
  quietMs?: number;
  /** Nothing is gathered for longer. Default 10,000. */
  maxGatherMs?: number;
  /** Time between two sweeps of the inbox, ± 20 %. Default 3,000. */
  sweepEveryMs?: number;
  /** The sweep takes what came by webhook once it has waited for longer. Default 15,000: what is being gathered is not left behind. */
  leftBehindAfterMs?: number;
  /** Longest pause between two tries during an outage, before jitter. Default 10,000. */
  maxPauseMs?: number;
}

export interface Forwarder {
  /** A new event of this customer was committed. Returns at once. */
  offer(customerId: string): void;
  /** Begins with everything that waits in the inbox, then sweeps at intervals. */
  start(): void;
  /** Ends the sweep and waits for the signals that are under way. */
  stop(): Promise<void>;
}

/** Customers taken by one sweep. */
const SWEEP_PAGE = 200;
/** Between the pages of a catch-up; what another process has locked is not asked for again and again. */
const NEXT_PAGE_MS = 200;
/** Customers without an account that are remembered, so that the sweep asks for them at once when they get one. */
const MAX_UNLINKED = 1_000;
/** However slow a signal was, the next one waits no longer. */
const MAX_REST_MS = 500;
/** Customers that wait in memory; beyond it the sweep finds them later. */
const MAX_QUEUE = 10_000;

/** What reconciliation or a replay has put into the inbox, and what it found the customer of, nobody is gathering. */
const LEFT_BEHIND = `
  SELECT e.customer_id AS "customerId"
  FROM stripe_event e
  WHERE e.forwarded_at IS NULL AND e.customer_id IS NOT NULL
    AND (EXISTS (SELECT FROM account a WHERE a.stripe_customer_id = e.customer_id)
      OR EXISTS (SELECT FROM deleted_account d WHERE d.stripe_customer_id = e.customer_id))
    AND (e.received_at < now() - make_interval(secs => $1) OR e.customer_id = ANY($3::text[])
      OR e.source <> 'webhook' OR e.replays > 0 OR e.charge_id IS NOT NULL)
    AND e.customer_id <> ALL($2::text[])
  GROUP BY e.customer_id ORDER BY min(e.received_at) LIMIT ${SWEEP_PAGE}`;

interface Trouble {
  failures: number;
  until: number;
}

/**
 * Carries events from the inbox to the workflows of their accounts. New ones leave at once (the rest of a burst is
 * gathered); a sweep takes what a crash, an outage or an unknown customer left. Memory holds customer ids only, the
 * inbox is the queue, and any number of processes may do this side by side.
 *
 * When Temporal or PostgreSQL fails, everything pauses with a growing, jittered back-off and resumes from the inbox. An
 * account whose signal alone is refused backs off alone.
 */
export function createForwarder(deps: ForwarderDeps, options: ForwarderOptions = {}): Forwarder {
  const {
    concurrency = 8,
    restWhileBusy = 4,
    quietMs,
    maxGatherMs,
    sweepEveryMs = 3_000,
    leftBehindAfterMs = 15_000,
    maxPauseMs = 10_000,
  } = options;
  const queue = new Set<string>();
  const underWay = new Set<Promise<void>>();
  const unlinked = new Set<string>();
  const troubled = new Map<string, Trouble>();
  const gate = createBurstGate({ release: enqueue, quietMs, maxGatherMs });
  let running = false;
  let outageFailures = 0;
  let pausedUntil = 0;
  /** Something may have been left behind by an outage or a former process: the next sweep takes everything. */
  let catchingUp = true;
  let sweepTimer: NodeJS.Timeout | undefined;
  let sweeping: Promise<void> | undefined;

  const paused = () => performance.now() < pausedUntil;

  function enqueue(customerId: string): void {
    if (!running || paused() || queue.size >= MAX_QUEUE || isTroubled(customerId)) return;
    queue.add(customerId);
    pump();
  }

  /** After an outage one signal goes ahead as the scout. */
  function limit(): number {
    if (outageFailures > 0 || deps.acceptanceIsBusy()) return 1;
    return concurrency;
  }

  function pump(): void {
    for (const customerId of queue) {
      if (!running || paused() || underWay.size >= limit()) return;
      queue.delete(customerId);
      const work = forwardAndRest(customerId).finally(() => {
        underWay.delete(work);
        pump();
        if (running && catchingUp && queue.size === 0 && underWay.size === 0 && !paused()) sweepSoon(NEXT_PAGE_MS);
      });
      underWay.add(work);
    }
  }

  async function forwardAndRest(customerId: string): Promise<void> {
    const began = performance.now();
    await forward(customerId);
    if (running && deps.acceptanceIsBusy()) {
      await delay(Math.min(MAX_REST_MS, (performance.now() - began) * restWhileBusy));
    }
  }

  async function forward(customerId: string): Promise<void> {
    try {
      const forwarded = await forwardCustomer(deps, customerId);
      troubled.delete(customerId);
      if (!forwarded) {
        rememberUnlinked(customerId);
        return;
      }
      unlinked.delete(customerId);
      if (outageFailures > 0) deps.log.info('forwarding works again');
      outageFailures = 0;
      deps.onForwarded?.(forwarded);
      if (forwarded.more) queue.add(customerId);
    } catch (error) {
      if (isTemporalUnavailable(error) || isDatabaseUnavailable(error)) pause(error);
      else setAside(customerId, error);
    }
  }

  function rememberUnlinked(customerId: string): void {
    unlinked.add(customerId);
    for (const oldest of unlinked) {
      if (unlinked.size <= MAX_UNLINKED) break;
      unlinked.delete(oldest);
    }
  }

  function pause(error: unknown): void {
    catchingUp = true;
    if (paused()) return;
    outageFailures += 1;
    const delayMs = jittered(Math.min(maxPauseMs, 500 * 2 ** Math.min(outageFailures - 1, 10)));
    pausedUntil = performance.now() + delayMs;
    queue.clear();
    gate.clear();
    deps.log.warn({ err: error, delayMs: Math.round(delayMs) }, 'forwarding paused; events wait in the inbox');
    sweepSoon(delayMs);
  }

  function setAside(customerId: string, error: unknown): void {
    const failures = (troubled.get(customerId)?.failures ?? 0) + 1;
    const delayMs = jittered(Math.min(300_000, 1_000 * 2 ** Math.min(failures, 10)));
    troubled.set(customerId, { failures, until: performance.now() + delayMs });
    deps.log.error({ err: error, customerId, failures }, 'the events of a customer could not be forwarded');
  }

  function isTroubled(customerId: string): boolean {
    return (troubled.get(customerId)?.until ?? 0) > performance.now();
  }

  function sweepSoon(delayMs: number): void {
    clearTimeout(sweepTimer);
    if (!running) return;
    sweepTimer = setTimeout(() => {
      if (sweeping) return;
      sweeping = sweep().finally(() => {
        sweeping = undefined;
        sweepSoon(paused() ? pausedUntil - performance.now() + 1 : jittered(sweepEveryMs, 0.2));
      });
    }, delayMs);
  }

  async function sweep(): Promise<void> {
    try {
      if (paused() || queue.size >= SWEEP_PAGE) return;
      const waitedSeconds = catchingUp ? 0 : leftBehindAfterMs / 1_000;
      const aside = [...troubled.keys()].filter(isTroubled);
      const { rows } = await deps.pool.query<{ customerId: string }>(LEFT_BEHIND, [
        waitedSeconds,
        aside,
        [...unlinked],
      ]);
      catchingUp = rows.length === SWEEP_PAGE;
      for (const { customerId } of rows) enqueue(customerId);
    } catch (error) {
      pause(error);
    }
  }

  return {
    offer(customerId) {
      if (running && !paused()) gate.offer(customerId);
    },
    start() {
      running = true;
      sweepSoon(0);
    },
    async stop() {
      running = false;
      clearTimeout(sweepTimer);
      gate.clear();
      queue.clear();
      await sweeping;
      await Promise.allSettled(underWay);
    },
  };
}

/** A random length within `share` on either side, so that processes that failed together do not return together. */
function jittered(ms: number, share = 0.5): number {
  return ms * (1 - share + Math.random() * 2 * share);
}
