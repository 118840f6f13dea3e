import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger };

/** Paths that are never written, whatever object is logged. */
const SECRET_PATHS = ['authorization', 'cookie', 'password', 'token', 'secret', 'apiKey', 'connectionString'].flatMap(
  (name) => [name, `*.${name}`, `*.*.${name}`],
);

/**
 * The one logger of a process: JSON lines on standard output, secrets redacted.
 *
 * @param name which process speaks: `api`, `worker`, …
 * @param level least level that is written; default `info`
 * @param destination where to; default standard output
 */
export function createLogger(name: string, level = 'info', destination?: DestinationStream): Logger {
  return pino({ name, level, redact: { paths: SECRET_PATHS, censor: '[redacted]' } }, destination);
}
