import { expect, test } from 'vitest';
import { type HostOffer, place } from './placement.ts';

const NOW = '2026-03-01T12:00:00.000Z';
const SIZE = { memoryMb: 512, cpuPercent: 100 };
const POLICY = { cpuOvercommit: 4 };

function host(id: string, changes: Partial<HostOffer> = {}): HostOffer {
  return {
    id,
    memoryMb: 4096,
    cpuPercent: 200,
    labels: {},
    seenAt: NOW,
    isDrained: false,
    reserved: { memoryMb: 0, cpuPercent: 0 },
    ...changes,
  };
}

function reserved(memoryMb: number, cpuPercent = 0): Pick<HostOffer, 'reserved'> {
  return { reserved: { memoryMb, cpuPercent } };
}

test('the host with most memory free gets it, whatever their sizes', () => {
  const hosts = [host('small', reserved(1000)), host('big', { memoryMb: 64_000, ...reserved(62_000) })];
  expect(place(hosts, { size: SIZE }, NOW, POLICY)).toEqual({ hostId: 'small' });
});

test('between equals it is always the same one', () => {
  expect(place([host('b'), host('a')], { size: SIZE }, NOW, POLICY)).toEqual({ hostId: 'a' });
});

test('a host that is drained, was not seen for a minute, or is to be left gets nothing', () => {
  const hosts = [host('drained', { isDrained: true }), host('silent', { seenAt: '2026-03-01T11:58:59.999Z' })];
  expect(place(hosts, { size: SIZE }, NOW, POLICY)).toMatchObject({
    hostId: null,
    refusal: 'Every host that is there is being emptied for maintenance.',
  });
  expect(place([...hosts, host('here')], { size: SIZE, except: ['here'] }, NOW, POLICY)).toMatchObject({
    hostId: null,
  });
  expect(place([...hosts, host('here')], { size: SIZE }, NOW, POLICY)).toEqual({ hostId: 'here' });
});

test('labels that are asked for must all be there', () => {
  const hosts = [host('a', { labels: { zone: 'eu' } }), host('b', { labels: { zone: 'eu', disk: 'ssd' } })];
  expect(place(hosts, { size: SIZE, labels: { zone: 'eu', disk: 'ssd' } }, NOW, POLICY)).toEqual({ hostId: 'b' });
  expect(place(hosts, { size: SIZE, labels: { zone: 'us' } }, NOW, POLICY)).toEqual({
    hostId: null,
    refusal: 'No host that is in use has the labels zone=us.',
  });
});

test('memory is promised once, CPU as often as the policy says, and never more than the host has to one workspace', () => {
  expect(place([host('a', reserved(3584))], { size: SIZE }, NOW, POLICY)).toEqual({ hostId: 'a' });
  expect(place([host('a', reserved(3585))], { size: SIZE }, NOW, POLICY)).toEqual({
    hostId: null,
    refusal:
      'No host has room for the workspace: 512 MB and 1 CPU are needed; at most 511 MB and 8 CPU are free on one host.',
  });
  expect(place([host('a', reserved(0, 700))], { size: SIZE }, NOW, POLICY)).toEqual({ hostId: 'a' });
  expect(place([host('a', reserved(0, 701))], { size: SIZE }, NOW, POLICY)).toMatchObject({ hostId: null });
  const wide = { memoryMb: 128, cpuPercent: 300 };
  expect(place([host('a')], { size: wide }, NOW, POLICY)).toMatchObject({ hostId: null });
});

test('without a host the refusal says so', () => {
  expect(place([], { size: SIZE }, NOW, POLICY)).toEqual({
    hostId: null,
    refusal: 'No host for workspaces is there now.',
  });
});

test('free accounts have their share of a host and no more; those that pay may have all of it', () => {
  const policy = { ...POLICY, freeSharePercent: 50 };
  const half = { reserved: { memoryMb: 2048, cpuPercent: 400 }, reservedFree: { memoryMb: 1537, cpuPercent: 0 } };
  expect(place([host('a', half)], { size: SIZE, isFree: true }, NOW, policy)).toEqual({
    hostId: null,
    isForPaying: true,
    refusal:
      'All room for accounts on a free plan is taken: 50 % of each host, and the rest is kept for accounts that pay.',
  });
  expect(place([host('a', half)], { size: SIZE }, NOW, policy)).toEqual({ hostId: 'a' });
  const less = { ...half, reservedFree: { memoryMb: 1536, cpuPercent: 300 } };
  expect(place([host('a', less)], { size: SIZE, isFree: true }, NOW, policy)).toEqual({ hostId: 'a' });
  const cpu = { ...half, reservedFree: { memoryMb: 0, cpuPercent: 301 } };
  expect(place([host('a', cpu)], { size: SIZE, isFree: true }, NOW, policy)).toMatchObject({ isForPaying: true });
  expect(place([host('a', reserved(4096))], { size: SIZE, isFree: true }, NOW, policy)).not.toHaveProperty(
    'isForPaying',
  );
});
