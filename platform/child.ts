import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { LARGEST_LOG_BYTES } from './log-bound.ts';
import { PlatformError } from './platform-error.ts';
import { endProcess, identify, type ProcessIdentity, signalProcess } from './process-identity.ts';

export interface ChildOptions {
  command: string;
  args: readonly string[];
  env: Record<string, string | undefined>;
  cwd: string;
  /** Standard output and error are appended to it by the child itself, so that they outlive the supervisor. One that can't be opened is left out. */
  logFile: string;
  /** Another user for the child. Needs root. */
  uid?: number;
  gid?: number;
  /** Asks it to stop. Default SIGTERM. */
  stopSignal?: NodeJS.Signals;
  /** Time that it has to stop before its group is killed, in milliseconds. Default 15,000. */
  stopTimeoutMs?: number;
}

/** A process of ours in a group of its own: the terminal's Ctrl-C does not reach it. */
export interface Child {
  identity: ProcessIdentity;
  /** Settles when it has ended, with a sentence that says how. */
  exited: Promise<string>;
  hasExited(): boolean;
  /** @returns whether it did not end by itself and was killed */
  stop(): Promise<boolean>;
  /** SIGKILL to its whole group; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts a process. Throws PlatformError when the program can't be run. */
export async function startChild(options: ChildOptions): Promise<Child> {
  const log = openLog(options.logFile);
  let spawned: ChildProcess;
  try {
    spawned = spawn(options.command, options.args, {
      cwd: options.cwd,
      env: options.env as NodeJS.ProcessEnv,
      stdio: ['ignore', log, log],
      detached: true,
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      ...(options.gid === undefined ? {} : { gid: options.gid }),
    });
  } finally {
    closeSync(log);
  }
  let ended = false;
  const exited = new Promise<string>((resolve) => {
    spawned.once('exit', (code, signal) => {
      ended = true;
      resolve(signal === null ? `ended with status ${code}` : `was ended by ${signal}`);
    });
  });
  try {
    await once(spawned, 'spawn');
  } catch (error) {
    throw new PlatformError(`${options.command} can't be run: ${(error as Error).message}`);
  }

  const pid = spawned.pid as number;
  const identity = identify(pid) ?? { pid, startedAt: 'ended at once' };
  return {
    identity,
    exited,
    hasExited: () => ended,
    stop: () =>
      endProcess(identity, {
        signal: options.stopSignal ?? 'SIGTERM',
        timeoutMs: options.stopTimeoutMs ?? 15_000,
      }),
    kill: async () => {
      if (signalProcess(identity, 'SIGKILL', 'group')) await exited;
    },
  };
}

/** The last lines of a log, for an error message; empty when there is none. */
export function lastLines(logFile: string, count = 8): string {
  if (!existsSync(logFile)) return '';
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  } catch {
    return '';
  }
}

/** A child runs without its log where that can't be opened: on a disk that can only be read, for example. */
function openLog(file: string): number {
  try {
    rotate(file);
  } catch {
    // It goes on in the old one.
  }
  try {
    return openSync(file, 'a', 0o600);
  } catch {
    return openSync('/dev/null', 'a');
  }
}

function rotate(logFile: string): void {
  if (existsSync(logFile) && statSync(logFile).size > LARGEST_LOG_BYTES) renameSync(logFile, `${logFile}.1`);
}
