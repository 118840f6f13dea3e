import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { installWithApt } from './apt.ts';
import { PlatformError } from './platform-error.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Path of a Chromium: the setting `LEASEHOLD_CHROMIUM`, else the first on the PATH; null when there is none. */
export function findChromium(env: NodeJS.ProcessEnv): string | null {
  if (env.LEASEHOLD_CHROMIUM) return env.LEASEHOLD_CHROMIUM;
  const folders = (env.PATH ?? '').split(delimiter);
  const candidates = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return candidates.find(isExecutable) ?? null;
}

/**
 * A Chromium for the tests in a browser. As root on Debian it is installed when there is none, which `say` announces.
 *
 * @throws PlatformError when there is none and it can't be installed
 */
export async function ensureChromium(env: NodeJS.ProcessEnv, say: (sentence: string) => void): Promise<string> {
  const found = findChromium(env);
  if (found) return found;
  const waysOut = 'Install chromium, or set LEASEHOLD_CHROMIUM to its path.';
  if (env.LEASEHOLD_NO_INSTALL === '1')
    throw new PlatformError(
      `There is no Chromium for the tests in a browser, and LEASEHOLD_NO_INSTALL=1 forbids to install it. ${waysOut}`,
    );
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version'))
    throw new PlatformError(`There is no Chromium for the tests in a browser. ${waysOut}`);

  say("Installing Debian's chromium with apt-get, once; about a minute.");
  await installWithApt(['chromium'], env).catch(({ message }: Error) => {
    throw new PlatformError(`Chromium could not be installed with apt-get (${message}). ${waysOut}`);
  });
  const installed = findChromium(env);
  if (!installed) throw new PlatformError(`Debian's chromium is installed but not on the PATH. ${waysOut}`);
  return installed;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
