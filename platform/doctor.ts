import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createDockerClient } from '#activities/workspaces/docker-client.ts';
import { createPrisma } from '#prisma/client.ts';
import { describeUnknown, unknownSettings } from '#settings/unknown-settings.ts';
import { attachPlatform } from './attach.ts';
import { findChromium } from './chromium.ts';
import { examineAccounts } from './doctor-accounts.ts';
import type { DoctorCheck } from './doctor-check.ts';
import { lookAtEngine } from './parts/engine-at-socket.ts';
import { packagedPrograms } from './parts/postgres-home.ts';
import { buildsTemporal, cacheFolder, findTemporalBinaries, installedGo } from './parts/temporal-binaries.ts';
import { portHolder } from './port-holder.ts';
import { configuredPorts, isFree, type PortName, portSetting } from './ports.ts';
import { readRoom } from './read-room.ts';
import { readSecrets } from './secrets.ts';
import { readPlatformSettings } from './settings.ts';
import { explainSystemError } from './system-error.ts';
import { requireLinux } from './this-machine.ts';
import { versions } from './versions.ts';

const LEAST_DISK_GB = 3;
const DOCKER_SILENCE: Record<string, string> = {
  forbidden: 'this user may not use the engine',
  off: 'the socket is there and its engine is off',
};

/** Looks at everything that the product needs on this machine. It starts and changes nothing. */
export async function examine(stateDir: string, env: NodeJS.ProcessEnv): Promise<DoctorCheck[]> {
  const running = await attachPlatform(stateDir);
  const goVersion = await installedGo(env);
  return [
    machine(),
    node(),
    npm(),
    postgres(env),
    await go(goVersion, env),
    temporal(goVersion, env),
    await docker(running?.env.DOCKER_HOST ?? env.DOCKER_HOST, env),
    stripe(running?.env ?? null, env),
    chromium(env),
    await ports(running !== null, env),
    disk(stateDir),
    cache(env),
    state(stateDir, running !== null),
    ...(running ? [await room(running.env)] : []),
    settings(env),
    ...(await examineAccounts(running?.env ?? env)),
  ];
}

function machine(): DoctorCheck {
  try {
    requireLinux(process.platform);
    return { name: 'machine', finding: 'ok', detail: `${process.platform} ${process.arch}` };
  } catch (error) {
    return { name: 'machine', finding: 'missing', detail: process.platform, waysOut: (error as Error).message };
  }
}

function node(): DoctorCheck {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const fits = major > 20 || (major === 20 && minor >= 19);
  return {
    name: 'node',
    finding: fits ? 'ok' : 'missing',
    detail: process.version,
    ...(fits ? {} : { waysOut: 'Install Node.js 20.19 or newer.' }),
  };
}

function npm(): DoctorCheck {
  const version = firstLine('npm', ['--version']);
  return version
    ? { name: 'npm', finding: 'ok', detail: version }
    : { name: 'npm', finding: 'missing', detail: 'not on the PATH', waysOut: 'Install npm 11.' };
}

function postgres(env: NodeJS.ProcessEnv): DoctorCheck {
  if (env.DATABASE_URL) return { name: 'postgres', finding: 'ok', detail: 'given by DATABASE_URL' };
  try {
    const version = firstLine(join(packagedPrograms(), 'postgres'), ['--version']);
    return version
      ? { name: 'postgres', finding: 'ok', detail: version }
      : {
          name: 'postgres',
          finding: 'missing',
          detail: 'its program does not run',
          waysOut: 'Run "npm ci" again, or set DATABASE_URL.',
        };
  } catch (error) {
    return { name: 'postgres', finding: 'missing', detail: (error as Error).message };
  }
}

async function go(goVersion: string | null, env: NodeJS.ProcessEnv): Promise<DoctorCheck> {
  if (goVersion && (await buildsTemporal(goVersion, env))) return { name: 'go', finding: 'ok', detail: goVersion };
  const isNeeded = !env.TEMPORAL_ADDRESS && !findTemporalBinaries(cacheFolder(env), goVersion);
  return {
    name: 'go',
    finding: isNeeded ? 'missing' : 'ok',
    detail: `${goVersion ? `${goVersion}, which is too old` : 'not on the PATH'}${isNeeded ? '; it builds Temporal once' : ', and not needed'}`,
    ...(isNeeded ? { waysOut: `Install Go ${versions.go}, or set TEMPORAL_ADDRESS.` } : {}),
  };
}

