import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { lstat, mkdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { createDockerClient } from '#activities/workspaces/docker-client.ts';
import type { Logger } from '#telemetry/logger.ts';
import { installWithApt } from '../apt.ts';
import { type Child, lastLines, startChild } from '../child.ts';
import { PlatformError } from '../platform-error.ts';
import { poll } from '../poll.ts';
import { endProcess, identify, isAlive, type ProcessIdentity } from '../process-identity.ts';
import { writePrivately } from '../write-privately.ts';
import { type EngineAtSocket, lookAtEngine } from './engine-at-socket.ts';

const SYSTEM_SOCKET = '/var/run/docker.sock';
const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 30_000;
/** Linux allows 107 bytes for a socket's path; the engine's longest one is below its run directory. */
const MAX_SOCKET_PATH_BYTES = 107;
const LONGEST_SOCKET_SUFFIX = '/exec/containerd/containerd-debug.sock.ttrpc';

const run = promisify(execFile);

export interface DockerEngineOptions {
  /** `DOCKER_HOST`: use this engine and no other. */
  dockerHost?: string | undefined;
  /** The machine's own socket. Default `/var/run/docker.sock`. */
  systemSocket?: string;
  /** Whether an engine of our own may be started when there is none. Default: as root on Linux, as nobody else can. */
  mayStart?: boolean;
  /** Folder of images, volumes and containers of an engine that is started here. */
  stateDir: string;
  /** Where an engine of ours writes its log. Default `dockerd.log` in `stateDir`. */
  logFile?: string;
  log: Logger;
  /** Whether Debian's `docker.io` may be installed with apt-get (as root) when there is no dockerd. */
  allowInstall: boolean;
  /**
   * Whether it may write rules into the machine's packet filter. `false` for an engine beside one that runs: a start would
   * drop that one's rules. Default `true`.
   */
  iptables?: boolean;
  /** Whether containers outlive a dockerd of ours that is killed. Default true. */
  liveRestore?: boolean;
  /** Receives one line for people for each step that takes time. */
  onProgress: (line: string) => void;
}

export interface DockerEngine {
  dockerHost: string;
  /** Whether the engine is one of ours: started now, or left over by an earlier start from the same folder. */
  started: boolean;
  pid?: number;
  /** The process of an engine of ours, for a supervisor that watches it. */
  identity?: ProcessIdentity;
  /** Stops an engine of ours and its containerd, nothing for any other. Containers are the caller's to stop first. @returns whether it was killed */
  stop(): Promise<boolean>;
}

export type DockerEngineCode = 'HOST_UNREACHABLE' | 'ENGINE_MISSING' | 'ENGINE_NOT_STARTED';

/** No engine can be provided. The message is one sentence or two for people, with the ways out. */
export class DockerEngineUnavailable extends PlatformError {
  readonly code: DockerEngineCode;

  constructor(code: DockerEngineCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * Provides a Docker engine: the one of `dockerHost`, else the one that answers at `/var/run/docker.sock`, else a dockerd
 * of our own with its state in `stateDir`. Throws `DockerEngineUnavailable`.
 *
 * Our dockerd runs in a process group of its own, so Ctrl-C in the terminal reaches the supervisor and not the engine
 * before the containers were stopped. It runs with `--live-restore`: killed, it leaves containers running, and the next
 * start adopts them. A dockerd that is still alive is recognised by recorded pid *and* start time.
 *
 * Two engines on one host: `--bridge=none` keeps both from owning `docker0` (workspaces only use networks of their own),
 * and the subnets of workspaces are chosen past every address that the host has. What they do share is iptables: a
 * dockerd that *starts* drops the rules that keep the networks of a running one apart, for all networks that exist then
 * (measured with 20.10). They come back when that engine starts again. So run two on a development machine only.
 */
export async function ensureDockerEngine(options: DockerEngineOptions): Promise<DockerEngine> {
  if (options.dockerHost) return givenEngine(options.dockerHost);
  const systemHost = `unix://${options.systemSocket ?? SYSTEM_SOCKET}`;
  const found = await lookAtEngine(systemHost);
  if (found.kind === 'docker') return { dockerHost: systemHost, started: false, stop: async () => false };
  if (!(options.mayStart ?? canStartEngine()))
    throw new DockerEngineUnavailable('ENGINE_MISSING', whyNone(systemHost, found));
  if (found.kind === 'podman')
    options.onProgress(`${systemHost} is podman ${found.version}, which is not used: an engine of our own is taken`);
  return ensureOwnDockerEngine(options);
}

async function givenEngine(dockerHost: string): Promise<DockerEngine> {
  try {
    createDockerClient(dockerHost);
  } catch (error) {
    throw new DockerEngineUnavailable('HOST_UNREACHABLE', error instanceof Error ? error.message : String(error));
  }
  let found: EngineAtSocket = { kind: 'silent' };
  const isSettled = async () => {
    found = await lookAtEngine(dockerHost);
    return found.kind !== 'silent' && found.kind !== 'off';
  };
  await poll(isSettled, { timeoutMs: 5000 });
  const { kind } = found as EngineAtSocket;
  if (kind !== 'docker') throw new DockerEngineUnavailable('HOST_UNREACHABLE', whyNotGiven(dockerHost, found));
  return { dockerHost, started: false, stop: async () => false };
}

/** Only root on Linux can start an engine. */
function canStartEngine(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0;
}

/** Why there is no engine for a user who can't start one, and the ways out. */
function whyNone(address: string, found: EngineAtSocket): string {
  switch (found.kind) {
    case 'forbidden':
      return `Docker is at ${address}, and this user may not use it: add the user to the group docker (sudo usermod -aG docker "$USER", then log in anew), set DOCKER_HOST to an engine that you may use, or run this as root.`;
    case 'podman':
      return `${address} is podman ${found.version}, and workspaces need Docker's own engine: install Docker, or set DOCKER_HOST to one.`;
    case 'off':
      return `The socket ${address} is there, but no engine answers on it: start Docker (sudo systemctl start docker), set DOCKER_HOST, or run this as root, which starts one of its own.`;
    default:
      return 'No Docker engine answers, and only root on Linux can start one: start Docker, set DOCKER_HOST, or run this as root.';
  }
}

function whyNotGiven(dockerHost: string, found: EngineAtSocket): string {
  const unset = 'or unset DOCKER_HOST to have one started';
  switch (found.kind) {
    case 'forbidden':
      return `This user may not use DOCKER_HOST=${dockerHost}: add the user to the group docker (sudo usermod -aG docker "$USER", then log in anew), or run this as root.`;
    case 'podman':
      return `DOCKER_HOST=${dockerHost} is podman ${found.version}, and workspaces need Docker's own engine: set it to one, ${unset}.`;
    default:
      return `No Docker engine answers at DOCKER_HOST=${dockerHost}: start it, correct the address, ${unset}.`;
  }
}

/** The last of the ways of `ensureDockerEngine`: a dockerd of our own, whatever else answers. */
export async function ensureOwnDockerEngine(options: Omit<DockerEngineOptions, 'dockerHost'>): Promise<DockerEngine> {
  const { stateDir, log, onProgress } = options;
  if (!canStartEngine())
    throw new DockerEngineUnavailable('ENGINE_MISSING', whyNone(`unix://${SYSTEM_SOCKET}`, { kind: 'silent' }));
  await mkdir(stateDir, { recursive: true, mode: 0o711 });
  const runDir = await runDirectory(stateDir);
  const socket = join(runDir, 'docker.sock');
  const dockerHost = `unix://${socket}`;
  const recordFile = join(stateDir, 'engine.json');
  const pidFile = join(runDir, 'dockerd.pid');
  const engineOf = (identity: ProcessIdentity): DockerEngine => ({
    dockerHost,
    started: true,
    identity,
    pid: identity.pid,
    stop: () => stopEngine({ identity, stateDir, recordFile, runDir, log }),
  });

  const leftOver = recordedProcess(recordFile);
  if (leftOver) {
    if (await poll(() => answers(dockerHost), { timeoutMs: 10_000 })) {
      onProgress('using the engine of the last start, which is still running');
      return engineOf(leftOver);
    }
    log.warn({ pid: leftOver.pid }, 'the dockerd of an earlier start does not answer and is stopped');
    await stopEngine({ identity: leftOver, stateDir, recordFile, runDir, log });
  }

  // A killed dockerd leaves a containerd that is running, dying or a zombie; the new one would take any of them for its own.
  await stopContainerd(runDir);
  const command = await findOrInstall(options);
  onProgress('starting an engine');
  const logFile = options.logFile ?? join(stateDir, 'dockerd.log');
  const begin = () => {
    // A stale pid file whose number belongs to somebody else by now would keep dockerd from starting.
    for (const stale of [recordFile, pidFile, socket]) rmSync(stale, { force: true });
    return startChild({
      command,
      args: [
        ...['--data-root', join(stateDir, 'data')],
        ...['--exec-root', join(runDir, 'exec')],
        ...['--pidfile', pidFile],
        ...['--host', dockerHost],
        ...(options.liveRestore === false ? [] : ['--live-restore']),
        '--bridge=none',
        '--userland-proxy=false',
        ...(options.iptables === false ? ['--iptables=false', '--ip-masq=false'] : []),
        '--log-level=warn',
      ],
      env: { ...process.env, PATH: searchPath().join(delimiter) },
      cwd: stateDir,
      logFile,
    });
  };
  const outcomeOf = async (child: Child): Promise<'up' | 'ended' | 'silent'> => {
    record(recordFile, child.identity);
    await poll(async () => child.hasExited() || (await answers(dockerHost)), { timeoutMs: READY_WITHIN_MS });
    if (!child.hasExited() && (await answers(dockerHost))) return 'up';
    const outcome = child.hasExited() ? 'ended' : 'silent';
    await stopEngine({ identity: child.identity, stateDir, recordFile, runDir, log });
    return outcome;
  };
  let child = await begin();
  let outcome = await outcomeOf(child);
  if (outcome === 'ended' && /containerd/.test(lastError(logFile))) {
    // It gives its containerd 15 s, which a busy machine may need for other things.
    onProgress('starting an engine once more, as its containerd was slow');
    child = await begin();
    outcome = await outcomeOf(child);
  }
  if (outcome !== 'up') {
    throw new DockerEngineUnavailable(
      'ENGINE_NOT_STARTED',
      `dockerd could not be started (${lastError(logFile)}): see ${logFile}, or start Docker yourself, or set DOCKER_HOST.`,
    );
  }
  return engineOf(child.identity);
}

/** Folder of the engine's sockets: in the state folder where its path is short enough, else in the temporary one. */
async function runDirectory(stateDir: string): Promise<string> {
  const fits = Buffer.byteLength(stateDir + LONGEST_SOCKET_SUFFIX) <= MAX_SOCKET_PATH_BYTES;
  if (fits) return stateDir;
  const runDir = join(tmpdir(), `leasehold-${createHash('sha256').update(stateDir).digest('hex').slice(0, 12)}`);
  await mkdir(runDir, { mode: 0o711 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const found = await lstat(runDir);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) {
    throw new DockerEngineUnavailable(
      'ENGINE_NOT_STARTED',
      `${runDir} belongs to somebody else: remove it, or set TMPDIR to a folder of your own.`,
    );
  }
  return runDir;
}

async function findOrInstall({
  allowInstall,
  onProgress,
}: Pick<DockerEngineOptions, 'allowInstall' | 'onProgress'>): Promise<string> {
  const missing = ['dockerd', 'containerd', 'iptables'].filter((program) => findProgram(program) === null);
  if (missing.length > 0) {
    const ways =
      'install Docker (Debian: apt-get install docker.io iptables), set DOCKER_HOST to an engine elsewhere, or start one at /var/run/docker.sock';
    if (!allowInstall)
      throw new DockerEngineUnavailable(
        'ENGINE_MISSING',
        `There is no Docker engine (${missing.join(', ')}), and LEASEHOLD_NO_INSTALL=1 forbids to install one: ${ways}.`,
      );
    if (!existsSync('/etc/debian_version') || findProgram('apt-get') === null) {
      throw new DockerEngineUnavailable(
        'ENGINE_MISSING',
        `There is no Docker engine (${missing.join(', ')}): ${ways}.`,
      );
    }
    onProgress(`installing Debian's docker.io with apt-get (${missing.join(', ')} is missing); about 20 s`);
    await install(['docker.io', 'iptables']).catch(({ message }: Error) => {
      throw new DockerEngineUnavailable(
        'ENGINE_MISSING',
        `docker.io could not be installed with apt-get (${message}): ${ways}.`,
      );
    });
  }
  const dockerd = findProgram('dockerd');
  if (dockerd === null)
    throw new DockerEngineUnavailable('ENGINE_MISSING', 'There is no dockerd even after installing docker.io.');
  return dockerd;
}

/** Installs Debian packages without starting their services: the engine is ours to start, with our settings. */
async function install(packages: string[]): Promise<void> {
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await installWithApt(packages, { ...process.env, RUNLEVEL: '1' });
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}

interface OwnEngine {
  identity: ProcessIdentity;
  stateDir: string;
  recordFile: string;
  runDir: string;
  log: Logger;
}

async function stopEngine({ identity, stateDir, recordFile, runDir, log }: OwnEngine): Promise<boolean> {
  const killed = await endProcess(identity, { timeoutMs: STOP_WITHIN_MS });
  if (killed) log.warn({ pid: identity.pid }, 'dockerd did not stop in time and was killed');
  await stopContainerd(runDir);
  await releaseDataRoot(join(stateDir, 'data'));
  rmSync(recordFile, { force: true });
  return killed;
}

/** dockerd mounts its data folder on itself, and after one that was killed no later one takes that mount away. */
async function releaseDataRoot(dataRoot: string): Promise<void> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  if (!mounts.split('\n').some((line) => line.split(' ')[4] === dataRoot)) return;
  // Busy while a container that was left running uses it: then it stays.
  await run('umount', [dataRoot]).catch(() => {});
}

/** dockerd takes its containerd along; one that was killed leaves it behind. */
async function stopContainerd(runDir: string): Promise<void> {
  const execRoot = join(runDir, 'exec');
  const pidFile = join(execRoot, 'containerd', 'containerd.pid');
  const pid = Number(await readFile(pidFile, 'utf8').catch(() => ''));
  if (Number.isSafeInteger(pid) && pid > 1) {
    const identity = identify(pid);
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (identity && commandLine.includes(execRoot)) await endProcess(identity);
  }
  rmSync(pidFile, { force: true });
}

/** For a start after one whose supervisor was killed. On a full disk the engine runs without: its supervisor has it in memory. */
function record(recordFile: string, identity: ProcessIdentity): void {
  try {
    writePrivately(recordFile, JSON.stringify(identity));
  } catch {
    rmSync(recordFile, { force: true });
  }
}

/** The recorded process, if that very one still lives. */
function recordedProcess(recordFile: string): ProcessIdentity | null {
  try {
    const { pid, startedAt }: Partial<ProcessIdentity> = JSON.parse(readFileSync(recordFile, 'utf8'));
    if (typeof pid !== 'number' || typeof startedAt !== 'string') return null;
    return isAlive({ pid, startedAt }) ? { pid, startedAt } : null;
  } catch {
    return null;
  }
}

async function answers(dockerHost: string): Promise<boolean> {
  const docker = createDockerClient(dockerHost, { silenceMs: 2000 });
  return docker.ping().then(
    () => true,
    () => false,
  );
}

/** System folders are searched too: an ordinary user's PATH lacks them. */
function searchPath(): string[] {
  return [
    ...new Set([
      ...(process.env.PATH ?? '').split(delimiter),
      '/usr/local/sbin',
      '/usr/local/bin',
      '/usr/sbin',
      '/usr/bin',
      '/sbin',
      '/bin',
    ]),
  ];
}

function findProgram(name: string): string | null {
  for (const folder of searchPath()) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not here: the next folder may have it.
    }
  }
  return null;
}

function lastError(logFile: string): string {
  const lines = lastLines(logFile, 20).split('\n');
  const last = lines.findLast((line) => /level=(fatal|error)|failed/i.test(line)) ?? lines.at(-1) ?? 'no output';
  return last.replace(/^time="[^"]*"\s*/, '').slice(0, 300);
}
