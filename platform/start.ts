import { accessSync, constants, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describeUnsafe, isProduction } from '#settings/production-mode.ts';
import { describeUnknown, unknownSettings } from '#settings/unknown-settings.ts';
import { unsafeOnOneMachine } from './configuration.ts';
import { type ControlEndpoint, openControlEndpoint, type PartControl } from './control-endpoint.ts';
import { productEnvironment } from './environment.ts';
import { boundLogs } from './log-bound.ts';
import { PART_NAMES, type Part, type PartName, type PartStatus } from './part.ts';
import { allParts } from './parts/all-parts.ts';
import { leaveHost, stopOwnContainers } from './parts/own-containers.ts';
import { PlatformError } from './platform-error.ts';
import { portHolder } from './port-holder.ts';
import { configuredPorts, freePorts, isFree, type PortName, type Ports, portSetting } from './ports.ts';
import { identify, type ProcessIdentity, signalProcess } from './process-identity.ts';
import { ROOT } from './root.ts';
import { createRecordKeeper, endOrphans, readRunRecord } from './run-record.ts';
import { ensureSecrets } from './secrets.ts';
import { readPlatformSettings } from './settings.ts';
import { lockState } from './state-lock.ts';
import { createSupervisor } from './supervisor.ts';
import { explainSystemError } from './system-error.ts';
import { requireLinux } from './this-machine.ts';

/** The ports that a part opens. */
const PORTS_OF: Partial<Record<PartName, readonly PortName[]>> = {
  postgres: ['postgres'],
  temporal: [
    ...(['temporal', 'temporalHistory', 'temporalMatching', 'temporalWorker'] as const),
    ...(['temporalFrontendMembership', 'temporalHistoryMembership'] as const),
    ...(['temporalMatchingMembership', 'temporalWorkerMembership'] as const),
  ],
  'temporal-ui': ['temporalUi'],
  mail: ['mail', 'smtp'],
  simulator: ['simulator'],
  worker: ['worker'],
  api: ['api'],
  web: ['web'],
};

/** The order of the end: who asks before who answers. Our containers are stopped after the worker. */
const END_ORDER: readonly (readonly PartName[])[] = [
  ['demo', 'web', 'api', 'temporal-ui'],
  ['worker', 'workspace-image'],
  ['simulator', 'mail', 'migrations'],
  ['temporal'],
  ['postgres', 'docker'],
];

export interface PlatformOptions {
  /** Where everything is kept. Made when missing. */
  stateDir: string;
  /** Which parts. Default: all. */
  parts?: readonly PartName[];
  /** Parts to leave out; `startPart` can still start them. */
  without?: readonly PartName[];
  /** `default`: those of the settings `LEASEHOLD_<PART>_PORT`; `free`: any that are free. */
  ports: 'default' | 'free';
  /** Settings that a person gives: an address among them takes the place of a part. Default: `process.env`. */
  given?: Record<string, string | undefined>;
  /** Wins over all other settings of the product's processes. */
  extraEnv?: Record<string, string>;
  /** Called at each change of a part. */
  onProgress?: (status: PartStatus) => void;
  /** Called with what is worth saying beside the parts. */
  onNotice?: (sentence: string) => void;
}

export interface Platform extends PartControl {
  /** The environment of the product's processes: addresses and tokens. */
  env: Record<string, string>;
  ports: Ports;
  /** Settles when the platform has ended: with null on request, with the reason when a part could not be started at first. */
  ended: Promise<PlatformError | null>;
  /**
   * Ends everything in order: web and API, the worker, our workspaces (their owners' wishes are not touched, so the next
   * start runs them again), simulator and mail, Temporal, PostgreSQL, the Docker engine.
   */
  stop(): Promise<void>;
  /** Ends everything at once, in no order. */
  kill(): Promise<void>;
}

/**
 * Brings up the embedded default: every part whose address is not set. What a supervisor that died left running on the
 * state folder is ended first.
 *
 * @param onStarting gets the platform before its parts are up, so that a signal can end it
 * @throws PlatformError when a setting is wrong or, in production mode, unsafe, the state folder is in use or can't be
 *   written, a port is taken, or a part can't be provided; then nothing is left running
 */
