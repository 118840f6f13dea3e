import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeLockFile, waitForLockFile } from './lock-file.ts';
import { identify } from './process-identity.ts';

let folder: string;
let lock: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-file-'));
  lock = join(folder, 'a.lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('one holds it, and nothing is left once it is let go', () => {
  const letGo = takeLockFile(lock);
  expect(takeLockFile(lock)).toBeNull();
  letGo?.();
  expect(readdirSync(folder)).toEqual([]);
  expect(takeLockFile(lock)).not.toBeNull();
});

test.each([
  ['whose holder is gone', JSON.stringify({ ...identify(process.pid), startedAt: 'before/1' })],
  ['that a crash has left half written', '{"pid":'],
  ['that is empty', ''],
])('one %s is void, and taken at the next try', (_, content) => {
  writeFileSync(lock, content);
  expect(takeLockFile(lock)).toBeNull();
  expect(takeLockFile(lock)).not.toBeNull();
});

test('who waits gets it once it is let go, and has said that it waits', async () => {
  const letGo = takeLockFile(lock);
  let waits = 0;
  const waiting = waitForLockFile(lock, {
    onWaiting: () => {
      waits += 1;
      letGo?.();
    },
    signal: new AbortController().signal,
  });
  (await waiting)();
  expect(waits).toBe(1);
});
