import type { Child } from './child.ts';
import { PlatformError } from './platform-error.ts';
import { poll } from './poll.ts';

/** How long one that ran before may take until it is left alone with what it waits for, in milliseconds. */
const LEFT_ALONE_AFTER_MS = 20_000;

interface ReadyOptions {
  /** How long to wait, in milliseconds. Default 60,000. */
  timeoutMs?: number;
  /** Whether it lives and waits for what it needs: one that ran before is then left alone after 20 s. Default: it is never left alone. */
  isAlive?: (() => Promise<boolean>) | undefined;
}

/**
 * Waits until `isReady` answers true.
 *
 * @throws PlatformError when the process ends first or the time is over
 */
export async function waitUntilReady(
  child: Child,
  what: string,
  isReady: () => Promise<boolean>,
  { timeoutMs = 60_000, isAlive }: ReadyOptions = {},
): Promise<void> {
  const leftAloneAt = performance.now() + LEFT_ALONE_AFTER_MS;
  const isThere = async () =>
    child.hasExited() ||
    (await isReady().catch(() => false)) ||
    (isAlive !== undefined && performance.now() > leftAloneAt && (await isAlive()));
  const ready = await poll(isThere, { timeoutMs });
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
