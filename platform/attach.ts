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
    const response = await fetch(`${record.control.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${record.control.token}` },
    });
    const body = await response.json();
    if (!response.ok) throw new PlatformError((body as { detail: string }).detail);
    return body as PartStatus[];
  };
  return {
    env: record.env,
    parts: () => ask('GET', '/parts'),
    stopPart: async (name) => void (await ask('POST', `/parts/${name}/stop`)),
    startPart: async (name) => void (await ask('POST', `/parts/${name}/start`)),
    killPart: async (name) => void (await ask('POST', `/parts/${name}/kill`)),
  };
}
