import { copyFileSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

/** A log is moved aside beyond this; the one before it is gone then. */
export const LARGEST_LOG_BYTES = 20 * 1024 * 1024;
const EVERY_MS = 5_000;

/**
 * Keeps each log of a state folder below 20 MB while the process that writes it runs: what it has so far is copied to `.log.1`, in
 * place of what is there, and it begins again. On a full disk it begins again without a copy. A line that is written in between is lost.
 *
 * @returns ends it
 */
export function boundLogs(folder: string, { largestBytes = LARGEST_LOG_BYTES, everyMs = EVERY_MS } = {}): () => void {
  const timer = setInterval(() => {
    try {
      for (const name of readdirSync(folder)) if (name.endsWith('.log')) bound(join(folder, name), largestBytes);
    } catch {
      // The folder can't be read now.
    }
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** Those who write have it open for appending, so each goes on at its new end. */
function bound(file: string, largestBytes: number): void {
  if (statSync(file).size <= largestBytes) return;
  try {
    copyFileSync(file, `${file}.1`);
  } catch {
    rmSync(`${file}.1`, { force: true });
  }
  truncateSync(file);
}
