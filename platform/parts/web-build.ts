import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines } from '../child.ts';
import { waitForLockFile } from '../lock-file.ts';
import type { PartContext } from '../part.ts';
import { PlatformError } from '../platform-error.ts';

/** Written when a build is whole: one that was cut off half-way has none, or an older one. */
const FINISHED = 'web/build/finished';

/**
 * Builds the web UI when there is no finished build or a source is newer than it. Two starts in one checkout wait for each
 * other.
 */
export async function ensureWebBuild(context: PartContext): Promise<void> {
  const { root, progress, signal } = context;
  if (isBuilt(root)) return;
  mkdirSync(join(root, 'web/build'), { recursive: true });
  const onWaiting = () => progress('waiting for another build of the web UI');
  const unlock = await waitForLockFile(join(root, 'web/build.lock'), { onWaiting, signal });
  try {
    if (!isBuilt(root)) await build(context);
  } finally {
    unlock();
  }
}

function isBuilt(root: string): boolean {
  const builtAt = modifiedAt(join(root, FINISHED));
  const sources = [newestIn(join(root, 'web'), ['build', 'build.lock']), modifiedAt(join(root, 'package-lock.json'))];
  return builtAt > Math.max(...sources);
}

async function build({ root, logFile, progress, spawn }: PartContext): Promise<void> {
  progress('building, about 20 seconds');
  const child = await spawn({
    command: process.execPath,
    args: [join(root, 'node_modules/@remix-run/dev/dist/cli.js'), 'vite:build', '--config', 'web/vite.config.ts'],
    cwd: root,
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const end = await child.exited;
  if (end !== 'ended with status 0') throw new PlatformError(`The web UI can't be built:\n${lastLines(logFile, 20)}`);
  writeFileSync(join(root, FINISHED), '');
}

/** When the newest file under `folder` changed, in milliseconds since the epoch. */
export function newestIn(folder: string, except: readonly string[] = []): number {
  const times = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !except.includes(entry.name))
    .map((entry) => (entry.isDirectory() ? newestIn(join(folder, entry.name)) : modifiedAt(join(folder, entry.name))));
  return Math.max(0, ...times);
}

/** When a file changed, in milliseconds since the epoch; 0 when there is none. */
function modifiedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
