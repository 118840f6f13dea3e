import { inject } from 'vitest';
import { attachPlatform, type PlatformHandle } from '#platform/attach.ts';

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

/** From 1. Test files that run at the same time have different ones. */
export function laneNumber(): number {
  return Number(process.env.VITEST_POOL_ID);
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
