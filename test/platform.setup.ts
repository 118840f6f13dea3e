import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { removeOwnResources } from '#platform/parts/own-containers.ts';
import { removePostgresHome } from '#platform/parts/postgres-home.ts';
import { isAlive } from '#platform/process-identity.ts';
import { endOrphans, type RunRecord, readRunRecord } from '#platform/run-record.ts';
import { type Platform, startPlatform } from '#platform/start.ts';

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

const FOLDER_PREFIX = 'leasehold-test-';
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
    await discard(shared, platform);
  };
}

function start(): SharedPlatform {
  const stateDir = mkdtempSync(join(tmpdir(), FOLDER_PREFIX));
  // Lets PostgreSQL's user through to its data.
  chmodSync(stateDir, 0o711);
  const platform = sweep().then(() =>
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

async function discard({ stateDir }: SharedPlatform, platform: Platform): Promise<void> {
  const installation = platform.env.LEASEHOLD_INSTALLATION ?? '';
  await platform.stopPart('worker');
  if (platform.env.DOCKER_HOST) await removeOwnResources(platform.env.DOCKER_HOST, installation);
  await platform.stop();
  removePostgresHome(installation);
  rmSync(stateDir, { recursive: true, force: true });
}

/** Ends and removes what earlier test runs left that were killed. */
async function sweep(): Promise<void> {
  const folders = readdirSync(tmpdir()).filter((name) => name.startsWith(FOLDER_PREFIX));
  for (const folder of folders.map((name) => join(tmpdir(), name))) {
    const record = existsSync(folder) ? readRunRecord(folder) : null;
    if (record && !isAlive(record.supervisor)) await sweepOne(folder, record);
  }
}

async function sweepOne(folder: string, record: RunRecord): Promise<void> {
  const { DOCKER_HOST, LEASEHOLD_INSTALLATION } = record.env;
  if (DOCKER_HOST && LEASEHOLD_INSTALLATION)
    await removeOwnResources(DOCKER_HOST, LEASEHOLD_INSTALLATION).catch(() => undefined);
  await endOrphans(record);
  if (LEASEHOLD_INSTALLATION) removePostgresHome(LEASEHOLD_INSTALLATION);
  rmSync(folder, { recursive: true, force: true });
}
