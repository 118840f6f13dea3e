import { attachPlatform } from '#platform/attach.ts';
import { PlatformError } from '#platform/platform-error.ts';
import { stateFolder } from './state-folder.ts';

/**
 * The environment of the product's processes: of the platform that runs here, else our own settings.
 *
 * @param needed settings that must be there
 * @throws PlatformError naming what is missing
 */
export async function runningProduct<Name extends string>(
  needed: readonly Name[],
): Promise<Record<string, string | undefined> & Record<Name, string>> {
  const platform = await attachPlatform(stateFolder(process.env));
  const env: Record<string, string | undefined> = platform?.env ?? process.env;
  const missing = needed.filter((name) => !env[name]);
  if (missing.length > 0)
    throw new PlatformError(`Nothing runs here. Start it with \`npm start\`, or set ${missing.join(', ')}.`);
  return env as Record<string, string | undefined> & Record<Name, string>;
}
