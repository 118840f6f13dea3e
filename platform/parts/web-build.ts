import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines } from '../child.ts';
import type { PartContext } from '../part.ts';
import { PlatformError } from '../platform-error.ts';

/** Builds the web UI when there is no build or a source is newer than it. */
export async function ensureWebBuild({ root, logFile, progress, spawn }: PartContext): Promise<void> {
  const builtAt = modifiedAt(join(root, 'web/build/server/index.js'));
  const newestSource = Math.max(newestIn(join(root, 'web'), ['build']), modifiedAt(join(root, 'package-lock.json')));
  if (builtAt > newestSource) return;

  progress('building, about 20 seconds');
  const child = await spawn({
    command: process.execPath,
    args: [join(root, 'node_modules/@remix-run/dev/dist/cli.js'), 'vite:build', '--config', 'web/vite.config.ts'],
    cwd: root,
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const end = await child.exited;
  if (end !== 'ended with status 0') throw new PlatformError(`The web UI can't be built:\n${lastLines(logFile, 20)}`);
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
