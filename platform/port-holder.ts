import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const LISTENING = '0A';

/**
 * Who listens on a port of this machine, as a phrase for people: its name, pid and command. A process of another user can't
 * be seen without root, and then the phrase says so.
 */
export function portHolder(port: number): string {
  const inodes = socketsOn(port);
  if (inodes.size === 0) return 'a program that could not be found';
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (holdsOneOf(pid, inodes)) return describe(pid);
  }
  return 'a program of another user';
}

/** Inodes of the sockets that listen on a port: columns 2 (local address), 4 (state) and 10 of `/proc/net/tcp`. */
function socketsOn(port: number): Set<string> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => readOr(table, '').split('\n').slice(1));
  return new Set(
    rows
      .map((row) => row.trim().split(/\s+/))
      .filter(([, local = '', , state]) => state === LISTENING && local.endsWith(wanted))
      .flatMap((columns) => columns[9] ?? []),
  );
}

function holdsOneOf(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(linkOr(`/proc/${pid}/fd/${fd}`, '')) ?? [];
      return inode !== undefined && inodes.has(inode);
    });
  } catch {
    // Another user's process, or one that ended just now.
    return false;
  }
}

function describe(pid: string): string {
  const command = readOr(`/proc/${pid}/cmdline`, '').split('\0').filter(Boolean);
  const folder = linkOr(`/proc/${pid}/cwd`, '');
  // Its folder is said beside it; a long one would take the room of the name.
  const shown = command.join(' ').replaceAll(`${folder}/`, '');
  return `pid ${pid}: ${shown.length > 80 ? `${shown.slice(0, 79)}…` : shown || readOr(`/proc/${pid}/comm`, '').trim()}${folder && folder !== '/' ? `, in ${folder}` : ''}`;
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}

function linkOr(path: string, otherwise: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return otherwise;
  }
}
