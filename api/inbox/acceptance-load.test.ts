import { expect, test, vi } from 'vitest';
import { createAcceptanceLoad } from './acceptance-load.ts';

test('many events that wait for their commit are busy at once', () => {
  let pending = 0;
  const isBusy = createAcceptanceLoad({ pending: () => pending, busyAbove: 10, busyShare: 1 });
  expect(isBusy()).toBe(false);
  pending = 11;
  expect(isBusy()).toBe(true);
  pending = 0;
  expect(isBusy()).toBe(false);
});

test('a process that works without a pause is busy, and no longer once it rests', async () => {
  const isBusy = createAcceptanceLoad({ pending: () => 0, busyShare: 0.7 });
  const until = performance.now() + 400;
  while (performance.now() < until) Math.sqrt(until);
  await vi.waitFor(() => expect(isBusy()).toBe(true), 10_000);
  await vi.waitFor(() => expect(isBusy()).toBe(false), { timeout: 5_000 });
});
