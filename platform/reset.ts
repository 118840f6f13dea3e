import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { detachMounts } from './detach-mounts.ts';
import { ownResources, removeOwnResources } from './parts/own-containers.ts';
import { postgresHomeOf, removePostgresHome } from './parts/postgres-home.ts';
import { PlatformError } from './platform-error.ts';
import { isAlive } from './process-identity.ts';
import { endOrphans, readRunRecord } from './run-record.ts';

/** What a state folder holds that is ours; anything else in it is somebody's own and stays. */
const OURS: Record<string, string> = {
  postgres: 'the database',
  docker: 'our own engine: images, containers and their volumes',
  temporal: "Temporal's configuration",
  mails: 'the mails caught',
  'stripe-simulator.json': "the simulator's memory",
  'secrets.json': 'passwords and tokens',
  'run.json': 'the record of the last run',
  logs: 'the logs',
};

export interface ResetItem {
  /** A path, or what it is on a Docker engine. */
  what: string;
  meaning: string;
  /** Of files, in bytes. */
  bytes?: number;
}

export interface ResetPlan {
  goes: ResetItem[];
  /** One sentence for each thing that is left alone. */
  stays: string[];
}

export interface ResetInput {
  stateDir: string;
  given: Record<string, string | undefined>;
  /** An engine that is not ours, on which workspaces may be; undefined when none answers. */
  dockerHost: string | undefined;
}

/**
 * What a reset would remove. It changes nothing.
 *
 * @throws PlatformError while the platform runs
 */
export async function planReset({ stateDir, given, dockerHost }: ResetInput): Promise<ResetPlan> {
  const record = readRunRecord(stateDir);
  if (record && isAlive(record.supervisor))
    throw new PlatformError(`Leasehold runs on ${stateDir}. Stop it first: bin/leasehold down.`);
  const files = oursIn(stateDir).map((name) => ({
    what: join(stateDir, name),
    meaning: OURS[name] ?? 'the state of stories',
    bytes: sizeOf(join(stateDir, name)),
  }));
  const installation = installationOf(stateDir);
  const home = installation === null ? null : postgresHomeOf(installation);
  const data =
    home && existsSync(home)
      ? [{ what: home, meaning: 'the database, where its user reaches it', bytes: sizeOf(home) }]
      : [];
  const onDocker =
    installation === null || dockerHost === undefined
      ? []
      : (await ownResources(dockerHost, installation)).map(({ kind, name }) => ({
          what: `${kind} ${name}`,
          meaning: `of a workspace, on ${dockerHost}`,
        }));
  const external = ['DATABASE_URL', 'TEMPORAL_ADDRESS', 'STRIPE_SECRET_KEY'].filter((name) => given[name]);
  return {
    goes: [...files, ...data, ...onDocker],
    stays: [
      ...external.map((name) => `${name} is yours: nothing is removed there.`),
      ...(installation !== null && dockerHost === undefined && !existsSync(join(stateDir, 'docker'))
        ? ['No Docker engine answers: workspaces that are on one stay there.']
        : []),
    ],
  };
}

/** Removes what `planReset` shows. Throws PlatformError while the platform runs. */
export async function reset(input: ResetInput): Promise<void> {
  const { stateDir, dockerHost } = input;
  await planReset(input);
  const record = readRunRecord(stateDir);
  if (record) await endOrphans(record);
  const installation = installationOf(stateDir);
  if (installation !== null) {
    if (dockerHost !== undefined) await removeOwnResources(dockerHost, installation);
    removePostgresHome(installation);
  }
  detachMounts(join(stateDir, 'docker'));
  // The secrets last: they name the installation, should this be cut short.
  for (const name of oursIn(stateDir).sort((a) => (a === 'secrets.json' ? 1 : -1)))
    rmSync(join(stateDir, name), { recursive: true, force: true });
  if (existsSync(stateDir) && readdirSync(stateDir).length === 0) rmdirSync(stateDir);
}

function oursIn(stateDir: string): string[] {
  if (!existsSync(stateDir)) return [];
  return readdirSync(stateDir).filter((name) => name in OURS || /^stories(-[a-z0-9-]+)?$/.test(name));
}

function installationOf(stateDir: string): string | null {
  try {
    const { installationId } = JSON.parse(readFileSync(join(stateDir, 'secrets.json'), 'utf8'));
    return typeof installationId === 'string' ? installationId : null;
  } catch {
    return null;
  }
}

function sizeOf(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return 0;
  if (!stats.isDirectory()) return stats.size;
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() || entry.isFile())
      .reduce((sum, { name }) => sum + sizeOf(join(path, name)), 0);
  } catch {
    return 0;
  }
}
