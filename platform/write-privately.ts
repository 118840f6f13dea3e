import { renameSync, writeFileSync } from 'node:fs';

/** Writes a file whole or not at all, readable by its owner only. */
export function writePrivately(path: string, content: string): void {
  const partial = `${path}.${process.pid}.partial`;
  writeFileSync(partial, content, { mode: 0o600 });
  renameSync(partial, path);
}
