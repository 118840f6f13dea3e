import type { EventEmitter } from 'node:events';
import type { Logger } from './logger.ts';

/**
 * A server that can't listen ends its process, with `message`: it is a fault of the settings, or another program has the port.
 * Once it listens, a connection that can't be taken (too many open files) is logged, and the others go on.
 */
export function outliveServerErrors(server: EventEmitter & { listening: boolean }, log: Logger, message: string): void {
  server.on('error', (error) => {
    if (server.listening) return log.error({ err: error }, 'a connection could not be taken');
    log.fatal({ err: error }, message);
    process.exit(1);
  });
}
