import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { endProcess, identify, isAlive, parseStart, signalProcess } from './process-identity.ts';

test('a process whose name holds spaces and brackets is read right', () => {
  const fields = Array.from({ length: 30 }, (_, index) => String(index + 4));
  expect(parseStart(`4711 (a) (b c) S ${fields.join(' ')}`)).toBe('22');
});

test('a zombie counts as gone', () => {
  expect(parseStart(`1 (x) Z ${'0 '.repeat(30)}`)).toBeNull();
});

test('another process with the same pid is never signalled', () => {
  const impostor = { pid: process.pid, startedAt: 'another boot/1' };
  expect(isAlive(impostor)).toBe(false);
  expect(signalProcess(impostor, 'SIGKILL', 'group')).toBe(false);
});

test('a process that ignores the request to stop is killed with its group', async () => {
  const child = spawn(
    process.execPath,
    ['-e', "process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1e6)"],
    {
      detached: true,
    },
  );
  await once(child.stdout, 'data');
  const identity = identify(child.pid ?? 0);
  if (!identity) throw new Error('the child is not there');
  expect(await endProcess(identity, { timeoutMs: 100 })).toBe(true);
  expect(isAlive(identity)).toBe(false);
});
