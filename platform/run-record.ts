import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { endProcess, isAlive, type ProcessIdentity } from './process-identity.ts';
import { writePrivately } from './write-privately.ts';

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

export function writeRunRecord(stateDir: string, record: RunRecord): void {
  writePrivately(runRecordPath(stateDir), JSON.stringify(record, null, 2));
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
