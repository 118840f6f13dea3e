import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { waitForLockFile } from '../lock-file.ts';
import { PlatformError } from '../platform-error.ts';
import { explainSystemError } from '../system-error.ts';
import { versions } from '../versions.ts';
import { damagedFiles, keepChecksums } from './checksums.ts';
import { runGo } from './go.ts';

/** What a build consists of, below its folder. */
const FILES = ['server/server', 'server/sql', 'ui/server'];
/** From this one on, Go fetches by itself the newer toolchain that a module asks for. */
const FIRST_GO_WITH_TOOLCHAINS = [1, 21];

export interface TemporalBinaries {
  /** The folder that holds them. */
  folder: string;
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
  const { status, output } = await runGo(['env', 'GOVERSION'], env, undefined, []).catch(() => ({
    status: 1,
    output: '',
  }));
  return status === 0 ? output.trim() : null;
}

/**
 * Temporal's server, schema tool and Web UI: from the cache, else built there from their modules with the Go toolchain.
 * Two builds at once wait for each other; one that was interrupted leaves nothing that looks finished; one that is damaged
 * is built anew.
 *
 * @throws PlatformError without a Go that is new enough, when the build fails, or the cache can't be written
 */
export async function ensureTemporalBinaries(
  env: NodeJS.ProcessEnv,
  { progress, signal }: BuildObserver,
): Promise<TemporalBinaries> {
  const cache = cacheFolder(env);
  const goVersion = await installedGo(env);
  const found = findTemporalBinaries(cache, goVersion);
  const damaged = found ? await damagedFiles(found.folder, FILES) : [];
  if (found && damaged.length === 0) return found;
  const why = found ? ` (${damaged.join(', ')} in ${found.folder} is damaged)` : '';
  await requireGo(goVersion, env, why);

  const target = join(cache, cacheKey(goVersion ?? ''));
  let unlock: (() => void) | undefined;
  try {
    mkdirSync(cache, { recursive: true });
    const onWaiting = () => progress('waiting for another build of Temporal');
    unlock = await waitForLockFile(`${target}.lock`, { onWaiting, signal });
    // Another build may have mended it meanwhile.
    if (existsSync(target) && (await damagedFiles(target, FILES)).length > 0) {
      progress(`the cached Temporal is damaged (${damaged.join(', ')}): it is built anew`);
      rmSync(target, { recursive: true });
    }
    if (!existsSync(target)) await build(target, env, { progress, signal });
    return binariesIn(target);
  } catch (error) {
    throw explainSystemError(error);
  } finally {
    unlock?.();
  }
}

/** @throws PlatformError when Go is missing or too old to build Temporal */
async function requireGo(goVersion: string | null, env: NodeJS.ProcessEnv, why: string): Promise<void> {
  const waysOut = `install Go ${versions.go} (https://go.dev/doc/install), or set TEMPORAL_ADDRESS to a Temporal that runs`;
  if (goVersion === null)
    throw new PlatformError(`Temporal is built with Go${why}, and there is no "go" on the PATH: ${waysOut}.`);
  if (!(await buildsTemporal(goVersion, env)))
    throw new PlatformError(
      `Temporal ${versions.temporalServer} is built with Go ${versions.go} or newer${why}, and the "go" on the PATH is ${goVersion.replace(/^go/, '')}: ${waysOut}.`,
    );
}

/** Whether this Go builds Temporal: it is new enough, or fetches by itself one that is. */
export async function buildsTemporal(goVersion: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  if (isAtLeast(goVersion, versions.go.split('.').map(Number))) return true;
  const { output } = await runGo(['env', 'GOTOOLCHAIN'], env, undefined, []);
  return isAtLeast(goVersion, FIRST_GO_WITH_TOOLCHAINS) && !/^(local|path)\b/.test(output.trim());
}

/** @param goVersion such as `go1.26.8` or `go1.27rc1` */
function isAtLeast(goVersion: string, [wantedMajor = 0, wantedMinor = 0]: readonly number[]): boolean {
  const [, major = 0, minor = 0] = (/^go(\d+)\.(\d+)/.exec(goVersion) ?? []).map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
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
    await keepChecksums(partial, FILES);
    renameSync(partial, target);
  } finally {
    clearInterval(ticker);
    rmSync(partial, { recursive: true, force: true });
  }
}

async function install(folder: string, env: NodeJS.ProcessEnv, signal: AbortSignal, packages: string[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const buildEnv = { ...env, GOBIN: folder, CGO_ENABLED: '0', GOWORK: 'off' };
  const { status, output } = await runGo(['install', '-ldflags=-s -w', ...packages], buildEnv, signal);
  if (status !== 0)
    throw new PlatformError(
      `Temporal could not be built (${packages.join(' ')}):\n${output.trimEnd().split('\n').slice(-8).join('\n')}\nMend that, or set TEMPORAL_ADDRESS to a Temporal that runs.`,
    );
}

function binariesIn(folder: string): TemporalBinaries {
  return {
    folder,
    server: join(folder, 'server/server'),
    sqlTool: join(folder, 'server/sql'),
    ui: join(folder, 'ui/server'),
  };
}
