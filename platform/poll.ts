import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks `condition` until it answers true or the time is over. An error that it throws counts as "not yet".
 *
 * @param options `timeoutMs` how long to ask; `everyMs` pause between two questions, default 50; `slowingToMs` the pause grows by half
 *   each time up to this, default: it stays; `signal` ends it early
 * @returns whether it became true
 */
export async function poll(
  condition: () => boolean | Promise<boolean>,
  {
    timeoutMs,
    everyMs = 50,
    slowingToMs = everyMs,
    signal,
  }: { timeoutMs: number; everyMs?: number; slowingToMs?: number; signal?: AbortSignal },
): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  let pauseMs = everyMs;
  for (;;) {
    try {
      if (await condition()) return true;
    } catch {
      // Not yet.
    }
    if (signal?.aborted || performance.now() >= end) return false;
    await delay(pauseMs);
    pauseMs = Math.min(pauseMs * 1.5, slowingToMs);
  }
}
