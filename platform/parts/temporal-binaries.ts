import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PlatformError } from '../platform-error.ts';
import { identify, isAlive, type ProcessIdentity } from '../process-identity.ts';
import { versions } from '../versions.ts';

export interface TemporalBinaries {
  /** The server. */
  server: string;
  /** The schema tool. */
  sqlTool: string;
  /** The Web UI's server. */
  ui: string;
}

export interface BuildObserver {
  /** Says what is going on, in one phrase. */
  progress(detail: string): void;
  /** Ends a build. */
  signal: AbortSignal;
}

/** The folder of what is built once for all checkouts: `LEASEHOLD_CACHE`, else the user's cache folder. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  return env.LEASEHOLD_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'leasehold');
}

/**
 * The built binaries in the cache, or null. Those of the Go toolchain at hand; where there is none, of any.
 *
 * @param goVersion such as `go1.26.8`; null where there is no Go
 */
export function findTemporalBinaries(cache: string, goVersion: string | null): TemporalBinaries | null {
  const folders = existsSync(cache) ? readdirSync(cache) : [];
  const name = goVersion
    ? folders.find((folder) => folder === cacheKey(goVersion))
    : folders.find(
        (folder) => folder.startsWith(cacheKey('')) && !folder.includes('.building') && !folder.endsWith('.lock'),
      );
  return name === undefined ? null : binariesIn(join(cache, name));
}

/** Builds of different versions, toolchains and machines stand beside each other. */
export function cacheKey(goVersion: string): string {
  return `temporal-${versions.temporalServer}_ui-${versions.temporalUi}_${process.platform}-${process.arch}_${goVersion}`;
}

/** What `go version` says, such as `go1.26.8`, or null when there is no Go. */
export async function installedGo(env: NodeJS.ProcessEnv): Promise<string | null> {
  const { status, output } = await run('go', ['env', 'GOVERSION'], env).catch(() => ({ status: 1, output: '' }));
  return status === 0 ? output.trim() : null;
}

/**
 * Temporal's server, schema tool and Web UI: from the cache, else built there from their modules with the Go toolchain.
 * Two builds at once wait for each other; one that was interrupted leaves nothing that looks finished.
 *
 * @throws PlatformError without Go, or when the build fails
 */
export async function ensureTemporalBinaries(
  env: NodeJS.ProcessEnv,
  { progress, signal }: BuildObserver,
): Promise<TemporalBinaries> {
  const cache = cacheFolder(env);
  const goVersion = await installedGo(env);
  const found = findTemporalBinaries(cache, goVersion);
  if (found) return found;
  if (goVersion === null)
    throw new PlatformError(
      'Temporal is built with Go, and there is no "go" on the PATH: install Go 1.26, or set TEMPORAL_ADDRESS to a Temporal that runs.',
    );

  const target = join(cache, cacheKey(goVersion));
  mkdirSync(cache, { recursive: true });
  const unlock = await lock(`${target}.lock`, { progress, signal });
  try {
    if (!existsSync(target)) await build(target, env, { progress, signal });
    return binariesIn(target);
  } finally {
    unlock();
  }
}

async function build(target: string, env: NodeJS.ProcessEnv, { progress, signal }: BuildObserver): Promise<void> {
  const partial = `${target}.building`;
  rmSync(partial, { recursive: true, force: true });
  const startedAt = performance.now();
  const say = () =>
    progress(
      `building Temporal ${versions.temporalServer} (about 5 minutes, once): ${Math.round((performance.now() - startedAt) / 1000)} s`,
    );
  say();
  const ticker = setInterval(say, 5_000);
  try {
    const server = `go.temporal.io/server/cmd`;
    await install(join(partial, 'server'), env, signal, [
      `${server}/server@v${versions.temporalServer}`,
      `${server}/tools/sql@v${versions.temporalServer}`,
    ]);
    await install(join(partial, 'ui'), env, signal, [
      `github.com/temporalio/ui-server/v2/cmd/server@v${versions.temporalUi}`,
    ]);
    renameSync(partial, target);
  } finally {
    clearInterval(ticker);
    rmSync(partial, { recursive: true, force: true });
  }
}

async function install(folder: string, env: NodeJS.ProcessEnv, signal: AbortSignal, packages: string[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const buildEnv = { ...env, GOBIN: folder, CGO_ENABLED: '0', GOWORK: 'off' };
  const { status, output } = await run('go', ['install', '-ldflags=-s -w', ...packages], buildEnv, signal);
  if (status !== 0)
    throw new PlatformError(
      `Temporal could not be built (${packages.join(' ')}):\n${output.trimEnd().split('\n').slice(-8).join('\n')}\nMend that, or set TEMPORAL_ADDRESS to a Temporal that runs.`,
    );
}

/** Takes a lock file that names its holder; one whose holder is gone is void. */
async function lock(path: string, { progress, signal }: BuildObserver): Promise<() => void> {
  for (;;) {
    try {
      writeFileSync(path, JSON.stringify(identify(process.pid)), { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (holderIsAlive(path)) {
      progress('waiting for another build of Temporal');
      await delay(2_000, undefined, { signal });
    } else rmSync(path, { force: true });
  }
}

function holderIsAlive(path: string): boolean {
  try {
    return isAlive(JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity);
  } catch {
    return false;
  }
}

function binariesIn(folder: string): TemporalBinaries {
  return {
    server: join(folder, 'server/server'),
    sqlTool: join(folder, 'server/sql'),
    ui: join(folder, 'ui/server'),
  };
}

/** Runs a program to its end. Its group is ours: a supervisor that is killed takes a build with it. */
function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<{ status: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], ...(signal ? { signal } : {}) });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, output: Buffer.concat(chunks).toString('utf8') }));
  });
}
