import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts';

const LOOK_EVERY_MS = 500;

/**
 * Takes a file that names its holder. One whose holder is gone, or that can't be read, is void: it is removed, and free at the next try.
 *
 * @returns gives it free; null while another process holds it
 * @throws what the file system refuses
 */
export function takeLockFile(path: string): (() => void) | null {
  // Whoever sees it sees its holder as well.
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(identify(process.pid)));
  try {
    linkSync(draft, path);
    return () => rmSync(path, { force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (!holderIsAlive(path)) rmSync(path, { force: true });
    return null;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * The same, waiting, so that two builds of the same thing follow one another.
 *
 * @param onWaiting called at each look while another process holds it
 * @throws AbortError when `signal` ends the waiting; what the file system refuses
 */
export async function waitForLockFile(
  path: string,
  { onWaiting, signal }: { onWaiting(): void; signal: AbortSignal },
): Promise<() => void> {
  for (;;) {
    const letGo = takeLockFile(path) ?? takeLockFile(path);
    if (letGo) return letGo;
    onWaiting();
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
}

function holderIsAlive(path: string): boolean {
  try {
    return isAlive(JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity);
  } catch (error) {
    // One that has just been let go may be another's by now.
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}
