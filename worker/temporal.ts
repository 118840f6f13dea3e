import { NativeConnection, type NativeConnectionOptions } from '@temporalio/worker';
import { keepTrying } from '#telemetry/keep-trying.ts';
import type { Logger } from '#telemetry/logger.ts';
import { requireSearchAttributes } from './require-search-attributes.ts';

/**
 * Connects to Temporal, and waits for it where it does not answer. Once connected, the connection comes back by itself.
 *
 * @throws NotMendedByWaiting when the namespace lacks our search attributes
 */
export function connectTemporal(
  options: NativeConnectionOptions | undefined,
  { namespace, signal, log }: { namespace: string; signal: AbortSignal; log: Logger },
): Promise<NativeConnection> {
  const connect = async () => {
    const connection = await NativeConnection.connect(options);
    try {
      await requireSearchAttributes(connection, namespace, log);
      return connection;
    } catch (error) {
      await connection.close();
      throw error;
    }
  };
  return keepTrying('Temporal does not answer yet', connect, { log, signal });
}
