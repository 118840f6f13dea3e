import { join } from 'node:path';
import { inject } from 'vitest';
import { attachPlatform, type PlatformHandle } from '#platform/attach.ts';
import { takeLockFile } from '#platform/lock-file.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** One platform for each test file that may run at a time. */
    lanes: Lane[];
  }
}

export interface Lane {
  /** The environment of the product's processes on the platform. */
  env: Record<string, string>;
  /** Its state folder, for `attachPlatform`. */
  stateDir: string;
}

/** A process that is ending holds its lane for a moment. */
const CLAIM_WITHIN_MS = 60_000;
let mine: { number: number; letGo: () => void } | undefined;

/** From 1. Test files that run at the same time have different ones; each has a process of its own. */
export function laneNumber(): number {
  mine ??= claim();
  return mine.number;
}

/** At the very end of a test file. Its process is ended before it could do so itself, and a lock that nobody holds is taken in haste. */
export function leaveLane(): void {
  mine?.letGo();
  mine = undefined;
}

/** The platform of this test file: nobody else has it while the file runs. */
export function lane(): Lane {
  const found = inject('lanes')[laneNumber() - 1];
  if (!found) throw new Error(`There is no platform for lane ${laneNumber()}.`);
  return found;
}

/** The environment of the product's processes on the platform of this test file. */
export function platformEnv(): Record<string, string> {
  return lane().env;
}

/** The same, to start and stop parts of it. */
export async function lanePlatform(): Promise<PlatformHandle> {
  const platform = await attachPlatform(lane().stateDir);
  if (!platform) throw new Error('No platform runs for this test.');
  return platform;
}

/** Vitest's own numbers of its workers (VITEST_POOL_ID) are not exclusive: two files that ran at once had the same. */
function claim(): { number: number; letGo: () => void } {
  const lanes = inject('lanes');
  const folder = lanes[0]?.stateDir ?? '';
  const end = Date.now() + CLAIM_WITHIN_MS;
  while (Date.now() < end) {
    for (const number of lanes.keys()) {
      const letGo = takeLockFile(join(folder, `lane-${number + 1}.lock`));
      if (!letGo) continue;
      return { number: number + 1, letGo };
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  }
  throw new Error(`None of ${lanes.length} lanes has become free.`);
}
