import { poll } from '#platform/poll.ts';

/** A question often costs a Query of a workflow: what takes seconds is asked for seldom. */
const PAUSE = { everyMs: 50, slowingToMs: 600 };

/**
 * Waits for a condition.
 *
 * @param what what is waited for, as it would be said in the error
 * @throws Error when it has not come after `timeoutMs`, with the last error of the condition itself
 */
export async function until(what: string, timeoutMs: number, holds: () => Promise<boolean>): Promise<void> {
  let last: unknown;
  const remembering = async () => {
    last = undefined;
    try {
      return await holds();
    } catch (error) {
      last = error;
      throw error;
    }
  };
  if (await poll(remembering, { timeoutMs, ...PAUSE })) return;
  throw new Error(`Waited ${timeoutMs / 1000} s in vain for ${what}.${last ? ` Last error: ${String(last)}` : ''}`);
}
