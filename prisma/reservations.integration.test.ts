import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type PlacementPolicy, place } from '#domain/placement.ts';
import { platformEnv } from '#test/lane.ts';
import { createPrisma, type PrismaClient } from './client.ts';
import { releaseUnused, reserveHost } from './reservations.ts';

const POLICY: PlacementPolicy = { cpuOvercommit: 16 };
/** Hosts and workspaces of this file alone, on the database that all files share. */
const run = randomUUID().slice(0, 8);
const labels = { run };
const [big, small] = [`big-${run}`, `small-${run}`];
let prismas: PrismaClient[];
let prisma: PrismaClient;

beforeAll(() => {
  const url = platformEnv().DATABASE_URL ?? '';
  // As many processes that place at once.
  prismas = Array.from({ length: 4 }, () => createPrisma(url, { maxConnections: 3 }));
  [prisma] = prismas as [PrismaClient];
});

beforeEach(async () => {
  await clear();
  const host = { internalUrl: 'http://127.0.0.1:1', cpuPercent: 400, labels, seenAt: new Date() };
  await prisma.host.create({ data: { id: big, memoryMb: 2_048, ...host } });
  await prisma.host.create({ data: { id: small, memoryMb: 1_024, ...host } });
});

afterAll(async () => {
  await clear();
  for (const each of prismas) await each.$disconnect();
});

async function clear(): Promise<void> {
  await prisma.host.deleteMany({ where: { id: { in: [big, small] } } });
  await prisma.placement.deleteMany({ where: { hostId: { in: [big, small] } } });
}

function reserve(number: number, { memoryMb = 512, by = prisma } = {}): Promise<string | null> {
  const size = { memoryMb, cpuPercent: 50 };
  const workspaceId = `ws-${run}-${number}`;
  return reserveHost(by, { workspaceId, ...size }, (hosts) =>
    place(hosts, { size, labels }, new Date().toISOString(), POLICY),
  ).then(({ hostId }) => hostId);
}

async function taken(hostId: string): Promise<number> {
  const { _sum } = await prisma.placement.aggregate({ where: { hostId }, _sum: { memoryMb: true } });
  return _sum.memoryMb ?? 0;
}

test('many at once never get more than there is, and all that fit get theirs', async () => {
  const asked = Array.from({ length: 20 }, (_, number) => reserve(number, { by: prismas[number % 4] ?? prisma }));
  const hosts = await Promise.all(asked);
  expect(hosts.filter((hostId) => hostId === big)).toHaveLength(4);
  expect(hosts.filter((hostId) => hostId === small)).toHaveLength(2);
  expect(hosts.filter((hostId) => hostId === null)).toHaveLength(14);
  expect([await taken(big), await taken(small)]).toEqual([2_048, 1_024]);
});

test('room that is given back, or was never used, can be had again', async () => {
  for (let number = 0; number < 6; number += 1) await reserve(number);
  expect(await reserve(6)).toBeNull();
  await releaseUnused(prisma, `ws-${run}-0`);
  expect(await reserve(6)).toBe(big);
  expect(await reserve(7)).toBeNull();
  const reservedAt = new Date(Date.now() - 16 * 60_000);
  await prisma.placement.updateMany({ where: { workspaceId: `ws-${run}-6` }, data: { reservedAt } });
  expect(await reserve(7)).toBe(big);
});

test('asked again for the same workspace, its own room is not in its way', async () => {
  expect(await reserve(1, { memoryMb: 2_048 })).toBe(big);
  expect(await reserve(1, { memoryMb: 2_048 })).toBe(big);
  expect(await taken(big)).toBe(2_048);
});

test('a drained host gets nothing, however many ask while it is drained', async () => {
  const asking = Array.from({ length: 4 }, (_, number) => reserve(number));
  await prisma.host.update({ where: { id: big }, data: { drainedAt: new Date() } });
  await Promise.all(asking);
  const before = await taken(big);
  for (let number = 10; number < 14; number += 1) await reserve(number);
  expect(await taken(big)).toBe(before);
  expect(await reserve(20)).toBeNull();
});

test('free accounts that place at once get their share of a host and no more, and what they leave is there for one that pays', async () => {
  const policy = { ...POLICY, freeSharePercent: 50 };
  const size = { memoryMb: 256, cpuPercent: 50 };
  const place1 = (number: number, isFree: boolean) =>
    reserveHost(
      prismas[number % 4] ?? prisma,
      { workspaceId: `ws-${run}-${number}`, ...size, isFree, freePlans: ['free'] },
      (hosts) => place(hosts, { size, labels, isFree }, new Date().toISOString(), policy),
    );
  const free = await Promise.all(Array.from({ length: 20 }, (_, number) => place1(number, true)));
  expect(free.filter(({ hostId }) => hostId !== null)).toHaveLength(6);
  expect(free.find(({ hostId }) => hostId === null)).toMatchObject({ isForPaying: true });
  expect([await taken(big), await taken(small)]).toEqual([1_024, 512]);
  const paying = await Promise.all(Array.from({ length: 8 }, (_, number) => place1(100 + number, false)));
  expect(paying.filter(({ hostId }) => hostId !== null)).toHaveLength(6);
});
