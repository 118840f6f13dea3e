import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const BUILD = join(ROOT, 'workflows/build');
/** Folders whose code runs inside workflows. */
const SOURCES = [
  'workflows',
  'domain',
  'activities/contracts.ts',
  'activities/reconciliation/contracts.ts',
  'package-lock.json',
];

/**
 * The workflows as one script. Bundling takes seconds, so the result is kept under a name made from its sources.
 *
 * @returns path of the script
 */
export async function workflowBundle(): Promise<string> {
  const file = join(BUILD, `${await fingerprint()}.js`);
  try {
    await access(file);
    return file;
  } catch {
    const { code } = await bundleWorkflowCode({ workflowsPath: join(ROOT, 'workflows/index.ts') });
    await mkdir(BUILD, { recursive: true });
    const draft = `${file}.${process.pid}`;
    await writeFile(draft, code);
    await rename(draft, file);
    return file;
  }
}

async function fingerprint(): Promise<string> {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    for (const file of await filesOf(join(ROOT, source))) hash.update(file).update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 16);
}

async function filesOf(path: string): Promise<string[]> {
  if ((await stat(path)).isFile()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.includes('.test.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
