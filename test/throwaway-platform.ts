import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { detachMounts } from '#platform/detach-mounts.ts';
import { removeOwnResources } from '#platform/parts/own-containers.ts';
import { removePostgresHome } from '#platform/parts/postgres-home.ts';
import { isAlive } from '#platform/process-identity.ts';
import { endOrphans, type RunRecord, readRunRecord } from '#platform/run-record.ts';
import type { Platform } from '#platform/start.ts';
import { replayReport, replayServer } from '#stories/replay-histories.ts';

const FOLDER_PREFIX = 'leasehold-test-';

/** A state folder for a platform that is thrown away; `discardPlatform` removes it, or the sweep of a later run. */
export function makeStateFolder(): string {
  const stateDir = mkdtempSync(join(tmpdir(), FOLDER_PREFIX));
  // Lets PostgreSQL's user through to its data.
  chmodSync(stateDir, 0o711);
  return stateDir;
}

/**
 * Stops a platform and removes all that it made: workspaces on the Docker engine, data and state folder. What its own Temporal server has
 * recorded is replayed first, and the result printed.
 */
export async function discardPlatform(platform: Platform, stateDir: string): Promise<void> {
  const installation = platform.env.LEASEHOLD_INSTALLATION ?? '';
  await platform.stopPart('worker');
  await replayOwnServer(platform).catch((error: Error) => {
    process.stderr.write(`Its histories could not be replayed: ${error.message}\n`);
  });
  if (platform.env.DOCKER_HOST) await removeOwnResources(platform.env.DOCKER_HOST, installation);
  await platform.stop();
  removePostgresHome(installation);
  detachMounts(stateDir);
  rmSync(stateDir, { recursive: true, force: true });
}

/**
 * A platform on another's Temporal has its histories replayed by that one's owner. Failures are printed and do not fail the run yet: one kind
 * has been seen whose cause is not found (`docs/testing.md`).
 */
async function replayOwnServer(platform: Platform): Promise<void> {
  const isOwn = platform.parts().some(({ name, state }) => name === 'temporal' && state === 'running');
  if (isOwn) process.stdout.write(`${replayReport(await replayServer(platform.env.TEMPORAL_ADDRESS ?? ''))}\n`);
}

/** Ends and removes what earlier test runs left that were killed. What can't be removed keeps no test from running. */
export async function sweepAbandonedPlatforms(): Promise<void> {
  const folders = readdirSync(tmpdir()).filter((name) => name.startsWith(FOLDER_PREFIX));
  for (const folder of folders.map((name) => join(tmpdir(), name))) {
    const record = existsSync(folder) ? readRunRecord(folder) : null;
    if (!record || isAlive(record.supervisor)) continue;
    try {
      await sweepOne(folder, record);
    } catch (error) {
      process.stderr.write(`${folder} of a run that was killed is left: ${(error as Error).message}\n`);
    }
  }
}

async function sweepOne(folder: string, record: RunRecord): Promise<void> {
  const { DOCKER_HOST, LEASEHOLD_INSTALLATION } = record.env;
  if (DOCKER_HOST && LEASEHOLD_INSTALLATION)
    await removeOwnResources(DOCKER_HOST, LEASEHOLD_INSTALLATION).catch(() => undefined);
  await endOrphans(record);
  if (LEASEHOLD_INSTALLATION) removePostgresHome(LEASEHOLD_INSTALLATION);
  detachMounts(folder);
  rmSync(folder, { recursive: true, force: true });
}
