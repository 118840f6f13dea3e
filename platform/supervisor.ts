import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Child, lastLines, startChild } from './child.ts';
import type { Part, PartContext, PartName, PartStatus, RunningPart } from './part.ts';
import { PlatformError } from './platform-error.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { explainSystemError } from './system-error.ts';

const FIRST_RESTART_DELAY_MS = 250;
const LONGEST_RESTART_DELAY_MS = 8_000;
/** A part that dies more often than this within the window is given up. */
const MOST_DEATHS = 5;
const DEATHS_WINDOW_MS = 120_000;

export interface SupervisorOptions {
  parts: Record<PartName, Part>;
  context: Omit<PartContext, 'logFile' | 'progress' | 'describe' | 'spawn'>;
  /** Pause before the first new start of a part that died, in milliseconds; it doubles each time. Default 250. */
  restartDelayMs?: number;
  /** Called at each change of a part's status. */
  onStatus(status: PartStatus): void;
  /** Called when the set of processes has changed. */
  onProcesses(): void;
  /** Called once, when a part died too often. */
  onGivenUp(error: PlatformError): void;
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
  deaths: number[];
  /** Deeds on one part follow one another. */
  queue: Promise<unknown>;
}

/** Starts parts in the order of their needs, keeps them running, and stops them. */
export function createSupervisor({
  parts,
  context,
  restartDelayMs = FIRST_RESTART_DELAY_MS,
  onStatus,
  onProcesses,
  onGivenUp,
}: SupervisorOptions) {
  const slots = new Map<PartName, Slot>(
    Object.values(parts).map((part) => [
      part.name,
      { part, status: { name: part.name, state: 'left-out', restarts: 0 }, deaths: [], queue: Promise.resolve() },
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
    delete slot.running;
    onProcesses();
    await enqueue(slot, () => revive(slot, how));
  }

  async function revive(slot: Slot, how: string): Promise<void> {
    let reason = how;
    while (!context.signal.aborted && !slot.running) {
      const now = performance.now();
      slot.deaths = [...slot.deaths.filter((at) => now - at < DEATHS_WINDOW_MS), now];
      if (slot.deaths.length > MOST_DEATHS) {
        report(slot, { state: 'failed', detail: reason });
        return onGivenUp(
          new PlatformError(
            `${slot.part.name} ${reason}, ${slot.deaths.length} times in a row:\n${lastLines(logFileOf(slot))}\nAll of it: ${logFileOf(slot)}`,
          ),
        );
      }
      report(slot, { state: 'restarting', detail: reason, restarts: slot.status.restarts + 1 });
      const pauseMs = Math.min(restartDelayMs * 2 ** (slot.deaths.length - 1), LONGEST_RESTART_DELAY_MS);
      await delay(pauseMs, undefined, { signal: context.signal }).catch(() => undefined);
      await launch(slot).catch((error: Error) => {
        reason = error.message;
      });
    }
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
    await enqueue(slot, async () => {
      const { running } = slot;
      delete slot.running;
      const detail = running && (await endBy(running));
      onProcesses();
      if (detail) report(slot, { state: 'stopped', detail });
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

    /** Starts a part that is down or was left out; resolves when it can be used. */
    async startPart(name: PartName): Promise<void> {
      const slot = slotOf(name);
      await enqueue(slot, async () => {
        if (slot.running || slot.status.state === 'external') return;
        slot.deaths = [];
        await launch(slot).catch((error: Error) => {
          report(slot, { state: 'failed', detail: error.message });
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
