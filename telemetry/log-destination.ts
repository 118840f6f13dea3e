import { constants, fstatSync, openSync, writeSync } from 'node:fs';

/** How long one line may wait for a reader that is slow, in milliseconds. None waits after one that was lost. */
const LONGEST_WAIT_MS = 50;
const WAIT_STEP_MS = 5;
const STANDARD_OUTPUT = 1;

export interface LogDestination {
  /** Writes one line, its line break included. Never throws and never waits long: a line that can't be written is counted and dropped. */
  write(line: string): void;
}

export interface Lost {
  lines: number;
  /** When the first one was lost: an ISO instant. */
  since: string;
  /** What the operating system answered, such as `ENOSPC`. */
  reason: string;
}

/**
 * Where a process's log goes. The process lives on when it can't be written (a full disk, a file system that can only be read, a
 * reader that is gone or hangs): nothing is kept in memory, and the first line that can be written again says how many were lost.
 *
 * @param lostLine the line about what was lost, without its line break
 * @param fd an open file, pipe or socket; default standard output
 */
export function createLogDestination(lostLine: (lost: Lost) => string, fd = STANDARD_OUTPUT): LogDestination {
  const output = withoutBlocking(fd);
  let lost: Lost | null = null;
  /** The last line ends in its middle. */
  let isCutOff = false;

  function put(line: string): void {
    const bytes = Buffer.from(isCutOff ? `\n${line}` : line);
    let at = 0;
    let waitedMs = lost ? LONGEST_WAIT_MS : 0;
    while (at < bytes.length) {
      try {
        at += writeSync(output, bytes, at);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || waitedMs >= LONGEST_WAIT_MS) {
          isCutOff ||= at > 0;
          throw error;
        }
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_STEP_MS);
        waitedMs += WAIT_STEP_MS;
      }
    }
    isCutOff = false;
  }

  return {
    write(line) {
      try {
        // In one, so that what fits into the last gap of a full disk is not told again and again.
        put(lost ? `${lostLine(lost)}\n${line}` : line);
        lost = null;
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        const since: string = lost?.since ?? new Date().toISOString();
        lost = { lines: (lost?.lines ?? 0) + 1, since, reason: code ?? message };
      }
    },
  };
}

/** A pipe or socket whose reader hangs must not hold the process: what it does not take at once is refused. */
function withoutBlocking(fd: number): number {
  try {
    const found = fstatSync(fd);
    if (found.isFIFO()) return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
    // Node sets it so when it takes up the stream.
    if (found.isSocket() && fd === STANDARD_OUTPUT) process.stdout.writableLength;
  } catch {
    // Closed, or not Linux: it is written as it is.
  }
  return fd;
}
