export interface BurstGateOptions {
  /** Called when a key's events should leave. */
  release(key: string): void;
  /** A burst ends when nothing came for so long. Default 2,000. */
  quietMs?: number;
  /** Nothing is gathered for longer. Default 10,000. */
  maxGatherMs?: number;
}

export interface BurstGate {
  /** Something happened to `key`: released at once if its last burst is over, else together with the rest. */
  offer(key: string): void;
  /** Forgets everything that is being gathered, without releasing it. */
  clear(): void;
}

interface Burst {
  timer: NodeJS.Timeout;
  /** When the first offer that is still held came; `null` when nothing is held. */
  heldSince: number | null;
}

/**
 * Lets the first of a burst pass at once and gathers the rest: a renewal sends five to eight events within a second or
 * two, and each signal costs the workflow a task.
 */
export function createBurstGate(options: BurstGateOptions): BurstGate {
  const { release, quietMs = 2_000, maxGatherMs = 10_000 } = options;
  const bursts = new Map<string, Burst>();

  function after(delayMs: number, key: string): NodeJS.Timeout {
    const timer = setTimeout(() => onQuiet(key), delayMs);
    timer.unref();
    return timer;
  }

  function onQuiet(key: string): void {
    const burst = bursts.get(key);
    if (!burst) return;
    if (burst.heldSince === null) {
      bursts.delete(key);
      return;
    }
    burst.heldSince = null;
    burst.timer = after(quietMs, key);
    release(key);
  }

  return {
    offer(key) {
      const burst = bursts.get(key);
      if (!burst) {
        bursts.set(key, { timer: after(quietMs, key), heldSince: null });
        release(key);
        return;
      }
      const now = performance.now();
      burst.heldSince ??= now;
      clearTimeout(burst.timer);
      burst.timer = after(Math.max(0, Math.min(quietMs, burst.heldSince + maxGatherMs - now)), key);
    },
    clear() {
      for (const { timer } of bursts.values()) clearTimeout(timer);
      bursts.clear();
    },
  };
}
