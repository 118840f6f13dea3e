import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from './logger.ts';
import { isLoss } from './outlive-losses.ts';

export interface KeepTryingOptions {
  log: Logger;
  /** Ends the tries, and the wait for one that hangs: then the last error is thrown, or the signal's reason. */
  signal?: AbortSignal;
  /** Pause after the first failure, in milliseconds; it doubles each time. Default 500. */
  firstPauseMs?: number;
  /** Longest pause, in milliseconds. Default 15,000: what was lost is used again well within a minute of its return. */
  longestPauseMs?: number;
}

/** What no waiting mends: a setting that is wrong, something that a person has to make first. */
export class NotMendedByWaiting extends Error {
  override readonly name = 'NotMendedByWaiting';
}

/**
 * Tries until it works, with growing pauses: what it needs is not there yet, or gone for a while.
 *
 * @param what is tried, for the log: "the demo user can't be made ready yet"
 * @throws NotMendedByWaiting, and a fault of the program, at once
 */
export async function keepTrying<Result>(
  what: string,
  attempt: () => Promise<Result>,
  { log, signal, firstPauseMs = 500, longestPauseMs = 15_000 }: KeepTryingOptions,
): Promise<Result> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return await unlessAborted(attempt(), signal);
    } catch (error) {
      if (signal?.aborted || error instanceof NotMendedByWaiting || isProgrammingFault(error)) throw error;
      log.warn({ err: error, pauseMs }, what);
      await delay(pauseMs, undefined, signal ? { signal } : {}).catch(() => undefined);
      if (signal?.aborted) throw error;
    }
  }
}

async function unlessAborted<Result>(attempt: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (!signal) return attempt;
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([attempt, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** `fetch` reports a lost connection as a TypeError, with the loss as its cause. */
function isProgrammingFault(error: unknown): boolean {
  const isOne = [TypeError, ReferenceError, RangeError, SyntaxError].some((each) => error instanceof each);
  return isOne && !isLoss(error);
}
