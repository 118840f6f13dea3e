import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const FILE = 'checksums.json';

/** Writes down the SHA-256 of files beside them, so that one that is damaged later is noticed. */
export async function keepChecksums(folder: string, files: readonly string[]): Promise<void> {
  const entries = await Promise.all(files.map(async (file) => [file, await sha256(join(folder, file))]));
  await writeFile(join(folder, FILE), JSON.stringify(Object.fromEntries(entries), null, 2));
}

/**
 * Files that are missing, or not what they were when `keepChecksums` wrote them down. Without a record, as builds of
 * earlier versions have none, a file that is there is taken as it is.
 */
export async function damagedFiles(folder: string, files: readonly string[]): Promise<string[]> {
  const kept = readChecksums(join(folder, FILE));
  const checks = await Promise.all(
    files.map(async (file) => {
      if (!existsSync(join(folder, file))) return [file];
      return kept === null || kept[file] === (await sha256(join(folder, file))) ? [] : [file];
    }),
  );
  return checks.flat();
}

function readChecksums(path: string): Record<string, string> | null {
  if (!existsSync(path)) return null;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
  } catch {
    return {};
  }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}
