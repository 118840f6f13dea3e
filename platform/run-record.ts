import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { endProcess, isAlive, type ProcessIdentity } from './process-identity.ts';
import { writePrivately } from './write-privately.ts';

const RETRY_MS = 1_000;
const identitySchema = z.object({ pid: z.number(), startedAt: z.string() });
const runRecordSchema = z.object({
  supervisor: identitySchema,
  /** The control endpoint, for the same user's other processes. */
  control: z.object({ url: z.string(), token: z.string() }),
  parts: z.record(z.string(), identitySchema),
  env: z.record(z.string(), z.string()),
  /** When all parts were there; absent while they start. */
  upSince: z.string().optional(),
});

/** Who runs a state folder: written at every change, removed at the end. */
export type RunRecord = z.infer<typeof runRecordSchema>;

/** The record of a state folder, or null when there is none that can be read. */
export function readRunRecord(stateDir: string): RunRecord | null {
  const path = runRecordPath(stateDir);
  if (!existsSync(path)) return null;
  try {
    return runRecordSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return null;
  }
}

export interface RecordKeeper {
  /** Writes the record; where the disk does not take it, again every second until it does. */
  keep(record: RunRecord): void;
  /** At the end. */
  remove(): void;
}

/**
 * Keeps the record of a supervisor. A disk that is full or can only be read holds it up in nothing else: what the file says of the
 * supervisor stays right, and who asks it gets the rest from itself.
 *
 * @param say is told once when the record can't be written, and once when it can again
 */
export function createRecordKeeper(stateDir: string, say: (sentence: string) => void): RecordKeeper {
  const path = runRecordPath(stateDir);
  let retry: NodeJS.Timeout | undefined;
  let isBehind = false;

  function keep(record: RunRecord): void {
    clearTimeout(retry);
    try {
      writePrivately(path, JSON.stringify(record, null, 2));
      if (isBehind) say(`${path} is written again.`);
      isBehind = false;
    } catch (error) {
      if (!isBehind) say(`${path} can not be written, and is tried again: ${(error as Error).message}`);
      isBehind = true;
      retry = setTimeout(() => keep(record), RETRY_MS);
      retry.unref();
    }
  }

  return {
    keep,
    remove() {
      clearTimeout(retry);
      try {
        rmSync(path, { force: true });
      } catch {
        // It names processes that have ended: nobody takes them for others.
      }
    },
  };
}

export function runRecordPath(stateDir: string): string {
  return join(stateDir, 'run.json');
}

/**
 * Ends what a supervisor that died left running: exactly the processes that it wrote down, never others.
 *
 * @returns the names of the parts that were ended
 */
export async function endOrphans(record: RunRecord): Promise<string[]> {
  const orphans = Object.entries(record.parts).filter(([, identity]) => isAlive(identity)) as [
    string,
    ProcessIdentity,
  ][];
  // Clients before servers, so that each can still say its farewell.
  const dependents = orphans.filter(([name]) => name !== 'postgres' && name !== 'temporal' && name !== 'docker');
  const servers = ['temporal', 'postgres', 'docker'].flatMap((part) => orphans.filter(([name]) => name === part));
  await Promise.all(dependents.map(([, identity]) => endProcess(identity)));
  for (const [name, identity] of servers)
    await endProcess(identity, { signal: name === 'postgres' ? 'SIGINT' : 'SIGTERM', timeoutMs: 20_000 });
  return orphans.map(([name]) => name);
}
