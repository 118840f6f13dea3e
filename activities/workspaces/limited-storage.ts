import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, rename, rm, rmdir, stat, statfs, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createLatestWins } from './latest-wins.ts';

const run = promisify(execFile);
const MEBIBYTE = 1024 ** 2;
/** The image's user. */
const USER_ID = 10_001;
/** What ext4 takes for itself: its journal, its inodes, and a little. */
const JOURNAL_MB = 16;
const OVERHEAD = { factor: 1.08, mb: JOURNAL_MB + 8 };
/** A file system is not made smaller than what is in it and this much room. */
const SHRINK_ROOM = 1.1;
/** A container that starts elsewhere on the machine holds a copy of all mounts for a moment. */
const RELEASED_WITHIN_MS = 30_000;
const FOLDERS = ['/usr/sbin', '/sbin', '/usr/bin', '/bin'];
const PROGRAMS = ['mkfs.ext4', 'e2fsck', 'resize2fs', 'losetup', 'mount', 'umount'];

/** What a volume has at least room for, and what is in it, in MB. */
export interface StorageInForce {
  limitMb: number;
  usedMb: number;
}

/**
 * Storage with a limit that the kernel keeps: for each volume a file with an ext4 file system of its own, mounted below a
 * folder on the engine's machine. The file is sparse, so that it takes what is in it. Disk full is then the workspace's own.
 */
export interface LimitedStorage {
  /** Makes a file system for a volume, where there is none, and answers the driver options of its Docker volume. */
  make(name: string, storageMb: number): Promise<Record<string, string>>;
  /** Whether the volume of that name is made so. */
  has(name: string): boolean;
  /**
   * Mounts it, where the machine was restarted, and gives it its size: while it is in use it grows, where the kernel lets
   * this process do that (CAP_SYS_RESOURCE); when `isIdle` it grows, and shrinks where what is in it leaves room. Else it
   * stays as it is. Answers what is in force.
   */
  prepare(name: string, storageMb: number, isIdle: boolean): Promise<StorageInForce>;
  measure(name: string): Promise<StorageInForce>;
  remove(name: string): Promise<void>;
}

/** Why this host can't limit storage, for operators, or `null`. Whether the engine sees what is mounted here is not asked. */
export function whyNotLimited(dockerHost: string, folder: string | undefined): string | null {
  if (!folder) return 'LEASEHOLD_STORAGE_DIR is not set.';
  if (!dockerHost.startsWith('unix://')) return 'The engine is on another machine than its worker.';
  if (process.getuid?.() !== 0) return 'Only root may mount: run the worker as root.';
  const missing = PROGRAMS.filter((name) => !existsSync(program(name)));
  return missing.length > 0 ? `Programs are missing: ${missing.join(', ')}.` : null;
}

