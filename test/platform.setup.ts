import type { TestProject } from 'vitest/node';
import { type Platform, startPlatform } from '#platform/start.ts';
import { discardPlatform, makeStateFolder, sweepAbandonedPlatforms } from './throwaway-platform.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The environment of the product's processes on the platform that the tests run on. */
    platformEnv: Record<string, string>;
    /** Its state folder, for `attachPlatform`. */
    platformStateDir: string;
  }
}

interface SharedPlatform {
  stateDir: string;
  platform: Promise<Platform>;
  /** Adds what only the tests in a browser need; once. */
  pages?: Promise<void>;
  users: number;
}

/** Each project loads this module anew, and they run in one process: the platform is shared through the global object. */
const shelf = globalThis as { leaseholdTestPlatform?: SharedPlatform };

/**
 * Starts one platform for all projects that ask, on a state folder of its own and free ports, and stops it after the
 * last. The project `e2e` adds web and the demo customer. An engine that can't be had fails the run: nothing is skipped.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shelf.leaseholdTestPlatform ??= start();
  const shared = shelf.leaseholdTestPlatform;
  shared.users += 1;
  const platform = await shared.platform;
  if (project.name === 'e2e') {
    shared.pages ??= (async () => {
      await platform.startPart('web');
      await platform.startPart('demo');
    })();
    await shared.pages;
  }
  project.provide('platformEnv', platform.env);
  project.provide('platformStateDir', shared.stateDir);

  return async () => {
    shared.users -= 1;
    if (shared.users > 0) return;
    delete shelf.leaseholdTestPlatform;
    await discardPlatform(platform, shared.stateDir);
  };
}

function start(): SharedPlatform {
  const stateDir = makeStateFolder();
  const platform = sweepAbandonedPlatforms().then(() =>
    startPlatform({
      stateDir,
      ports: 'free',
      without: ['web', 'demo'],
      onNotice: (sentence) => process.stderr.write(`${sentence}\n`),
    }),
  );
  platform.catch(() => undefined);
  return { stateDir, platform, users: 0 };
}
