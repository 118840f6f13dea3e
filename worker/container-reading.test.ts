import { expect, test } from 'vitest';
import { type ContainerReading, usedBetween } from './container-reading.ts';

const WITHIN_MS = 20_000;
const STARTED = 1_000_000;
const reading = (changes: Partial<ContainerReading> = {}): ContainerReading => ({
  containerId: 'one',
  startedAtMs: STARTED,
  atMs: STARTED + 100_000,
  cpuNs: 50e9,
  memoryMb: 90,
  networkInBytes: 1_000,
  networkOutBytes: 2_000,
  cpuLimitPercent: 50,
  memoryLimitMb: 256,
  ...changes,
});
const later = (changes: Partial<ContainerReading>) => reading({ atMs: STARTED + 110_000, ...changes });

test('between two readings of one run the difference is what was used, CPU in percent of one core', () => {
  const next = later({ cpuNs: 52.5e9, memoryMb: 95, networkInBytes: 1_500, networkOutBytes: 2_100 });
  expect(usedBetween(reading(), next, WITHIN_MS)).toEqual({
    seconds: 10,
    cpuPercent: 25,
    memoryMb: 95,
    networkInBytes: 500,
    networkOutBytes: 100,
    starts: 0,
  });
});

test('after a restart the counters count from its start, and nothing is negative', () => {
  const restarted = later({ startedAtMs: STARTED + 106_000, cpuNs: 2e9, networkInBytes: 40, networkOutBytes: 7 });
  expect(usedBetween(reading(), restarted, WITHIN_MS)).toEqual({
    seconds: 4,
    cpuPercent: 50,
    memoryMb: 90,
    networkInBytes: 40,
    networkOutBytes: 7,
    starts: 1,
  });
});

test('a restart is seen also where the new run has used more than the one before', () => {
  const restarted = later({ startedAtMs: STARTED + 105_000, cpuNs: 60e9, networkInBytes: 5_000 });
  expect(usedBetween(reading(), restarted, WITHIN_MS)).toMatchObject({ networkInBytes: 5_000, starts: 1 });
});

test('a counter that fell is never a negative amount', () => {
  expect(usedBetween(reading(), later({ cpuNs: 51e9, networkInBytes: 10 }), WITHIN_MS)).toMatchObject({
    networkInBytes: 0,
  });
  expect(usedBetween(reading(), later({ cpuNs: 1e9 }), WITHIN_MS)).toBeNull();
});

test('what a container used before anybody looked is not counted as used now', () => {
  expect(usedBetween(null, reading(), WITHIN_MS)).toBeNull();
  expect(usedBetween(null, reading({ startedAtMs: STARTED + 95_000, cpuNs: 1e9 }), WITHIN_MS)).toMatchObject({
    seconds: 5,
    cpuPercent: 20,
    starts: 1,
  });
});
