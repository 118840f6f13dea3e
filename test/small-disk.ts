import { execFileSync } from 'node:child_process';
import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { detachMounts } from '#platform/detach-mounts.ts';

/** A file system of its own on a loop device. Needs root. */
export interface SmallDisk {
  folder: string;
  /** Takes all the space that is left. */
  fill(): void;
  /** Gives it back. */
  free(): void;
  /** As the kernel does it after a fault of the disk: what is open stays open and can't be written. There is no way back. */
  turnReadOnly(): void;
  discard(): void;
}

/** @param size as `truncate` takes it, such as `20M` */
export function smallDisk(size: string): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'small-disk-'));
  const image = `${folder}.img`;
  execFileSync('truncate', ['-s', size, image]);
  execFileSync('mkfs.ext4', ['-q', '-m', '0', image]);
  execFileSync('mount', ['-o', 'loop', image, folder]);
  const ballast = join(folder, 'ballast');
  return {
    folder,
    fill() {
      const fd = openSync(ballast, 'a');
      // Big pieces, then small ones into what is left.
      for (const bytes of [1 << 20, 1 << 12, 1]) while (writes(fd, bytes));
      closeSync(fd);
    },
    free: () => rmSync(ballast, { force: true }),
    turnReadOnly: () => void execFileSync('mount', ['-o', 'remount,abort', folder], { stdio: 'ignore' }),
    discard() {
      detachMounts(folder);
      execFileSync('umount', ['--lazy', folder]);
      rmSync(folder, { recursive: true, force: true });
      rmSync(image);
    },
  };
}

function writes(fd: number, bytes: number): boolean {
  try {
    return writeSync(fd, Buffer.alloc(bytes)) === bytes && fstatSync(fd).size > 0;
  } catch {
    return false;
  }
}
