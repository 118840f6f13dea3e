import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { attachPlatform } from '#platform/attach.ts';
import { lastLines } from '#platform/child.ts';
import { PlatformError } from '#platform/platform-error.ts';
import { poll } from '#platform/poll.ts';
import { ROOT } from '#platform/root.ts';
import { readRunRecord } from '#platform/run-record.ts';
import { explainSystemError } from '#platform/system-error.ts';
import type { ProgressLines } from './progress-lines.ts';

/** Lines of the supervisor's own log that tell why it ended. */
const TOLD_LINES = 20;

/** The log of a supervisor that runs without a terminal. */
export function supervisorLog(stateDir: string): string {
  return join(stateDir, 'logs', 'supervisor.log');
}

/**
 * Starts a supervisor that outlives this process and its terminal, and follows it until all parts are there.
 *
 * @param args of `leasehold up`
 * @throws PlatformError with the end of its log when it ends before that
 */
export async function startDetached(stateDir: string, args: readonly string[], lines: ProgressLines): Promise<void> {
  const supervisor = spawnSupervisor(stateDir, args);
  supervisor.unref();
  let hasEnded = false;
  supervisor.once('exit', () => {
    hasEnded = true;
  });
  const isUp = async () => {
    const record = readRunRecord(stateDir);
    if (record?.supervisor.pid !== supervisor.pid) return false;
    for (const part of (await (await attachPlatform(stateDir))?.parts()) ?? []) lines.part(part);
    return record?.upSince !== undefined;
  };
  await poll(async () => hasEnded || (await isUp()), { timeoutMs: Number.POSITIVE_INFINITY, everyMs: 200 });
  if (hasEnded) throw new PlatformError(lastLines(supervisorLog(stateDir), TOLD_LINES));
}

function spawnSupervisor(stateDir: string, args: readonly string[]): ChildProcess {
  try {
    mkdirSync(join(stateDir, 'logs'), { recursive: true, mode: 0o711 });
    // Appended to, so that it can begin again when it has grown large.
    rmSync(supervisorLog(stateDir), { force: true });
    const log = openSync(supervisorLog(stateDir), 'a', 0o600);
    try {
      return spawn(join(ROOT, 'bin/leasehold'), ['up', ...args], {
        cwd: ROOT,
        env: process.env,
        stdio: ['ignore', log, log],
        detached: true,
      });
    } finally {
      closeSync(log);
    }
  } catch (error) {
    throw explainSystemError(error);
  }
}
