import { createServer } from 'node:net';
import { holdName } from './kernel-name.ts';
import { PlatformError } from './platform-error.ts';

/** Every port that the platform opens, with its default. All are on 127.0.0.1. Setting: `LEASEHOLD_<NAME>_PORT`. */
export const DEFAULT_PORTS = {
  web: 4310,
  api: 4311,
  worker: 4312,
  simulator: 4313,
  postgres: 4314,
  temporal: 4315,
  temporalUi: 4316,
  mail: 4317,
  smtp: 4318,
  temporalHistory: 4320,
  temporalMatching: 4321,
  temporalWorker: 4322,
  temporalFrontendMembership: 4323,
  temporalHistoryMembership: 4324,
  temporalMatchingMembership: 4325,
  temporalWorkerMembership: 4326,
} as const;

const LARGEST_OFFSET = 60_000;

export type PortName = keyof typeof DEFAULT_PORTS;
export type Ports = Record<PortName, number>;

/** The name of the setting of a port: `temporalUi` → `LEASEHOLD_TEMPORAL_UI_PORT`. */
export function portSetting(name: PortName): string {
  return `LEASEHOLD_${name.replace(/[A-Z]/g, (capital) => `_${capital}`).toUpperCase()}_PORT`;
}

/**
 * The default ports, all moved up by `LEASEHOLD_PORT_OFFSET`, each overridden by its own setting. Throws PlatformError for
 * a value that is no port.
 */
export function configuredPorts(env: Record<string, string | undefined>): Ports {
  const offset = Number(env.LEASEHOLD_PORT_OFFSET || 0);
  if (!Number.isInteger(offset) || offset < 0 || offset > LARGEST_OFFSET)
    throw new PlatformError(
      `LEASEHOLD_PORT_OFFSET is "${env.LEASEHOLD_PORT_OFFSET}": give a number from 0 to ${LARGEST_OFFSET}, such as 100.`,
    );
  return mapPorts((name) => {
    const value = env[portSetting(name)];
    if (!value) return DEFAULT_PORTS[name] + offset;
    const port = Number(value);
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw new PlatformError(`${portSetting(name)} is "${value}", which is no port: give a number from 1 to 65535.`);
    return port;
  });
}

/** A free port for each name, as of `freePort`. */
export async function freePorts(): Promise<Ports> {
  const ports: Partial<Ports> = {};
  for (const name of Object.keys(DEFAULT_PORTS) as PortName[]) ports[name] = await freePort();
  return ports as Ports;
}

/**
 * A port that nobody listens on, and that nobody else is given while this process lives: what is to listen there may start much later,
 * and restart. It is from below the range that the kernel gives to outgoing connections.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 18_000 + Math.floor(Math.random() * 14_000);
    const release = await holdPort(port);
    if (!release) continue;
    if (await isFree(port)) return port;
    await release();
  }
}

/** Keeps others from being given a port. As of `holdName`. */
export function holdPort(port: number): ReturnType<typeof holdName> {
  return holdName(`port-${port}`);
}

/** Whether a server could listen on this port of 127.0.0.1 now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function mapPorts(portOf: (name: PortName) => number): Ports {
  return Object.fromEntries((Object.keys(DEFAULT_PORTS) as PortName[]).map((name) => [name, portOf(name)])) as Ports;
}
