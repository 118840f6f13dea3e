import { randomUUID } from 'node:crypto';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { PlatformError } from './platform-error.ts';
import { ROOT } from './root.ts';

/** The processes that are ours, with the file that each begins with. */
export const PROGRAMS = {
  api: 'api/main.ts',
  'provide-workspace-image': 'platform/provide-workspace-image.ts',
  'set-up': 'platform/set-up.ts',
  simulator: 'stripe-simulator/main.ts',
  web: 'web/server.ts',
  worker: 'worker/main.ts',
} as const;
export type ProgramName = keyof typeof PROGRAMS;

/** What the bundler says of a disk that takes nothing. */
const NOT_WRITABLE = /no space left|disk quota|read-only file system|input\/output error|ENOSPC|EDQUOT|EROFS|EIO/i;

/**
 * Makes one script of a program's sources, `build/<name>.mjs`; packages stay where they are installed. It takes a fraction of a
 * second and a process that runs it is there in half the time, so it is made anew at each start: it is never older than its sources. Where the disk is full or
 * can only be read, the script of an earlier start is taken.
 *
 * @returns arguments for `node` that run it with errors that name the sources
 * @throws PlatformError when a source can't be read or understood
 */
export async function buildProgram(name: ProgramName): Promise<string[]> {
  const script = join(ROOT, 'build', `${name}.mjs`);
  // Several may be making it at once; each puts a whole one in its place.
  const draft = join(ROOT, 'build', `.${name}-${randomUUID()}.mjs`);
  try {
    await build({
      absWorkingDir: ROOT,
      entryPoints: [PROGRAMS[name]],
      outfile: draft,
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      target: 'node20',
      sourcemap: 'inline',
      sourcesContent: false,
      logLevel: 'silent',
    });
    renameSync(draft, script);
  } catch (error) {
    try {
      rmSync(draft, { force: true });
    } catch {
      // A file system that can only be read.
    }
    if (NOT_WRITABLE.test((error as Error).message) && existsSync(script)) return ['--enable-source-maps', script];
    throw new PlatformError(`${PROGRAMS[name]} can't be made into build/${name}.mjs: ${(error as Error).message}`);
  }
  return ['--enable-source-maps', script];
}
