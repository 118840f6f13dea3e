import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface InstalledPackage {
  /** Folder below the project's root, such as `node_modules/pm2/node_modules/semver`. */
  path: string;
  version: string;
}

interface Manifest {
  version?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

/**
 * A package and all that it needs at run time, as installed below `root`: dependencies are looked up as Node does it,
 * from the package's own `node_modules` upwards. Optional ones count where they are installed. Sorted by path.
 * Throws when a dependency that is not optional is missing.
 */
export function packageClosure(root: string, name: string): InstalledPackage[] {
  const found = new Map<string, InstalledPackage>();

  function visit(path: string): void {
    if (found.has(path)) return;
    const manifest: Manifest = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'));
    found.set(path, { path, version: manifest.version ?? '' });
    for (const dependency of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
      const installed = lookUp(root, path, dependency);
      if (installed) visit(installed);
      else if (!manifest.optionalDependencies?.[dependency]) {
        throw new Error(`${path} needs ${dependency}, which is not installed: run npm ci.`);
      }
    }
  }

  const start = lookUp(root, '', name);
  if (!start) throw new Error(`${name} is not installed: run npm ci.`);
  visit(start);
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function lookUp(root: string, from: string, name: string): string | null {
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf('node_modules') - 1))) {
    const candidate = join(base, 'node_modules', name);
    if (existsSync(join(root, candidate, 'package.json'))) return candidate;
    if (base === '') return null;
  }
}
