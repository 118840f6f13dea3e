import { appendFileSync, closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { smallDisk } from '#test/small-disk.ts';
import { boundLogs } from './log-bound.ts';

const BOUND = { largestBytes: 1_000, everyMs: 20 };

test('a log that grows too large is moved aside while the process that writes it runs, which goes on in it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'log-bound-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'api.log');
  const written = openSync(file, 'a');
  onTestFinished(() => closeSync(written));
  onTestFinished(boundLogs(folder, BOUND));
  writeSync(written, `${'early '.repeat(200)}\n`);
  await expect.poll(() => readFileSync(file, 'utf8')).toBe('');
  writeSync(written, 'late\n');
  expect(readFileSync(file, 'utf8')).toBe('late\n');
  expect(readFileSync(`${file}.1`, 'utf8')).toMatch(/^early/);
});

test('on a full disk a log that is too large begins again without a copy, which gives its space back', async () => {
  const { folder, fill, free, discard } = smallDisk('4M');
  onTestFinished(discard);
  const file = join(folder, 'api.log');
  appendFileSync(file, 'x'.repeat(100_000));
  fill();
  onTestFinished(boundLogs(folder, BOUND));
  await expect.poll(() => readFileSync(file, 'utf8')).toBe('');
  free();
  expect(existsSync(`${file}.1`)).toBe(false);
});
