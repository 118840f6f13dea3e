import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

/** Another apt-get may be at work, as on a machine that has just come up. */
const WAIT_FOR_LOCK = ['-o', 'DPkg::Lock::Timeout=120'];
/** Of a file that somebody has changed: it stays. */
const NO_QUESTIONS = ['-o', 'Dpkg::Options::=--force-confdef', '-o', 'Dpkg::Options::=--force-confold'];
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
  env: NodeJS.ProcessEnv,
  pausesMs: readonly number[] = PAUSES_MS,
): Promise<void> {
  let refused = await tryToInstall(packages, env);
  for (const pauseMs of pausesMs) {
    // A lock has been waited for already.
    if (refused === null || /Could not get lock/i.test(refused)) break;
    if (refused.includes('dpkg --configure -a'))
      await refusalOf('dpkg', ['--force-confdef', '--force-confold', '--configure', '-a'], env);
    await delay(pauseMs);
    refused = await tryToInstall(packages, env);
  }
  if (refused !== null) throw new Error(refused);
}

async function tryToInstall(packages: readonly string[], env: NodeJS.ProcessEnv): Promise<string | null> {
  // An index that does not come now may not be needed.
  const stale = await refusalOf('apt-get', [...WAIT_FOR_LOCK, 'update', '-q'], env);
  const how = ['install', '-y', '-q', '--no-install-recommends', ...NO_QUESTIONS];
  const refused = await refusalOf('apt-get', [...WAIT_FOR_LOCK, ...how, ...packages], env);
  return refused && [stale, refused].filter((each) => each !== null).join(' ');
}

/** The last of what a program said when it failed, or `null`. */
async function refusalOf(program: string, args: string[], env: NodeJS.ProcessEnv): Promise<string | null> {
  const options = { env: { ...env, DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 64 << 20 };
  const running = run(program, args, options);
  running.child.stdin?.end();
  return running.then(
    () => null,
    (error: Error & { stderr?: string }) => (error.stderr?.trim() || error.message).split('\n').slice(-3).join(' '),
  );
}
