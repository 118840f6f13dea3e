import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 150;

/**
 * Waits for a condition.
 *
 * @param what what is waited for, as it would be said in the error
 * @throws Error when it has not come after `timeoutMs`, with the last error of the condition itself
 */
export async function until(what: string, timeoutMs: number, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      if (await holds()) return;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`Waited ${timeoutMs / 1000} s in vain for ${what}.${last ? ` Last error: ${String(last)}` : ''}`);
    }
    await delay(POLL_MS);
  }
}