function temporal(goVersion: string | null, env: NodeJS.ProcessEnv): DoctorCheck {
  if (env.TEMPORAL_ADDRESS) return { name: 'temporal', finding: 'ok', detail: `given: ${env.TEMPORAL_ADDRESS}` };
  const found = findTemporalBinaries(cacheFolder(env), goVersion);
  const what = `server ${versions.temporalServer}, UI ${versions.temporalUi}`;
  return found
    ? { name: 'temporal', finding: 'ok', detail: `${what} in ${dirname(dirname(found.server))}` }
    : {
        name: 'temporal',
        finding: goVersion ? 'provided' : 'missing',
        detail: `${what}: not built yet`,
        waysOut: 'The first start builds it with Go, about 5 minutes; or set TEMPORAL_ADDRESS.',
      };
}

async function docker(dockerHost: string | undefined, env: NodeJS.ProcessEnv): Promise<DoctorCheck> {
  const address = dockerHost || 'unix:///var/run/docker.sock';
  const found = await lookAtEngine(address);
  try {
    if (found.kind === 'podman')
      return {
        name: 'docker',
        finding: 'missing',
        detail: `podman ${found.version} on ${address}`,
        waysOut: "Workspaces need Docker's own engine: install Docker, or set DOCKER_HOST to one.",
      };
    const client = createDockerClient(address, { silenceMs: 10_000 });
    const [version, info] = await Promise.all([client.version(), client.info()]);
    const cgroup = info.CgroupVersion ?? '1';
    return {
      name: 'docker',
      finding: 'ok',
      detail: `${version.Version} on ${address}, cgroup v${cgroup}, ${info.NCPU} CPUs`,
    };
  } catch {
    const cgroup = existsSync('/sys/fs/cgroup/cgroup.controllers') ? 'v2' : 'v1';
    const canBeStarted = !dockerHost && process.getuid?.() === 0 && process.platform === 'linux';
    const program = firstLine('dockerd', ['--version'], env);
    return {
      name: 'docker',
      finding: canBeStarted ? 'provided' : 'missing',
      detail: `${DOCKER_SILENCE[found.kind] ?? 'none answers'} on ${address}; cgroup ${cgroup}; ${program ?? 'no dockerd on the PATH'}`,
      waysOut: canBeStarted
        ? 'A start brings up an engine of its own (and installs docker.io on Debian); or start Docker, or set DOCKER_HOST.'
        : 'Start Docker, set DOCKER_HOST, or run this as root on Linux.',
    };
  }
}

/** @param running the environment of the Leasehold that runs, which may have been started otherwise than the next one */
function stripe(running: Record<string, string> | null, env: NodeJS.ProcessEnv): DoctorCheck {
  if (running && !running.STRIPE_SECRET_KEY)
    return {
      name: 'stripe',
      finding: 'ok',
      detail:
        'billing is off in the Leasehold that runs: it was started without the simulator and without STRIPE_SECRET_KEY',
    };
  const isGiven = running ? !running.STRIPE_SIMULATOR_PORT : Boolean(env.STRIPE_SECRET_KEY);
  return { name: 'stripe', finding: 'ok', detail: isGiven ? 'given by STRIPE_SECRET_KEY' : 'the simulator' };
}

function chromium(env: NodeJS.ProcessEnv): DoctorCheck {
  const path = findChromium(env);
  const version = path ? firstLine(path, ['--version', '--no-sandbox']) : null;
  return version
    ? { name: 'chromium', finding: 'ok', detail: `${version.trim()} (for tests)` }
    : {
        name: 'chromium',
        finding: 'provided',
        detail: 'none (for tests in a browser only)',
        waysOut: 'Install chromium, or set LEASEHOLD_CHROMIUM; as root on Debian the tests install it.',
      };
}

