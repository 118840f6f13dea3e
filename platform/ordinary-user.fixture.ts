import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.ts';

/** `nobody` */
const USER = '65534';

export interface OrdinaryUser {
  /** Programs to put before the command. */
  through: readonly string[];
  /** Where the checkout is for them. */
  root: string;
}

/**
 * How a program is run by a user without rights: by `nobody` where the tests run as root, else by whoever runs them. For `nobody` the checkout
 * is bound into `folder`, as it may be in a home that others can't enter.
 *
 * @param folder that everybody can enter
 */
export function ordinaryUser(folder: string): OrdinaryUser {
  if (process.getuid?.() !== 0) return { through: [], root: ROOT };
  const root = join(folder, 'checkout');
  mkdirSync(root);
  const become = `exec setpriv --reuid ${USER} --regid ${USER} --clear-groups "$@"`;
  const script = `mount --bind "$0" "$1" && cd "$1" && shift && ${become}`;
  return { root, through: ['unshare', '--mount', 'sh', '-c', script, ROOT, root] };
}
