import type { Logger } from './logger.ts';

/** What the operating system answers when something that a process stands on is lost: it is back one day. */
const LOSSES = new Set([
  ...['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'],
  ...['EPIPE', 'ECONNRESET', 'ECONNREFUSED', 'ECONNABORTED', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN'],
  ...['ENOTFOUND', 'EAI_AGAIN', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED'],
]);

/** Whether an error, or what caused it, means that a disk, a connection or an output was lost. */
export function isLoss(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > 5) return false;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return (typeof code === 'string' && LOSSES.has(code)) || isLoss(cause, depth + 1);
}

/** A process whose standard output or error can't be written lives on: what it says there is lost. */
export function outliveOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

/**
 * The net below all others: a loss that nobody waited for (a connection that ends between two uses, a file that can't be written) is
 * logged, and the process lives on. Any other error that nobody caught is a fault of the program: it is logged, and the process ends
 * with status 1, to be started again.
 */
export function outliveLosses(log: Logger): void {
  outliveOutput();
  const meet = (error: unknown) => {
    if (isLoss(error)) return log.error({ err: error }, 'a loss that nobody waited for');
    log.fatal({ err: error }, 'a fault that nobody caught: the process ends');
    process.exit(1);
  };
  process.on('uncaughtException', meet);
  process.on('unhandledRejection', meet);
}
