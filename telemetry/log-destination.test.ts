import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

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
    async lines(count) {
      const [first] = await once(child, 'message');
      for (;;) {
        const [message] = await Promise.race([
          once(child, 'message'),
          once(child, 'exit').then(([status, signal]) => {
            throw new Error(`It ended (${status ?? signal}).`);
          }),
        ]);
        if (message.number >= first.number + count) return message;
      }
    },
  };
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'log-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A file system of `size` on a file of its own. */
function smallDisk(size: string): string {
  const folder = temporaryFolder();
  const image = `${folder}.img`;
  execFileSync('truncate', ['-s', size, image]);
  execFileSync('mkfs.ext4', ['-q', '-m', '0', image]);
  execFileSync('mount', ['-o', 'loop', image, folder]);
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', folder]);
    rmSync(image);
  });
  return folder;
}

test('a process whose log lies on a full disk lives on, and says how many lines were lost when there is space again', async () => {
  const disk = smallDisk('4M');
  const file = join(disk, 'log');
  const fd = openSync(file, 'a');
  const { lines } = talk(fd);
  closeSync(fd);
  await lines(5);
  try {
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(8 << 20));
  } catch {
    // Full now.
  }
  const full = await lines(50);
  rmSync(join(disk, 'ballast'));
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

test('a process whose log lies on a file system that became read-only lives on, and writes again when that is over', async () => {
  const disk = smallDisk('4M');
  const fd = openSync(join(disk, 'log'), 'a');
  const { lines } = talk(fd);
  closeSync(fd);
  await lines(5);
  // As the kernel does it after a fault of the disk: files stay open.
  execFileSync('mount', ['-o', 'remount,abort', disk], { stdio: 'ignore' });
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