export async function startPlatform(
  options: PlatformOptions,
  onStarting: (platform: Platform) => void = () => undefined,
): Promise<Platform> {
  const stateDir = resolve(options.stateDir);
  const given = options.given ?? process.env;
  const say = options.onNotice ?? (() => undefined);
  requireLinux(process.platform);
  const settings = readPlatformSettings(given);
  refuseListen(given);
  for (const unknown of unknownSettings(given)) say(describeUnknown(unknown));
  makeStateFolder(stateDir);
  const unlock = await lockState(stateDir);

  const names = PART_NAMES.filter(
    (name) => (options.parts ?? PART_NAMES).includes(name) && !options.without?.includes(name),
  );
  const isExternal = ({ givenBy }: Part) => givenBy !== undefined && Boolean(given[givenBy]);
  const abort = new AbortController();
  let control: ControlEndpoint | undefined;
  let ending: Promise<void> | undefined;
  let upSince: string | undefined;

  try {
    const left = readRunRecord(stateDir);
    const orphans = left ? await endOrphans(left) : [];
    if (orphans.length > 0) say(`Ended what an earlier run left: ${orphans.join(', ')}.`);

    const ports = options.ports === 'free' ? await freePorts() : configuredPorts(given);
    const ours = names.filter((name) => !isExternal(allParts[name]));
    if (options.ports === 'default') await refuseTakenPorts(ours, ports);
    const secrets = ensureSecrets(stateDir);
    const env = {
      ...productEnvironment({ ports, secrets, stateDir, withSimulator: names.includes('simulator') }, given),
      ...options.extraEnv,
    };
    const unsafe = isProduction(given) ? unsafeOnOneMachine(env, given) : [];
    if (unsafe.length > 0) throw new PlatformError(describeUnsafe(unsafe));

    let settleEnded: (reason: PlatformError | null) => void = () => undefined;
    const ended = new Promise<PlatformError | null>((settle) => {
      settleEnded = settle;
    });
    const supervisor = createSupervisor({
      parts: allParts,
      context: { env, ports, secrets, settings, root: ROOT, stateDir, signal: abort.signal },
      onStatus: (status) => options.onProgress?.(status),
      onProcesses: record,
    });
    const keeper = createRecordKeeper(stateDir, say);
    function record(): void {
      const self = identify(process.pid);
      if (!control || !self) return;
      const { url, token } = control;
      const since = upSince === undefined ? {} : { upSince };
      keeper.keep({ supervisor: self, control: { url, token }, parts: supervisor.processes(), env, ...since });
    }
    const unboundLogs = boundLogs(join(stateDir, 'logs'));

    // The last resort when this process ends without having stopped its parts.
    const atExit = () => {
      for (const [name, identity] of Object.entries(supervisor.processes())) signalAtExit(name, identity);
    };
    process.once('exit', atExit);

    async function release(): Promise<void> {
      process.removeListener('exit', atExit);
      unboundLogs();
      await control?.close();
      control = undefined;
      keeper.remove();
      await unlock();
    }

    function stop(reason: PlatformError | null = null): Promise<void> {
      ending ??= (async () => {
        abort.abort();
        for (const together of END_ORDER) {
          await Promise.all(together.map((name) => supervisor.finish(name).catch((error) => say(`${name}: ${error}`))));
          if (together.includes('worker')) await stopContainers();
        }
        await supervisor.idle();
        await release();
        settleEnded(reason);
      })();
      return ending;
    }

    async function stopContainers(): Promise<void> {
      const engine = supervisor.statuses().find(({ name }) => name === 'docker');
      if (!env.DOCKER_HOST || !engine || engine.state === 'left-out') return;
      try {
        // An engine that was killed has left its containers running.
        if (!['running', 'done', 'external'].includes(engine.state)) await supervisor.startAtEnd('docker');
        await stopOwnContainers(env.DOCKER_HOST, secrets.installationId);
        await leaveHost(env);
      } catch (error) {
        say(`Our workspaces could not be stopped, as the Docker engine does not answer: ${(error as Error).message}`);
      }
    }

    const platform: Platform = {
      env,
      ports,
      ended,
      parts: supervisor.statuses,
      stopPart: supervisor.stopPart,
      startPart: supervisor.startPart,
      killPart: supervisor.killPart,
      stop: () => stop(),
      kill: async () => {
        abort.abort();
        await supervisor.killAll();
        await release();
        settleEnded(null);
      },
    };
    control = await openControlEndpoint(platform);
    record();
    onStarting(platform);
    try {
      await supervisor.startAll(names, isExternal);
    } catch (error) {
      await stop(error instanceof PlatformError ? error : null);
      throw error;
    }
    upSince = new Date().toISOString();
    record();
    return platform;
  } catch (error) {
    if (ending) await ending;
    else await unlock();
    throw explainSystemError(error);
  }
}

async function refuseTakenPorts(names: readonly PartName[], ports: Ports): Promise<void> {
  const wanted = names.flatMap((name) => PORTS_OF[name] ?? []);
  const taken = (await Promise.all(wanted.map(async (name) => ((await isFree(ports[name])) ? [] : [name])))).flat();
  if (taken.length > 0)
    throw new PlatformError(
      [
        taken.length === 1 ? 'A port is taken:' : `${taken.length} ports are taken:`,
        ...taken.map((name) => `  ${ports[name]}, by ${portHolder(ports[name])}. To move ours: ${portSetting(name)}.`),
        'End what listens there, or move ours: each by its setting, or all at once with LEASEHOLD_PORT_OFFSET=100.',
      ].join('\n'),
    );
}

/** Under a supervisor nothing but a proxy of this machine reaches the processes. */
function refuseListen({ LEASEHOLD_LISTEN: listen }: Record<string, string | undefined>): void {
  if (listen && listen !== '127.0.0.1')
    throw new PlatformError(
      `LEASEHOLD_LISTEN is "${listen}", and "leasehold up" keeps everything on 127.0.0.1: unset it, and put a proxy with TLS on this machine before the web UI.`,
    );
}

function makeStateFolder(stateDir: string): void {
  try {
    mkdirSync(join(stateDir, 'logs'), { recursive: true, mode: 0o711 });
    accessSync(stateDir, constants.W_OK);
  } catch (error) {
    throw explainSystemError(error);
  }
}

function signalAtExit(name: string, identity: ProcessIdentity): void {
  signalProcess(identity, name === 'postgres' ? 'SIGINT' : 'SIGTERM', 'process');
}
