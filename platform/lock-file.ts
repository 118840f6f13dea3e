import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts';

const LOOK_EVERY_MS = 500;

/**
 * Takes a lock file that names its holder, so that two builds of the same thing follow one another. One whose holder is
 * gone, or that can't be read, is void.
 *
 * @param onWaiting called at each look while another process builds
 * @returns gives it free
 * @throws AbortError when `signal` ends the waiting; what the file system refuses
 */
export async function lockBuild(
  path: string,
  { onWaiting, signal }: { onWaiting(): void; signal: AbortSignal },
): Promise<() => void> {
  for (;;) {
    try {
      writeFileSync(path, JSON.stringify(identify(process.pid)), { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (holderIsAlive(path)) {
      onWaiting();
      await delay(LOOK_EVERY_MS, undefined, { signal });
    } else rmSync(path, { force: true });
  }
}

function holderIsAlive(path: string): boolean {
  try {
    return isAlive(JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity);
  } catch {
    return false;
  }
}
