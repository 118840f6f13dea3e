import { expect, test } from 'vitest';
import { cpus, megabytes, percentOf } from './size.ts';

test.each([
  [0, '0 MB'],
  [95.6, '96 MB'],
  [512, '512 MB'],
  [1024, '1 GB'],
  [1536, '1.5 GB'],
  [10_240, '10 GB'],
])('%d MB is said as "%s"', (mb, said) => {
  expect(megabytes(mb)).toBe(said);
});

test.each([
  [50, '0.5 CPU'],
  [100, '1 CPU'],
  [150, '1.5 CPUs'],
  [3200, '32 CPUs'],
])('%d percent of a core is said as "%s"', (percent, said) => {
  expect(cpus(percent)).toBe(said);
});

test('a bar stays between empty and full, and nothing of nothing is empty', () => {
  expect(percentOf(600, 512)).toBe(100);
  expect(percentOf(-1, 512)).toBe(0);
  expect(percentOf(128, 512)).toBe(25);
  expect(percentOf(0, 0)).toBe(0);
});
