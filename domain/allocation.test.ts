import { describe, expect, test } from 'vitest';
import fc from '#test/fast-check.ts';
import { allocate, leftOf } from './allocation.ts';
import { type Pool, UNLIMITED } from './catalog.ts';

const size = (memoryMb: number, cpuPercent = 100, storageMb = 1024) => ({ memoryMb, cpuPercent, storageMb });
const pool = (memoryMb: number, workspaces = UNLIMITED): Pool => ({
  memoryMb,
  cpuPercent: 1000,
  storageMb: 100_000,
  workspaces,
});
const wish = (name: string, asked: ReturnType<typeof size> | null = null) => ({ id: name, name, asked });
const memory = (list: ReturnType<typeof allocate>) => list.map((each) => each.size?.memoryMb ?? null);
const notes = (list: ReturnType<typeof allocate>) => list.map((each) => each.note);
const NEWEST = { onShrink: 'newest-first' as const };
const LARGEST = { onShrink: 'largest-first' as const };

describe('the first workspace', () => {
  test('is as large as the pool when it is the only one', () => {
    expect(allocate(pool(2048, 1), [wish('a')], NEWEST)).toEqual([
      { id: 'a', size: { memoryMb: 2048, cpuPercent: 1000, storageMb: 100_000 }, note: null },
    ]);
    expect(memory(allocate(pool(64, 1), [wish('a')], NEWEST))).toEqual([64]);
  });

  test("gets the catalog's size where there is one, what it asked for where it asked, else what the others leave", () => {
    expect(memory(allocate(pool(8192), [wish('a')], { ...NEWEST, defaultAllocation: size(1024) }))).toEqual([1024]);
    const asks = [wish('a', size(512))];
    expect(memory(allocate(pool(8192), asks, { ...NEWEST, defaultAllocation: size(1024) }))).toEqual([512]);
    expect(memory(allocate(pool(8192), [wish('a'), wish('b', size(2048))], NEWEST))).toEqual([6144, 2048]);
  });

  test('of a pool without limit needs a size', () => {
    const endless: Pool = { memoryMb: -1, cpuPercent: -1, storageMb: -1, workspaces: -1 };
    expect(memory(allocate(endless, [wish('a')], { ...NEWEST, defaultAllocation: size(1024) }))).toEqual([1024]);
    expect(allocate(endless, [wish('a')], NEWEST)).toEqual([
      { id: 'a', size: null, note: 'a has no size yet: the pool has no limit, so ask for one.' },
    ]);
    expect(memory(allocate(endless, [wish('a', size(9_000_000))], NEWEST))).toEqual([9_000_000]);
  });
});

describe('a pool that shrinks', () => {
  const three = [wish('a', size(1024)), wish('b', size(4096)), wish('c', size(2048))];

  test('takes what is free first', () => {
    expect(memory(allocate(pool(16_384), three, NEWEST))).toEqual([1024, 4096, 2048]);
    expect(allocate(pool(7168), three, NEWEST)).toEqual(allocate(pool(16_384), three, NEWEST));
  });

  test('then of the newest, or of the largest, as the catalog says', () => {
    expect(memory(allocate(pool(6144), three, NEWEST))).toEqual([1024, 4096, 1024]);
    expect(memory(allocate(pool(6144), three, LARGEST))).toEqual([1024, 3072, 2048]);
    expect(memory(allocate(pool(4096), three, NEWEST))).toEqual([1024, 3072, null]);
    expect(memory(allocate(pool(3072), three, LARGEST))).toEqual([1024, null, 2048]);
  });

  test('what is cut down or does not fit is said with both numbers', () => {
    expect(notes(allocate(pool(4096), three, NEWEST))).toEqual([
      null,
      'b has 3 GB in place of 4 GB of memory: the pool has no more.',
      "c needs 2 GB of memory; 0 MB of the pool's 4 GB is free.",
    ]);
    expect(notes(allocate(pool(9000, 2), three, NEWEST))).toEqual([null, null, 'c is workspace 3; the plan allows 2.']);
  });

  test('to nothing leaves no workspace', () => {
    expect(allocate(null, three, NEWEST).map((each) => [each.size, each.note])).toEqual(
      three.map(() => [null, 'The plan has no workspaces.']),
    );
  });
});

test('what is left of a pool is told part by part', () => {
  expect(leftOf(pool(4096), [size(1024), size(512)])).toEqual({ memoryMb: 2560, cpuPercent: 800, storageMb: 97_952 });
  expect(leftOf({ ...pool(1), memoryMb: UNLIMITED }, [size(1024)]).memoryMb).toBe(-1);
});

test('never more is given than there is, whoever asks for what, and nobody gets more than they asked for', () => {
  const amount = fc.integer({ min: 1, max: 20_000 });
  const resources = fc.record({ memoryMb: amount, cpuPercent: amount, storageMb: amount });
  const endless = fc.oneof({ weight: 4, arbitrary: amount }, fc.constant(UNLIMITED));
  const anyPool = fc.record({
    memoryMb: endless,
    cpuPercent: endless,
    storageMb: endless,
    workspaces: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant(UNLIMITED)),
  });
  const policy = fc.record({
    onShrink: fc.constantFrom('newest-first' as const, 'largest-first' as const),
    defaultAllocation: fc.option(resources, { nil: undefined }),
  });
  fc.assert(
    fc.property(anyPool, fc.array(fc.option(resources), { maxLength: 6 }), policy, (given, asked, how) => {
      const wishes = asked.map((each, index) => wish(`w${index}`, each));
      const list = allocate(given, wishes, how);
      expect(list.map((each) => each.id)).toEqual(wishes.map((each) => each.id));
      const placed = list.flatMap((each) => each.size ?? []);
      if (given.workspaces !== UNLIMITED) expect(placed.length).toBeLessThanOrEqual(given.workspaces);
      for (const part of ['memoryMb', 'cpuPercent', 'storageMb'] as const) {
        const used = placed.reduce((sum, each) => sum + each[part], 0);
        if (given[part] !== UNLIMITED) expect(used).toBeLessThanOrEqual(given[part]);
        for (const [index, { size: has }] of list.entries()) {
          if (!has) continue;
          expect(has[part]).toBeGreaterThan(0);
          const wanted = asked[index] ?? how.defaultAllocation;
          if (wanted) expect(has[part]).toBeLessThanOrEqual(wanted[part]);
        }
      }
      for (const each of list) if (!each.size) expect(each.note).not.toBeNull();
    }),
    { numRuns: 500 },
  );
});