async function ports(isRunning: boolean, env: NodeJS.ProcessEnv): Promise<DoctorCheck> {
  if (isRunning) return { name: 'ports', finding: 'ok', detail: 'in use by the Leasehold that runs' };
  const all = Object.entries(configuredPorts(env)) as [PortName, number][];
  const taken = (
    await Promise.all(
      all.map(async ([name, port]) =>
        (await isFree(port)) ? [] : [`${port} (${portSetting(name)}) by ${portHolder(port)}`],
      ),
    )
  ).flat();
  return taken.length === 0
    ? { name: 'ports', finding: 'ok', detail: `${all.length} are free` }
    : {
        name: 'ports',
        finding: 'missing',
        detail: `taken: ${taken.join(', ')}`,
        waysOut: 'End what listens there, or move ours: each by its setting, or all with LEASEHOLD_PORT_OFFSET=100.',
      };
}

function disk(stateDir: string): DoctorCheck {
  let folder = stateDir;
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = statfsSync(folder);
  const freeGb = (bavail * bsize) / 2 ** 30;
  const suffices = freeGb >= LEAST_DISK_GB;
  return {
    name: 'disk',
    finding: suffices ? 'ok' : 'missing',
    detail: `${freeGb.toFixed(1)} GB free at ${folder}`,
    ...(suffices ? {} : { waysOut: `Free ${LEAST_DISK_GB} GB, or set LEASEHOLD_STATE.` }),
  };
}

function state(stateDir: string, isRunning: boolean): DoctorCheck {
  const secrets = join(stateDir, 'secrets.json');
  if (!existsSync(secrets)) return { name: 'state', finding: 'provided', detail: `${stateDir}: none yet` };
  let installationId: string | undefined;
  try {
    accessSync(stateDir, constants.W_OK);
    installationId = readSecrets(stateDir)?.installationId;
  } catch (error) {
    const { message } = explainSystemError(error) as Error;
    return { name: 'state', finding: 'missing', detail: `${stateDir} can't be used`, waysOut: message };
  }
  const since = statSync(secrets).mtime.toISOString().slice(0, 10);
  return {
    name: 'state',
    finding: 'ok',
    detail: `${stateDir}, installation ${installationId} since ${since}, ${isRunning ? 'running' : 'not running'}`,
  };
}

/** Room for workspaces on the hosts of the Leasehold that runs. */
async function room(running: Record<string, string>): Promise<DoctorCheck> {
  const name = 'room';
  const deadlines = { connectMs: 3_000, statementMs: 3_000, answerMs: 3_000 };
  const prisma = createPrisma(running.DATABASE_URL ?? '', { maxConnections: 2, deadlines });
  try {
    const { fleet } = await readRoom(prisma, running);
    const { roomFor, fullPercent, scarcer } = fleet;
    const of = scarcer === 'cpu' ? 'CPU' : 'memory';
    const left = `for ${roomFor.default} more workspaces, ${roomFor.largest} of the largest size; ${fullPercent} % of ${of} is promised`;
    return fleet.need === null
      ? { name, finding: 'ok', detail: left }
      : { name, finding: fleet.hosts === 0 ? 'missing' : 'soon', detail: left, waysOut: fleet.need };
  } catch {
    return {
      name,
      finding: 'missing',
      detail: 'not known: the database does not answer',
      waysOut: 'See "bin/leasehold status".',
    };
  } finally {
    await prisma.$disconnect();
  }
}

/** The cache is written once, by the build of Temporal. */
function cache(env: NodeJS.ProcessEnv): DoctorCheck {
  const folder = cacheFolder(env);
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  try {
    accessSync(existing, constants.W_OK);
    return { name: 'cache', finding: 'ok', detail: folder };
  } catch (error) {
    const { message } = explainSystemError(error) as Error;
    return { name: 'cache', finding: 'missing', detail: `${folder} can't be written`, waysOut: message };
  }
}

function settings(env: NodeJS.ProcessEnv): DoctorCheck {
  const unknown = unknownSettings(env);
  try {
    readPlatformSettings(env);
  } catch (error) {
    return { name: 'settings', finding: 'missing', detail: 'wrong', waysOut: (error as Error).message };
  }
  return unknown.length === 0
    ? { name: 'settings', finding: 'ok', detail: '"bin/leasehold config" shows them' }
    : {
        name: 'settings',
        finding: 'missing',
        detail: `unknown: ${unknown.map(({ name }) => name).join(', ')}`,
        waysOut: unknown.map(describeUnknown).join(' '),
      };
}

/** The first line that a program prints, or null when it can't be run. */
function firstLine(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): string | null {
  try {
    const output = execFileSync(command, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000,
      env,
    });
    return output.split('\n')[0] ?? null;
  } catch {
    return null;
  }
}
