import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { PartName, PartStatus } from './part.ts';
import { PlatformError } from './platform-error.ts';
import { isAlive } from './process-identity.ts';
import { readRunRecord } from './run-record.ts';

/** A platform that another process supervises. */
export interface PlatformHandle {
  /** The environment of the product's processes: addresses and tokens. */
  env: Record<string, string>;
  parts(): Promise<PartStatus[]>;
  /** Stops a part in order; it stays down until it is started. */
  stopPart(name: PartName): Promise<void>;
  /** Resolves when the part can be used. */
  startPart(name: PartName): Promise<void>;
  /** SIGKILL; it stays down until it is started. */
  killPart(name: PartName): Promise<void>;
}

/**
 * Finds the platform that runs on a state folder.
 *
 * @returns null when none runs there
 */
export async function attachPlatform(stateDir: string): Promise<PlatformHandle | null> {
  const record = readRunRecord(stateDir);
  if (!record || !isAlive(record.supervisor)) return null;

  const ask = async (method: 'GET' | 'POST', path: string): Promise<PartStatus[]> => {
    const { status, body } = await call(`${record.control.url}${path}`, method, record.control.token);
    if (status !== 200) throw new PlatformError((JSON.parse(body) as { detail: string }).detail);
    return JSON.parse(body) as PartStatus[];
  };
  return {
    env: record.env,
    parts: () => ask('GET', '/parts'),
    stopPart: async (name) => void (await ask('POST', `/parts/${name}/stop`)),
    startPart: async (name) => void (await ask('POST', `/parts/${name}/start`)),
    killPart: async (name) => void (await ask('POST', `/parts/${name}/kill`)),
  };
}

/**
 * One connection for each call. `fetch` keeps one open, and a call on one that the supervisor closes at its end is never settled:
 * a command that has nothing else to wait for would end there, without a word.
 */
function call(url: string, method: string, token: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const calling = request(url, { method, agent: false, headers: { authorization: `Bearer ${token}` } }, (answer) => {
      text(answer).then((body) => resolve({ status: answer.statusCode, body }), reject);
    });
    calling.once('error', reject).end();
  });
}
