/** Too much is waiting already: the caller should ask its client to come again later. */
export class BatcherFull extends Error {
  override readonly name = 'BatcherFull';
}

export interface BatcherOptions<Item, Result> {
  /** Writes a batch and answers with one result for each item, in order. Its failure fails all callers of the batch. */
  write(items: Item[]): Promise<Result[]>;
  /** Most items in one batch. Default 500. */
  maxBatch?: number;
  /** Most batches being written at once. Default 2: one commits while the next is filled and sent. */
  maxInFlight?: number;
  /** Most items that wait for their batch; beyond it `add` rejects with `BatcherFull`. Default 5,000. */
  maxWaiting?: number;
}

export interface Batcher<Item, Result> {
  /** Resolves once the batch with this item was written. */
  add(item: Item): Promise<Result>;
  /** Items that were added and not yet written. */
  pending(): number;
}

interface Waiting<Item, Result> {
  item: Item;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/**
 * Lets concurrent callers share one write. A lone caller waits for nobody: a batch leaves at the end of the event
 * loop's turn, and what arrives while `maxInFlight` batches are under way forms the next one.
 */
export function createBatcher<Item, Result>(options: BatcherOptions<Item, Result>): Batcher<Item, Result> {
  const { write, maxBatch = 500, maxInFlight = 2, maxWaiting = 5_000 } = options;
  let waiting: Waiting<Item, Result>[] = [];
  let beingWritten = 0;
  let inFlight = 0;
  let scheduled = false;

  function schedule(): void {
    if (scheduled || waiting.length === 0 || inFlight >= maxInFlight) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      void flush();
    });
  }

  async function flush(): Promise<void> {
    const batch = waiting.slice(0, maxBatch);
    waiting = waiting.slice(maxBatch);
    inFlight += 1;
    beingWritten += batch.length;
    schedule();
    try {
      const results = await write(batch.map(({ item }) => item));
      batch.forEach(({ resolve, reject }, index) => {
        if (index < results.length) resolve(results[index] as Result);
        else reject(new Error('A batch was written without a result for each item.'));
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      inFlight -= 1;
      beingWritten -= batch.length;
      schedule();
    }
  }

  return {
    add(item) {
      if (waiting.length >= maxWaiting) return Promise.reject(new BatcherFull(`${maxWaiting} items are waiting.`));
      return new Promise<Result>((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        schedule();
      });
    },
    pending: () => waiting.length + beingWritten,
  };
}
