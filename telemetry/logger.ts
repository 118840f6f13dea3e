import { hostname } from 'node:os';
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import { createRepeatFold, errorLine, type RepeatFold, withoutStack } from './fold-repeats.ts';
import { createLogDestination, type Lost } from './log-destination.ts';

export type { Logger };

/** Paths that are never written, whatever object is logged. */
const SECRET_PATHS = ['authorization', 'cookie', 'password', 'token', 'secret', 'apiKey', 'connectionString'].flatMap(
  (name) => [name, `*.${name}`, `*.*.${name}`],
);

/**
 * The one logger of a process: JSON lines on standard output, secrets redacted. An error that repeats is written whole once, then
 * once a minute with how often it came (`createRepeatFold`). A log that can't be written holds nobody up (`createLogDestination`).
 *
 * @param name which process speaks: `api`, `worker`, …
 * @param level least level that is written; default `info`
 * @param destination where to; default standard output
 */
export function createLogger(name: string, level = 'info', destination?: DestinationStream): Logger {
  const repeats = createRepeatFold();
  if (!destination && level !== 'silent') process.once('exit', repeats.flush);
  const options: LoggerOptions = {
    name,
    level,
    redact: { paths: SECRET_PATHS, censor: '[redacted]' },
    serializers: { err: serialised, error: serialised },
    hooks: { logMethod: folding(repeats) },
  };
  return pino(options, destination ?? createLogDestination((lost) => lostLine(name, lost)));
}

function lostLine(name: string, lost: Lost): string {
  const line = { level: pino.levels.values.warn, time: Date.now(), pid: process.pid, hostname: hostname(), name };
  return JSON.stringify({ ...line, ...lost, msg: 'lines of this log were lost: it could not be written' });
}

/** With its stack; what was made brief before stays so. */
function serialised(error: unknown): unknown {
  return error instanceof Error ? pino.stdSerializers.err(error) : error;
}

function folding(repeats: RepeatFold): NonNullable<LoggerOptions['hooks']>['logMethod'] {
  return function logMethod(args, method) {
    const line = errorLine(args);
    if (!line) return method.apply(this, args);
    repeats.take(
      line,
      () => method.apply(this, args),
      (repeated) =>
        method.apply(this, [{ ...withoutStack(line.fields), ...(repeated > 0 && { repeated }) }, line.message]),
    );
  };
}
