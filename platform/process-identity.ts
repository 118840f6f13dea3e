import { readFileSync } from 'node:fs';
import { poll } from './poll.ts';

/**
 * A process that can't be mistaken for a later one with the same pid: `startedAt` is the boot's id and the start in
 * clock ticks since that boot, as the kernel tells them.
 */
export interface ProcessIdentity {
  pid: number;
  startedAt: string;
}

/** The identity of a process that lives now, or null when none has this pid. Zombies count as gone. */
export function identify(pid: number): ProcessIdentity | null {
  try {
    const startedAt = parseStart(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    if (startedAt === null) return null;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return { pid, startedAt: `${boot}/${startedAt}` };
  } catch {
    return null;
  }
}

/** Whether exactly this process still lives. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startedAt === identity.startedAt;
}

/**
 * Sends a signal to a process, or to its whole group when it leads one, if it is still the one that was meant.
 *
 * @returns whether there was such a process
 */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals, to: 'process' | 'group'): boolean {
  if (!isAlive(identity)) return false;
  for (const pid of to === 'group' ? [-identity.pid, identity.pid] : [identity.pid]) {
    try {
      process.kill(pid, signal);
      return true;
    } catch {
      // No such group (ESRCH), or the process ended just now.
    }
  }
  return false;
}

/**
 * Ends a process: asks with `signal`, and kills its group when it lives on after `timeoutMs`.
 *
 * @returns whether it had to be killed
 */
export async function endProcess(
  identity: ProcessIdentity,
  { signal = 'SIGTERM', timeoutMs = 10_000 }: { signal?: NodeJS.Signals; timeoutMs?: number } = {},
): Promise<boolean> {
  signalProcess(identity, signal, 'process');
  const gone = () => !isAlive(identity);
  if (await poll(gone, { timeoutMs })) return false;
  signalProcess(identity, 'SIGKILL', 'group');
  await poll(gone, { timeoutMs: 5_000 });
  return true;
}

/** Field 22 of `/proc/PID/stat`; the second field, a name in brackets, may itself hold spaces and brackets. */
export function parseStart(stat: string): string | null {
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const startTicks = rest[18];
  return state === 'Z' || state === 'X' || startTicks === undefined ? null : startTicks;
}
