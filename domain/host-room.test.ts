import { expect, test } from 'vitest';
import { fleetRoom, roomOf } from './host-room.ts';
import type { HostOffer } from './placement.ts';

const NOW = '2026-03-01T12:00:00.000Z';
const SIZES = { default: { memoryMb: 256, cpuPercent: 100 }, largest: { memoryMb: 2_048, cpuPercent: 200 } };
const POLICY = { cpuOvercommit: 16, warnPercent: 80 };

function host(changes: Partial<HostOffer> = {}): HostOffer {
  const reserved = { memoryMb: 0, cpuPercent: 0 };
  return {
    id: 'a',
    memoryMb: 16_384,
    cpuPercent: 200,
    labels: {},
    seenAt: NOW,
    isDrained: false,
    reserved,
    ...changes,
  };
}

test('room is what neither memory nor the CPU that may be promised forbids', () => {
  expect(roomOf(host({ reserved: { memoryMb: 8_192, cpuPercent: 2_900 } }), SIZES, POLICY)).toEqual({
    capacity: { memoryMb: 16_384, cpuPercent: 3_200 },
    promised: { memoryMb: 8_192, cpuPercent: 2_900 },
    free: { memoryMb: 8_192, cpuPercent: 300 },
    fullPercent: 90,
    scarcer: 'cpu',
    roomFor: { default: 3, largest: 1 },
  });
  expect(roomOf(host({ cpuPercent: 100 }), SIZES, POLICY).roomFor).toEqual({ default: 16, largest: 0 });
});

test('the next host is asked for before there is none, with what helps: an overcommit helps CPU alone', () => {
  const full = (memoryMb: number, cpuPercent: number) =>
    fleetRoom([host({ reserved: { memoryMb, cpuPercent } })], SIZES, NOW, POLICY);
  expect(full(8_000, 2_559).need).toBeNull();
  expect(full(8_000, 2_560).need).toBe(
    '80 % of the CPU that hosts may promise is promised, and 6 more workspaces of the default size find room. Add a host, or raise LEASEHOLD_CPU_OVERCOMMIT while the processors idle.',
  );
  expect(full(13_108, 0).need).toBe(
    '80 % of the memory that hosts may promise is promised, and 12 more workspaces of the default size find room. Add a host.',
  );
});

test('an empty host beside a full one is room; one that is silent or drained is none', () => {
  const full = host({ reserved: { memoryMb: 16_384, cpuPercent: 0 } });
  const empty = host({ id: 'b' });
  const fleet = (...hosts: HostOffer[]) => fleetRoom(hosts, SIZES, NOW, POLICY);
  expect(fleet(full, empty)).toMatchObject({ hosts: 2, fullPercent: 50, need: null });
  const gone = { ...empty, seenAt: '2026-03-01T11:58:59.000Z' };
  for (const other of [gone, { ...empty, isDrained: true }])
    expect(fleet(full, other)).toMatchObject({ hosts: 1, fullPercent: 100, roomFor: { default: 0, largest: 0 } });
  expect(fleet().need).toBe('No host for workspaces is there: start a worker.');
});
