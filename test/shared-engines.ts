import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withDatabase } from '#platform/parts/postgres.ts';
import { ensureNamespace } from '#platform/parts/temporal-namespace.ts';
import { ROOT } from '#platform/root.ts';
import type { PlatformOptions } from '#platform/start.ts';

/** Settings of each platform of the tests. */
export const TEST_PACE = {
  /** A test that waits for webhooks waits for the end of their burst each time. */
  LEASEHOLD_BURST_QUIET_MS: '200',
  /** A day, the longest: what a test tells of a workspace's storage is not contradicted by a look at the disk in between. */
  LEASEHOLD_STORAGE_LOOK_SECONDS: '86400',
  /** Tests open many accounts for one person, on free plans, on one host. What these limits do has tests of its own. */
  LEASEHOLD_FREE_ACCOUNTS_PER_PERSON: '1000',
  LEASEHOLD_FREE_SHARE_PERCENT: '100',
  LEASEHOLD_NEW_ORGANISATIONS_PER_HOUR: '10000',
  LEASEHOLD_NEW_WORKSPACES_PER_HOUR: '10000',
};

/** A database that is copied in place of being migrated: nobody is connected to it. */
const MIGRATED = 'migrated';

/** Makes the database that those of the platforms beside are copies of; once for a server. */
export async function prepareSharedEngines(engines: Record<string, string>): Promise<void> {
  const databaseUrl = await createDatabase(engines.DATABASE_URL ?? '', MIGRATED);
  await promisify(execFile)(join(ROOT, 'bin/prisma'), ['migrate', 'deploy'], {
    cwd: ROOT,
    env: { ...process.env, ...engines, DATABASE_URL: databaseUrl },
  });
}

/**
 * What a platform is given to live on the engines of another one: PostgreSQL with a database of its own, Temporal with a namespace
 * of its own, the mail catcher and the Docker engine.
 *
 * @param engines the environment of the platform that has them, after `prepareSharedEngines`
 */
export async function onSharedEngines(
  engines: Record<string, string>,
): Promise<Required<Pick<PlatformOptions, 'given' | 'extraEnv'>>> {
  const own = `beside_${randomUUID().slice(0, 8)}`;
  const [databaseUrl] = await Promise.all([
    createDatabase(engines.DATABASE_URL ?? '', own, MIGRATED),
    ensureNamespace(engines.TEMPORAL_ADDRESS ?? '', own),
  ]);
  return {
    given: {
      DATABASE_URL: databaseUrl,
      DOCKER_HOST: engines.DOCKER_HOST,
      SMTP_URL: engines.SMTP_URL,
      TEMPORAL_ADDRESS: engines.TEMPORAL_ADDRESS,
      TEMPORAL_NAMESPACE: own,
    },
    extraEnv: { LEASEHOLD_MAIL_URL: engines.LEASEHOLD_MAIL_URL ?? '' },
  };
}

async function createDatabase(serverUrl: string, name: string, template = 'template1'): Promise<string> {
  await withDatabase(serverUrl, (client) =>
    client.query(`CREATE DATABASE ${client.escapeIdentifier(name)} TEMPLATE ${client.escapeIdentifier(template)}`),
  );
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
