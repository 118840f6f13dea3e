import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { holdName } from './kernel-name.ts';
import { PlatformError } from './platform-error.ts';
import { readRunRecord } from './run-record.ts';

/**
 * Holds a state folder for this process alone.
 *
 * @returns gives the folder free
 * @throws PlatformError when another process holds it
 */
export async function lockState(stateDir: string): Promise<() => Promise<void>> {
  const release = await holdName(createHash('sha256').update(realpathSync(stateDir)).digest('hex').slice(0, 32));
  if (release) return release;
  throw new PlatformError(
    `Leasehold already runs on ${stateDir}${holderOf(stateDir)}. Stop it ("bin/leasehold down"), or set LEASEHOLD_STATE to another folder.`,
  );
}

/** The process that holds it, once it has written itself down. */
function holderOf(stateDir: string): string {
  const supervisor = readRunRecord(stateDir)?.supervisor;
  return supervisor ? ` (pid ${supervisor.pid})` : '';
}
