import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import { PlatformError } from './platform-error.ts';
import { readRunRecord } from './run-record.ts';

/**
 * Holds a state folder for this process alone. The lock is a name in the kernel (an abstract socket): it can't be
 * left behind by a crash.
 *
 * @returns gives the folder free
 * @throws PlatformError when another process holds it
 */
export function lockState(stateDir: string): Promise<() => Promise<void>> {
  const name = createHash('sha256').update(realpathSync(stateDir)).digest('hex').slice(0, 32);
  return new Promise((resolve, reject) => {
    const holder = createServer((connection) => connection.destroy());
    holder.unref();
    holder.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new PlatformError(
              `Leasehold already runs on ${stateDir}${holderOf(stateDir)}. Stop it ("bin/leasehold down"), or set LEASEHOLD_STATE to another folder.`,
            )
          : error,
      ),
    );
    holder.listen(`\0leasehold-${name}`, () =>
      resolve(() => new Promise<void>((released) => holder.close(() => released()))),
    );
  });
}

/** The process that holds it, once it has written itself down. */
function holderOf(stateDir: string): string {
  const supervisor = readRunRecord(stateDir)?.supervisor;
  return supervisor ? ` (pid ${supervisor.pid})` : '';
}
