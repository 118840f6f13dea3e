import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createBurstGate } from './burst-gate.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function createSubject() {
  const released: [key: string, atMs: number][] = [];
  const began = performance.now();
  const gate = createBurstGate({ release: (key) => released.push([key, performance.now() - began]) });
  return { gate, released };
}

test('the first of a burst leaves at once, the rest together after 2 s of quiet', () => {
  const { gate, released } = createSubject();
  gate.offer('a');
  for (let count = 0; count < 5; count += 1) {
    vi.advanceTimersByTime(500);
    gate.offer('a');
  }
  expect(released).toEqual([['a', 0]]);
  vi.advanceTimersByTime(2_000);
  expect(released).toEqual([
    ['a', 0],
    ['a', 4_500],
  ]);
});

test('nothing is held for longer than 10 s, however long the burst', () => {
  const { gate, released } = createSubject();
  gate.offer('a');
  for (let count = 0; count < 25; count += 1) {
    vi.advanceTimersByTime(1_000);
    gate.offer('a');
  }
  expect(released.map(([, at]) => at)).toEqual([0, 11_000, 21_000]);
});

test('one that comes after the quiet leaves at once again', () => {
  const { gate, released } = createSubject();
  gate.offer('a');
  vi.advanceTimersByTime(2_000);
  gate.offer('a');
  expect(released.map(([, at]) => at)).toEqual([0, 2_000]);
});

test('keys do not wait for each other', () => {
  const { gate, released } = createSubject();
  gate.offer('a');
  gate.offer('b');
  expect(released.map(([key]) => key)).toEqual(['a', 'b']);
});

test('once cleared nothing leaves any more', () => {
  const { gate, released } = createSubject();
  gate.offer('a');
  gate.offer('a');
  gate.clear();
  vi.advanceTimersByTime(60_000);
  expect(released).toHaveLength(1);
});
