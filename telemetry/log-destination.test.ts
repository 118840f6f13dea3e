import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type SmallDisk, smallDisk } from '#test/small-disk.ts';

const LOGGER = join(import.meta.dirname, 'logger.ts');
const LOSSES = join(import.meta.dirname, 'outlive-losses.ts');

/** A process that logs a line every 2 ms, each with its number, and tells over IPC how far it is. */
const TALKATIVE = `
  const { createLogger } = await import(${JSON.stringify(LOGGER)});
  const { outliveLosses } = await import(${JSON.stringify(LOSSES)});
  const log = createLogger('talkative');
  outliveLosses(log);
  let number = 0;
  setInterval(() => {
    number += 1;
    log.info({ number, filler: 'x'.repeat(2000) }, 'a line');
    process.stdout.write('');
    process.send({ number, rss: process.memoryUsage().rss });
  }, 2);
`;

interface Talkative {
  child: ChildProcess;
  /** Resolves when so many further lines were logged. */
  lines(count: number): Promise<{ number: number; rss: number }>;
}

function talk(stdout: number | 'pipe'): Talkative {
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', TALKATIVE], {
    cwd: join(import.meta.dirname, '..'),
    stdio: ['ignore', stdout, stdout === 'pipe' ? 'ignore' : stdout, 'ipc'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return {
    child,
    lines: (count) =>
      new Promise((resolve, reject) => {
        let first: number | undefined;
        const onMessage = (message: { number: number; rss: number }) => {
          first ??= message.number;
          if (message.number < first + count) return;
          child.off('message', onMessage).off('exit', onExit);
          resolve(message);
        };
        const onExit = (status: number | null, signal: string | null) =>
          reject(new Error(`It ended (${status ?? signal}).`));
        child.on('message', onMessage).once('exit', onExit);
      }),
  };
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'log-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function disk(size: string): SmallDisk {
  const made = smallDisk(size);
  onTestFinished(made.discard);
  return made;
}

test('a process whose log lies on a full disk lives on, and says how many lines were lost when there is space again', async () => {
  const { folder, fill, free } = disk('4M');
  const file = join(folder, 'log');
  const fd = openSync(file, 'a');
  const { lines } = talk(fd);
  closeSync(fd);
  await lines(5);
  fill();
  const full = await lines(50);
  free();
  await lines(20);

  const written = readFileSync(file, 'utf8').trim().split('\n');
  const whole = written.flatMap((line) => {
    try {
      return [JSON.parse(line)];
    } catch {
      return [];
    }
  });
  // One line may have been cut off in its middle.
  expect(written.length - whole.length).toBeLessThanOrEqual(1);
  const told = whole.filter(({ lines: lost }) => lost !== undefined);
  // The first one may have come to its end in the last gap of the full disk.
  expect(told.length).toBeLessThanOrEqual(2);
  expect(told.at(-1)).toMatchObject({ name: 'talkative', level: 40, reason: 'ENOSPC' });
  expect(told.at(-1).lines).toBeGreaterThan(30);
  expect(whole.at(-1).number).toBeGreaterThan(full.number);
});

test('a process whose log lies on a file system that became read-only lives on', async () => {
  const { folder, turnReadOnly } = disk('4M');
  const fd = openSync(join(folder, 'log'), 'a');
  const { lines } = talk(fd);
  closeSync(fd);
  await lines(5);
  turnReadOnly();
  expect((await lines(50)).number).toBeGreaterThan(50);
});

test('a process whose standard output nobody reads any more lives on', async () => {
  const { child, lines } = talk('pipe');
  await lines(5);
  child.stdout?.destroy();
  expect((await lines(50)).number).toBeGreaterThan(50);
});

test('a process whose log is a pipe with a reader that hangs works on, and keeps nothing in memory', async () => {
  const fifo = join(temporaryFolder(), 'pipe');
  execFileSync('mkfifo', [fifo]);
  const reader = spawn('sleep', ['1000'], { stdio: [openSync(fifo, 'r+'), 'ignore', 'ignore'] });
  onTestFinished(() => void reader.kill('SIGKILL'));
  const fd = openSync(fifo, 'w');
  const { lines } = talk(fd);
  closeSync(fd);
  // 64 kB fit into the pipe.
  const early = await lines(100);
  const late = await lines(1_000);
  expect(late.rss - early.rss).toBeLessThan(30 << 20);
});

test('every output that is always full: the process lives on', async () => {
  const fd = openSync('/dev/full', 'w');
  const { lines } = talk(fd);
  closeSync(fd);
  expect((await lines(50)).number).toBeGreaterThan(50);
});
