import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Child, lastLines, startChild } from './child.ts';
import type { Part, PartContext, PartName, PartState, PartStatus, RunningPart } from './part.ts';
import { PlatformError } from './platform-error.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { explainSystemError } from './system-error.ts';

const FIRST_RESTART_DELAY_MS = 250;
/** What a part needs may come back at any time: it is there again well within a minute. */
const LONGEST_RESTART_DELAY_MS = 20_000;
/** A part that dies more often than this is said to be failing. */
const MOST_DEATHS = 5;
/** A part that has run for so long begins with short pauses again, when it dies. */
const STEADY_AFTER_MS = 60_000;
/** States of a part that is down and not by anybody's will. */
const TRIED: readonly PartState[] = ['starting', 'restarting', 'failing', 'failed'];

export interface SupervisorOptions {
  parts: Record<PartName, Part>;
  context: Omit<PartContext, 'logFile' | 'again' | 'progress' | 'describe' | 'spawn'>;
  /** Pause before the first new start of a part that died, in milliseconds; it doubles each time, up to 20 s. Default 250. */
  restartDelayMs?: number;
  /** Called at each change of a part's status. */
  onStatus(status: PartStatus): void;
  /** Called when the set of processes has changed. */
  onProcesses(): void;
}

export type Supervisor = ReturnType<typeof createSupervisor>;

interface Slot {
  part: Part;
  status: PartStatus;
  /** What it is, shown once it is there. */
  description?: string;
  /** The process that is being started, before its part can be used. */
  child?: Child;
  running?: RunningPart;
  /** When it was last there, by `performance.now()`; absent until it was once. */
  upAt?: number;
  /** Deaths and starts that failed since it last ran for a minute. */
  deaths: number;
  /** Ends the pause before its next start. */
  wake: AbortController;
  /** Ends the attempts to start it again: somebody asks for something else. */
  halt: AbortController;
  /** Deeds on one part follow one another. */
  queue: Promise<unknown>;
}

/**
 * Starts parts in the order of their needs, keeps them running, and stops them. A part that was there once is never given up: it is
 * started again with a growing pause, at once when what it needs has come back, and no other part is stopped for it.
 */
