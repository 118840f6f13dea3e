import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Takes away what is mounted below a folder: an engine that was killed leaves its containers' file systems mounted. */
export function detachMounts(folder: string): void {
  const paths = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap((line) => line.split(' ')[4] ?? [])
    .filter((path) => path.startsWith(`${folder}/`));
  for (const path of paths.reverse()) spawnSync('umount', ['--lazy', path]);
}
