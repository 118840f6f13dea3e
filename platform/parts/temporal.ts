import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Part } from '../part.ts';
import { PlatformError } from '../platform-error.ts';
import { answersOk, waitUntilReady } from '../ready.ts';
import { versions } from '../versions.ts';
import { writePrivately } from '../write-privately.ts';
import { withDatabase } from './postgres.ts';
import { ensureTemporalBinaries, type TemporalBinaries } from './temporal-binaries.ts';
import {
  dynamicConfig,
  serverConfig,
  TEMPORAL_DATABASES,
  type TemporalDatabase,
  temporalDatabase,
  uiConfig,
} from './temporal-config.ts';
import { ensureNamespace, isServing } from './temporal-namespace.ts';

/** The official Temporal server, its schemas in PostgreSQL, with the product's namespace ready for use. */
export const temporal: Part = {
  name: 'temporal',
  // The build needs no PostgreSQL, but `postgres` is there long before it is over.
  needs: ['postgres'],
  givenBy: 'TEMPORAL_ADDRESS',
  async start(context) {
    const { env, ports, stateDir } = context;
    const binaries = await ensureTemporalBinaries(process.env, context);
    const database = temporalDatabase(env.DATABASE_URL ?? '');
    await ensureSchemas(binaries, database, env.DATABASE_URL ?? '');
    await forgetEarlierMembers(env.DATABASE_URL ?? '');

    const folder = join(stateDir, 'temporal');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const [configFile, dynamicConfigFile] = [join(folder, 'server.yaml'), join(folder, 'dynamic.yaml')];
    writePrivately(dynamicConfigFile, dynamicConfig({ timeSkipping: env.LEASEHOLD_TIME_SKIPPING === '1' }));
    writePrivately(configFile, serverConfig(database, ports, dynamicConfigFile));

    const child = await context.spawn({
      command: binaries.server,
      args: ['--config-file', configFile, '--allow-no-auth', 'start'],
      cwd: folder,
      env: process.env,
      stopTimeoutMs: 20_000,
    });
    const address = `127.0.0.1:${ports.temporal}`;
    await waitUntilReady(child, 'The Temporal server', () => isServing(address));
    await ensureNamespace(address, env.TEMPORAL_NAMESPACE ?? '');
    context.describe(`Temporal ${versions.temporalServer} on ${address}`);
    return child;
  },
};

/** Temporal's Web UI, for support staff. */
export const temporalUi: Part = {
  name: 'temporal-ui',
  needs: ['temporal'],
  givenBy: 'TEMPORAL_ADDRESS',
  async start({ env, ports, stateDir, signal, progress, describe, spawn }) {
    const binaries = await ensureTemporalBinaries(process.env, { progress, signal });
    const folder = join(stateDir, 'temporal');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writePrivately(join(folder, 'ui.yaml'), uiConfig(ports, env.TEMPORAL_NAMESPACE ?? ''));
    const child = await spawn({
      command: binaries.ui,
      args: ['--root', stateDir, '--config', 'temporal', '--env', 'ui', 'start'],
      cwd: folder,
      env: process.env,
    });
    const url = `http://127.0.0.1:${ports.temporalUi}`;
    await waitUntilReady(child, "Temporal's Web UI", () => answersOk(`${url}/healthz`));
    describe(url);
    return child;
  },
};

/**
 * Takes the server's own earlier run out of the table of members. A new run on other ports would wait a minute for those
 * that are gone.
 */
async function forgetEarlierMembers(databaseUrl: string): Promise<void> {
  await withDatabase(databaseOf(databaseUrl, TEMPORAL_DATABASES.default), (client) =>
    client.query(`DELETE FROM cluster_membership WHERE rpc_address = '127.0.0.1'`),
  );
}

async function ensureSchemas(
  binaries: TemporalBinaries,
  database: TemporalDatabase,
  databaseUrl: string,
): Promise<void> {
  await withDatabase(databaseUrl, async (client) => {
    for (const name of Object.values(TEMPORAL_DATABASES)) {
      const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
      if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
    }
  });
  await Promise.all([
    ensureSchema(binaries, database, databaseUrl, TEMPORAL_DATABASES.default, 'postgresql/v12/temporal'),
    ensureSchema(binaries, database, databaseUrl, TEMPORAL_DATABASES.visibility, 'postgresql/v12/visibility'),
  ]);
}

async function ensureSchema(
  { sqlTool }: TemporalBinaries,
  database: TemporalDatabase,
  databaseUrl: string,
  name: string,
  schema: string,
): Promise<void> {
  const hasSchema = await withDatabase(databaseOf(databaseUrl, name), async (client) => {
    const { rows } = await client.query(`SELECT to_regclass('schema_version') IS NOT NULL AS exists`);
    return rows[0].exists === true;
  });
  const tool = async (...args: string[]) => {
    try {
      await promisify(execFile)(sqlTool, args, {
        env: {
          ...process.env,
          SQL_PLUGIN: 'postgres12_pgx',
          SQL_HOST: database.host,
          SQL_PORT: database.port,
          SQL_USER: database.user,
          SQL_PASSWORD: database.password,
          SQL_DATABASE: name,
          ...(database.tls ? { SQL_TLS: 'true', SQL_TLS_DISABLE_HOST_VERIFICATION: 'true' } : {}),
        },
      });
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      throw new PlatformError(
        `Temporal's schema can't be brought up to date in ${name}:\n${`${stdout}${stderr}`.trim()}`,
      );
    }
  };
  if (!hasSchema) await tool('setup-schema', '-v', '0.0');
  await tool('update-schema', '--schema-name', schema);
}

/** The address of another database on the same server. */
function databaseOf(databaseUrl: string, name: string): string {
  const url = new URL(databaseUrl);
  url.pathname = `/${name}`;
  return url.href;
}
