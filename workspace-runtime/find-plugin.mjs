import { lstat, readdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** A plugin's name: also a file name, so nothing that could leave the folder. */
const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;

/**
 * Finds `<name>.mjs` or `<name>/index.mjs`; the first folder that has it wins, so a customer's plugin replaces a
 * built-in one of its name. Links that lead out of the folder are not followed.
 *
 * @returns the file's path, or `null`
 */
export async function findPlugin(dirs, name) {
  if (!NAME.test(name)) return null;
  for (const dir of dirs) {
    for (const candidate of [join(dir, `${name}.mjs`), join(dir, name, 'index.mjs')]) {
      const [root, file] = await Promise.all([realpath(dir).catch(() => null), realpath(candidate).catch(() => null)]);
      if (root && file?.startsWith(root + sep) && (await lstat(file)).isFile()) return file;
    }
  }
  return null;
}

/** Names of all plugins there are, sorted. */
export async function listPlugins(dirs) {
  const entries = (await Promise.all(dirs.map((dir) => readdir(dir).catch(() => [])))).flat();
  const names = new Set(entries.map((entry) => entry.replace(/\.mjs$/, '')).filter((name) => NAME.test(name)));
  const found = await Promise.all([...names].map(async (name) => ((await findPlugin(dirs, name)) ? name : null)));
  return found.filter((name) => name !== null).sort();
}