export function createSupervisor({
  parts,
  context,
  restartDelayMs = FIRST_RESTART_DELAY_MS,
  onStatus,
  onProcesses,
}: SupervisorOptions) {
  const slots = new Map<PartName, Slot>(
    Object.values(parts).map((part) => [
      part.name,
      {
        part,
        status: { name: part.name, state: 'left-out', restarts: 0 },
        deaths: 0,
        wake: new AbortController(),
        halt: new AbortController(),
        queue: Promise.resolve(),
      },
    ]),
  );

  function report(slot: Slot, change: Partial<PartStatus>): void {
    const status: PartStatus = { ...slot.status, ...change };
    const identity = slot.running?.identity ?? slot.child?.identity;
    if (identity) status.pid = identity.pid;
    else delete status.pid;
    slot.status = status;
    onStatus({ ...status });
  }

  function contextOf(slot: Slot): PartContext {
    const logFile = logFileOf(slot);
    return {
      ...context,
      logFile,
      again: slot.upAt !== undefined,
      progress: (detail) => report(slot, { detail }),
      describe: (detail) => {
        slot.description = detail;
      },
      spawn: async (options) => {
        context.signal.throwIfAborted();
        const child = await startChild({ ...options, logFile });
        slot.child = child;
        onProcesses();
        // A stop that came meanwhile did not see this process.
        if (context.signal.aborted) await child.stop();
        return child;
      },
    };
  }

  const logFileOf = (slot: Slot) => join(context.stateDir, 'logs', `${slot.part.name}.log`);

  /** @param atEnd starts it although the platform is stopping, for the sake of what is to be stopped with it */
  async function launch(slot: Slot, atEnd = false): Promise<void> {
    if (!atEnd) context.signal.throwIfAborted();
    const startedAt = performance.now();
    report(slot, { state: 'starting' });
    try {
      const running = await slot.part.start(contextOf(slot));
      if (context.signal.aborted && !atEnd) {
        await running?.stop();
        context.signal.throwIfAborted();
      }
      slot.upAt = performance.now();
      wakeThoseThatNeed(slot.part.name);
      if (running) {
        slot.running = running;
        void running.exited.then((how) => whenExited(slot, running, how));
      }
      const tookMs = Math.round(performance.now() - startedAt);
      report(slot, {
        state: running ? 'running' : 'done',
        tookMs,
        ...(slot.description === undefined ? {} : { detail: slot.description }),
      });
    } finally {
      delete slot.child;
      onProcesses();
    }
  }

  async function whenExited(slot: Slot, running: RunningPart, how: string): Promise<void> {
    if (slot.running !== running) return;
    const { signal } = slot.halt;
    delete slot.running;
    onProcesses();
    await enqueue(slot, () => revive(slot, how, signal));
  }

  /** @param halted aborted when somebody asks for something else */
  async function revive(slot: Slot, how: string, halted: AbortSignal): Promise<void> {
    let reason = how;
    if (performance.now() - (slot.upAt ?? 0) > STEADY_AFTER_MS) slot.deaths = 0;
    slot.wake = new AbortController();
    while (!context.signal.aborted && !halted.aborted && !slot.running) {
      slot.deaths += 1;
      const state = slot.deaths > MOST_DEATHS ? 'failing' : 'restarting';
      report(slot, { state, detail: reason, restarts: slot.status.restarts + 1 });
      const pauseMs = Math.min(restartDelayMs * 2 ** (slot.deaths - 1), LONGEST_RESTART_DELAY_MS);
      const signal = AbortSignal.any([context.signal, halted, slot.wake.signal]);
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      if (halted.aborted) return;
      slot.wake = new AbortController();
      await launch(slot).catch((error: Error) => {
        reason = (explainSystemError(error) as Error).message;
      });
    }
  }

  /** Ends the attempts to start a part again. @returns aborted when the next one asks */
  function halt(slot: Slot): AbortSignal {
    slot.halt.abort();
    slot.halt = new AbortController();
    return slot.halt.signal;
  }

  /** What waits to be started again and lacked this part lacks it no more. */
  function wakeThoseThatNeed(name: PartName): void {
    for (const slot of slots.values()) if (slot.part.needs.includes(name)) slot.wake.abort();
  }

  function enqueue<Answer>(slot: Slot, deed: () => Promise<Answer>): Promise<Answer> {
    const done = slot.queue.then(deed);
    slot.queue = done.catch(() => undefined);
    return done;
  }

  function slotOf(name: PartName): Slot {
    const slot = slots.get(name);
    if (!slot) throw new PlatformError(`There is no part ${name}.`);
    return slot;
  }

  async function end(name: PartName, endBy: (running: RunningPart) => Promise<string>): Promise<void> {
    const slot = slotOf(name);
    if (slot.status.state === 'external') throw new PlatformError(`${name} is not ours: its address was given.`);
    halt(slot);
    await enqueue(slot, async () => {
      const { running } = slot;
      const wasTried = TRIED.includes(slot.status.state);
      delete slot.running;
      const detail = running && (await endBy(running));
      onProcesses();
      if (detail || wasTried) report(slot, { state: 'stopped', detail: detail ?? 'stopped' });
    });
  }

  return {
    statuses: (): PartStatus[] => [...slots.values()].map(({ status }) => ({ ...status })),

    /** The processes that live now, by part. */
    processes(): Record<string, ProcessIdentity> {
      const entries = [...slots.values()].flatMap(({ part, running, child }) => {
        const identity = running?.identity ?? child?.identity;
        return identity ? [[part.name, identity] as const] : [];
      });
      return Object.fromEntries(entries);
    },

    /**
     * Starts parts, each as soon as those that it needs are there.
     *
     * @param names which; those that are needed and not named count as there
     * @param isExternal whether a part's address was given
     * @throws PlatformError of the first part that can't be started; the others are left as they are
     */
    async startAll(names: readonly PartName[], isExternal: (part: Part) => boolean): Promise<void> {
      const ready = new Map<PartName, Promise<void>>();
      const readiness = (name: PartName): Promise<void> => {
        const known = ready.get(name);
        if (known) return known;
        const slot = slotOf(name);
        const promise = begin(slot);
        ready.set(name, promise);
        return promise;
      };
      const begin = async (slot: Slot): Promise<void> => {
        if (!names.includes(slot.part.name)) return;
        if (isExternal(slot.part)) return report(slot, { state: 'external', detail: `given by ${slot.part.givenBy}` });
        report(slot, { state: 'waiting' });
        await Promise.all(slot.part.needs.map(readiness));
        context.signal.throwIfAborted();
        await enqueue(slot, () => launch(slot)).catch((error: Error) => {
          // What a stop cuts short has not failed.
          context.signal.throwIfAborted();
          report(slot, { state: 'failed', detail: error.message });
          throw explained(slot, error);
        });
      };
      await Promise.all(names.map(readiness));
    },

    /** Stops a part in order; it stays down until it is started. */
    stopPart: (name: PartName) => end(name, byAsking),

    /** SIGKILL; it stays down until it is started. */
    killPart: (name: PartName) => end(name, byKilling),

    /**
     * Starts a part that is down or was left out; resolves when it can be used.
     *
     * @throws PlatformError when it can't be started; one that was there before is tried again and again
     */
    async startPart(name: PartName): Promise<void> {
      const slot = slotOf(name);
      const halted = halt(slot);
      await enqueue(slot, async () => {
        if (slot.running || slot.status.state === 'external') return;
        slot.deaths = 0;
        await launch(slot).catch((error: Error) => {
          report(slot, { state: 'failed', detail: error.message });
          if (slot.upAt !== undefined) void enqueue(slot, () => revive(slot, error.message, halted));
          throw explained(slot, error);
        });
      });
    },

    /** Starts a part that is down, at the platform's end: what is to be stopped can't be reached without it. */
    async startAtEnd(name: PartName): Promise<void> {
      const slot = slotOf(name);
      await enqueue(slot, async () => {
        if (!slot.running) await launch(slot, true);
      });
    },

    /** Resolves when nothing is being started or ended. */
    async idle(): Promise<void> {
      await Promise.all([...slots.values()].map(({ queue }) => queue));
    },

    /** Ends a part at the platform's end: also one that is still being started. */
    async finish(name: PartName): Promise<void> {
      const slot = slotOf(name);
      const running = slot.running ?? slot.child;
      if (!running) return;
      delete slot.running;
      const detail = await byAsking(running);
      delete slot.child;
      report(slot, { state: 'stopped', detail });
      onProcesses();
    },

    /** SIGKILL to everything. */
    async killAll(): Promise<void> {
      await Promise.all(
        [...slots.values()].map(async (slot) => {
          const victim = slot.running ?? slot.child;
          delete slot.running;
          await victim?.kill();
        }),
      );
    },
  };

  function explained(slot: Slot, failure: Error): Error {
    const error = explainSystemError(failure) as Error;
    if (error instanceof PlatformError && error.message.includes('\n')) return error;
    const log = lastLines(logFileOf(slot));
    const reason = error instanceof PlatformError ? error.message : `${slot.part.name}: ${error.message}`;
    return new PlatformError(
      log === '' || error.message.includes('set ') ? reason : `${reason}\n${log}\nAll of it: ${logFileOf(slot)}`,
      { cause: error },
    );
  }
}

/** How it ended, in a phrase. One that does not end by itself is killed: its work in hand was cut off, and every stop waits for it. */
async function byAsking(running: Pick<RunningPart, 'stop'>): Promise<string> {
  return (await running.stop()) ? 'killed, as it did not end by itself in time' : 'stopped';
}

async function byKilling(running: Pick<RunningPart, 'kill'>): Promise<string> {
  await running.kill();
  return 'killed';
}
