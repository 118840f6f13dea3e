import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

/** Another apt-get may be at work, as on a machine that has just come up. */
const WAIT_FOR_LOCK = ['-o', 'DPkg::Lock::Timeout=120'];
const PAUSES_MS = [1_000, 5_000];

const run = promisify(execFile);

/**
 * Installs Debian packages, as root and without questions. Three tries, as a mirror may hiccup; an installation that was cut off half-way
 * is brought to its end in between.
 *
 * @param pausesMs between the tries
 * @throws Error with what apt-get said at last
 */
export async function installWithApt(
  packages: readonly string[],
  given: NodeJS.ProcessEnv,
  pausesMs: readonly number[] = PAUSES_MS,
): Promise<void> {
  const options = { env: { ...given, DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 64 << 20 };
  const tryIt = async (): Promise<string | null> => {
    // An index that does not come now may not be needed.
    await run('apt-get', [...WAIT_FOR_LOCK, 'update', '-q'], options).catch(() => undefined);
    return run(
      'apt-get',
      [...WAIT_FOR_LOCK, 'install', '-y', '-q', '--no-install-recommends', ...packages],
      options,
    ).then(
      () => null,
      (error: Error & { stderr?: string }) => error.stderr?.trim() || error.message,
    );
  };
  let refused = await tryIt();
  for (const pauseMs of pausesMs) {
    if (refused === null) return;
    if (refused.includes('dpkg --configure -a'))
      await run('dpkg', ['--configure', '-a'], options).catch(() => undefined);
    await delay(pauseMs);
    refused = await tryIt();
  }
  if (refused !== null) throw new Error(refused.split('\n').slice(-3).join(' '));
}
