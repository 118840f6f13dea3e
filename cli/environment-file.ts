import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

const FILE = '.env';

/**
 * Takes over what `.env` in the checkout has and the environment has not.
 *
 * @returns the names that came from the file
 */
export function loadEnvironmentFile(): ReadonlySet<string> {
  if (!existsSync(FILE)) return new Set();
  const names = Object.keys(parseEnv(readFileSync(FILE, 'utf8'))).filter((name) => process.env[name] === undefined);
  process.loadEnvFile(FILE);
  return new Set(names);
}