/** @param folder holds the files and their mounts; as lasting as the engine's own data */
export function createLimitedStorage(folder: string): LimitedStorage {
  const lanes = createLatestWins();
  const imageOf = (name: string) => join(folder, `${name}.ext4`);
  const mountOf = (name: string) => join(folder, name);
  /** A folder inside, so that a container can't start on the bare mount point and lose what it writes. */
  const dataOf = (name: string) => join(folder, name, 'data');
  const alone = <T>(name: string, work: () => Promise<T>) => lanes.run(name, 0, work);

  return {
    make: (name, storageMb) =>
      alone(name, async () => {
        await mkdir(folder, { recursive: true, mode: 0o711 });
        if (!existsSync(imageOf(name))) {
          const unfinished = `${imageOf(name)}.new`;
          await writeFile(unfinished, '', { mode: 0o600 });
          await truncate(unfinished, imageBytes(storageMb));
          const options = [
            '-q',
            '-F',
            '-m',
            '0',
            '-J',
            `size=${JOURNAL_MB}`,
            '-E',
            'lazy_itable_init=1,lazy_journal_init=1',
          ];
          await run(program('mkfs.ext4'), [...options, unfinished]);
          await rename(unfinished, imageOf(name));
        }
        await mounted(name);
        return { type: 'none', o: 'bind', device: dataOf(name) };
      }),

    has: (name) => existsSync(imageOf(name)),

    prepare: (name, storageMb, isIdle) =>
      alone(name, async () => {
        const bytes = imageBytes(storageMb);
        const { size } = await stat(imageOf(name));
        const { usedMb } = await mounted(name);
        const fits = bytes > size || usedMb * SHRINK_ROOM < storageMb;
        if (bytes !== size && isIdle && fits) await resizeIdle(name, bytes);
        else if (bytes > size) await growInUse(name, bytes);
        return mounted(name);
      }),

    measure: (name) => alone(name, () => mounted(name)),

    remove: (name) =>
      alone(name, async () => {
        if (await loopOf(name)) await run(program('umount'), [mountOf(name)]);
        if (existsSync(imageOf(name))) await released(imageOf(name));
        await rm(imageOf(name), { force: true });
        await rm(`${imageOf(name)}.new`, { force: true });
        // Only the bare mount point: never what is still mounted.
        if (existsSync(mountOf(name))) await rmdir(mountOf(name));
      }),
  };

  async function mounted(name: string): Promise<StorageInForce> {
    const at = mountOf(name);
    if (!(await loopOf(name))) {
      await mkdir(at, { recursive: true, mode: 0o711 });
      await mount(imageOf(name), at);
    }
    if (!existsSync(dataOf(name))) {
      await mkdir(dataOf(name), { mode: 0o755 });
      await chown(dataOf(name), USER_ID, USER_ID);
    }
    const [{ blocks, bfree, bsize }, { size }] = await Promise.all([statfs(at), stat(imageOf(name))]);
    return { limitMb: storageMbOf(size), usedMb: Math.round(((blocks - bfree) * bsize) / MEBIBYTE) };
  }

  async function growInUse(name: string, bytes: number): Promise<void> {
    const loop = await loopOf(name);
    if (!loop) throw new Error(`${mountOf(name)} is not mounted any more.`);
    const { size } = await stat(imageOf(name));
    await truncate(imageOf(name), bytes);
    try {
      await run(program('losetup'), ['--set-capacity', loop]);
      await run(program('resize2fs'), [loop]);
    } catch (error) {
      // The file goes back too: its size says what it has yet to grow to.
      await truncate(imageOf(name), size);
      await run(program('losetup'), ['--set-capacity', loop]);
      if (!/Permission denied|not permitted/i.test(String(error))) throw error;
    }
  }

  async function resizeIdle(name: string, bytes: number): Promise<void> {
    await run(program('umount'), [mountOf(name)]);
    await released(imageOf(name));
    await check(imageOf(name), '-fp');
    const { size } = await stat(imageOf(name));
    if (bytes > size) await truncate(imageOf(name), bytes);
    // Refuses a size that would not hold what is in it.
    await run(program('resize2fs'), [imageOf(name), `${Math.floor(bytes / 1024)}K`]);
    await truncate(imageOf(name), bytes);
  }

  /** The loop device of a mounted one, or `null`. */
  async function loopOf(name: string): Promise<string | null> {
    const mounts = await readFile('/proc/self/mountinfo', 'utf8');
    const line = mounts.split('\n').find((each) => each.split(' ')[4] === mountOf(name));
    return line?.split(' - ')[1]?.split(' ')[1] ?? null;
  }
}

/** Unmounts all of a folder's file systems that nobody uses. For platforms that are stopped. */
export async function unmountStorage(folder: string): Promise<void> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  const below = mounts.split('\n').flatMap((line) => line.split(' ')[4] ?? []);
  for (const path of below.filter((each) => each.startsWith(`${folder}/`))) {
    await run(program('umount'), [path]).catch(() => {});
  }
}

/**
 * Mounts an image. Where its file system is still mounted somewhere else, in a container or in another process's view of the machine, that very
 * one is mounted here too: two file systems on one image would destroy it.
 */
async function mount(image: string, at: string): Promise<void> {
  const how = 'nodev,nosuid,discard';
  for (const device of await devicesOf(image)) {
    const isMounted = await run(program('mount'), ['-o', how, device, at]).then(
      () => true,
      () => false,
    );
    if (isMounted) return;
  }
  // None, or one that went away meanwhile.
  await released(image);
  await check(image, '-p');
  await run(program('mount'), ['-o', `loop,${how}`, image, at]);
}

/**
 * Waits until no loop device has the image. Until then its file system lives on, unmounted here or not, and writes to the image:
 * whoever checked or resized it would destroy it.
 *
 * @throws Error when that does not come within 30 s; nothing was changed
 */
async function released(image: string): Promise<void> {
  const end = performance.now() + RELEASED_WITHIN_MS;
  for (let devices = await devicesOf(image); devices.length > 0; devices = await devicesOf(image)) {
    if (performance.now() > end)
      throw new Error(`${image} is still in use by ${devices.join(', ')}: it is mounted in another place, too.`);
    await delay(100);
  }
}

/** The loop devices that have an image. */
async function devicesOf(image: string): Promise<string[]> {
  const options = ['--associated', image, '--noheadings', '--output', 'NAME'];
  const { stdout } = await run(program('losetup'), options);
  return stdout.split('\n').flatMap((line) => line.trim() || []);
}

/** Ends with 1 when it has put something right. */
async function check(image: string, how: '-p' | '-fp'): Promise<void> {
  await run(program('e2fsck'), [how, image]).catch((error: { code?: number }) => {
    if (error.code !== 1) throw error;
  });
}

function imageBytes(storageMb: number): number {
  return Math.ceil(storageMb * OVERHEAD.factor + OVERHEAD.mb) * MEBIBYTE;
}

/** What was asked for when an image of this size was made. */
function storageMbOf(bytes: number): number {
  return Math.floor((bytes / MEBIBYTE - OVERHEAD.mb) / OVERHEAD.factor);
}

function program(name: string): string {
  return FOLDERS.map((folder) => join(folder, name)).find((file) => existsSync(file)) ?? name;
}
