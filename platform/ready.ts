import type { Child } from './child.ts';
import { PlatformError } from './platform-error.ts';
import { poll } from './poll.ts';

/**
 * Waits until `isReady` answers true.
 *
 * @throws PlatformError when the process ends first or `timeoutMs` (default 60,000) is over
 */
export async function waitUntilReady(
  child: Child,
  what: string,
  isReady: () => Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> {
  const ready = await poll(async () => child.hasExited() || (await isReady()), { timeoutMs });
  if (child.hasExited()) throw new PlatformError(`${what} ${await child.exited} before it was ready.`);
  if (!ready) {
    await child.stop();
    throw new PlatformError(`${what} did not become ready within ${timeoutMs / 1000} s.`);
  }
}

/** Whether a GET of `url` answers 200 within two seconds. */
export async function answersOk(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.body?.cancel();
  return response.status === 200;
}
