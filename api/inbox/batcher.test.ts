import { expect, test } from 'vitest';
import { BatcherFull, createBatcher } from './batcher.ts';

/** A write that settles when the test says so. */
function createHeldWrite() {
  const batches: { items: number[]; settle(error?: Error): void }[] = [];
  const write = (items: number[]) =>
    new Promise<string[]>((resolve, reject) => {
      batches.push({
        items,
        settle: (error) => (error ? reject(error) : resolve(items.map((item) => `written ${item}`))),
      });
    });
  return { batches, write };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('callers of one turn share a write and each gets its own result', async () => {
  const { batches, write } = createHeldWrite();
  const batcher = createBatcher({ write });
  const results = Promise.all([batcher.add(1), batcher.add(2), batcher.add(3)]);
  await turn();
  expect(batches.map((batch) => batch.items)).toEqual([[1, 2, 3]]);
  expect(batcher.pending()).toBe(3);
  batches[0]?.settle();
  expect(await results).toEqual(['written 1', 'written 2', 'written 3']);
  expect(batcher.pending()).toBe(0);
});

test('what arrives while all writes are under way forms the next batch', async () => {
  const { batches, write } = createHeldWrite();
  const batcher = createBatcher({ write, maxInFlight: 1 });
  const results = [batcher.add(1)];
  await turn();
  results.push(batcher.add(2), batcher.add(3));
  await turn();
  expect(batches).toHaveLength(1);
  batches[0]?.settle();
  await results[0];
  await turn();
  expect(batches[1]?.items).toEqual([2, 3]);
  batches[1]?.settle();
  await Promise.all(results);
});

test('a batch is never larger than allowed, and the rest follows', async () => {
  const { batches, write } = createHeldWrite();
  const batcher = createBatcher({ write, maxBatch: 2, maxInFlight: 2 });
  const results = [1, 2, 3].map((item) => batcher.add(item));
  await turn();
  await turn();
  expect(batches.map((batch) => batch.items)).toEqual([[1, 2], [3]]);
  for (const batch of batches) batch.settle();
  await Promise.all(results);
});

test('a failed write fails its callers and nobody else', async () => {
  const { batches, write } = createHeldWrite();
  const batcher = createBatcher({ write, maxInFlight: 1 });
  const first = batcher.add(1);
  await turn();
  const second = batcher.add(2);
  batches[0]?.settle(new Error('no disk'));
  await expect(first).rejects.toThrow('no disk');
  await turn();
  batches[1]?.settle();
  expect(await second).toBe('written 2');
});

test('beyond the bound callers are turned away at once', async () => {
  const { batches, write } = createHeldWrite();
  const batcher = createBatcher({ write, maxWaiting: 1 });
  const first = batcher.add(1);
  await expect(batcher.add(2)).rejects.toBeInstanceOf(BatcherFull);
  await turn();
  batches[0]?.settle();
  await first;
});
