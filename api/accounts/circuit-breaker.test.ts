import { expect, test } from 'vitest';
import { CircuitOpen, createCircuitBreaker } from './circuit-breaker.ts';

const down = new Error('down');

function createSubject() {
  const clock = { ms: 0 };
  let calls = 0;
  const breaker = createCircuitBreaker({
    failures: 2,
    openMs: 100,
    isFailure: (error) => error === down,
    now: () => clock.ms,
  });
  const call = (outcome: Error | 'fine') =>
    breaker(async () => {
      calls += 1;
      if (outcome !== 'fine') throw outcome;
      return outcome;
    });
  return { call, clock, calls: () => calls };
}

test('after failures in a row nothing is tried until the pause is over', async () => {
  const { call, clock, calls } = createSubject();
  await expect(call(down)).rejects.toBe(down);
  await expect(call(down)).rejects.toBe(down);
  await expect(call('fine')).rejects.toBeInstanceOf(CircuitOpen);
  expect(calls()).toBe(2);
  clock.ms = 100;
  await expect(call('fine')).resolves.toBe('fine');
  await expect(call('fine')).resolves.toBe('fine');
});

test('while one call probes, the others are still refused', async () => {
  const { call, clock } = createSubject();
  await expect(call(down)).rejects.toBe(down);
  await expect(call(down)).rejects.toBe(down);
  clock.ms = 100;
  const probe = call(down);
  await expect(call('fine')).rejects.toBeInstanceOf(CircuitOpen);
  await expect(probe).rejects.toBe(down);
  await expect(call('fine')).rejects.toBeInstanceOf(CircuitOpen);
});

test('an answer that refuses one request is not a failure of the other side', async () => {
  const { call } = createSubject();
  const refused = new Error('not found');
  for (let round = 0; round < 5; round += 1) await expect(call(refused)).rejects.toBe(refused);
  await expect(call('fine')).resolves.toBe('fine');
});
