import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { createLimitedStorage, unmountStorage } from './limited-storage.ts';

const folder = mkdtempSync(join(tmpdir(), 'leasehold-limited-'));
const storage = createLimitedStorage(folder);

afterAll(async () => {
  await unmountStorage(folder);
  rmSync(folder, { recursive: true, force: true });
});

/** Somebody with a copy of all mounts, as a container that is being started has it. Resolves once the copy is there; `released` once it is gone. */
async function holdMounts(seconds: number): Promise<{ released: Promise<unknown> }> {
  const through = ['--mount', '--propagation', 'private', 'sh', '-c', `echo held; exec sleep ${seconds}`];
  const holder = spawn('unshare', through, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  return { released: once(holder, 'exit') };
}

test('a file system that lives on in another place is not touched until it is gone from there, and then resized', async () => {
  await storage.make('held', 40);
  const note = join(folder, 'held', 'data', 'note');
  writeFileSync(note, 'kept');
  let isHeld = true;
  const { released } = await holdMounts(3);
  const gone = released.then(() => {
    isHeld = false;
  });
  expect(await storage.prepare('held', 80, true)).toMatchObject({ limitMb: 80 });
  expect(isHeld, 'it was waited for').toBe(false);
  await gone;
  expect(readFileSync(note, 'utf8')).toBe('kept');
  await unmountStorage(folder);
  // A container that another test starts has a copy of all mounts for a moment.
  const image = join(folder, 'held.ext4');
  await expect.poll(() => execFileSync('/sbin/losetup', ['--associated', image], { encoding: 'utf8' })).toBe('');
  execFileSync('/sbin/e2fsck', ['-fn', image]);
});

test('one that is mounted in another place alone is mounted here as the same, with what is written there', async () => {
  await storage.make('elsewhere', 40);
  const { released } = await holdMounts(4);
  const note = join(folder, 'elsewhere', 'data', 'note');
  writeFileSync(note, 'not on the disk yet');
  await unmountStorage(folder);
  expect(await storage.measure('elsewhere')).toMatchObject({ limitMb: 40 });
  expect(readFileSync(note, 'utf8')).toBe('not on the disk yet');
  await released;
  expect(readFileSync(note, 'utf8')).toBe('not on the disk yet');
  await storage.remove('elsewhere');
  expect(execFileSync('/sbin/losetup', ['--list'], { encoding: 'utf8' })).not.toContain('elsewhere.ext4');
});
