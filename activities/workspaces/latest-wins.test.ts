import { expect, test } from 'vitest';
import { createLatestWins } from './latest-wins.ts';
import { StaleGeneration } from './workspace-failure.ts';

function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

test('calls of one key never overlap, calls of two keys do', async () => {
  const lanes = createLatestWins();
  const first = gate();
  const order: string[] = [];
  const a = lanes.run('a', 1, async () => {
    order.push('a1 begins');
    await first.opened;
    order.push('a1 ends');
  });
  const again = lanes.run('a', 1, async () => void order.push('a1 again'));
  await lanes.run('b', 1, async () => void order.push('b1'));
  first.open();
  await Promise.all([a, again]);
  expect(order).toEqual(['a1 begins', 'b1', 'a1 ends', 'a1 again']);
});

test('a waiting call is given up at once when a newer one comes, and the running one is told', async () => {
  const lanes = createLatestWins();
  const first = gate();
  let seen = 0;
  const running = lanes.run('a', 1, async (newest) => {
    await first.opened;
    seen = newest();
  });
  const waiting = lanes.run('a', 2, async () => 'never');
  const newest = lanes.run('a', 3, async () => 'done');
  await expect(waiting).rejects.toBeInstanceOf(StaleGeneration);
  await expect(lanes.run('a', 2, async () => 'never')).rejects.toBeInstanceOf(StaleGeneration);
  first.open();
  await running;
  expect(seen).toBe(3);
  expect(await newest).toBe('done');
});

test('a call that fails hands its turn on', async () => {
  const lanes = createLatestWins();
  const failing = lanes.run('a', 1, async () => {
    throw new Error('boom');
  });
  const next = lanes.run('a', 1, async () => 'done');
  await expect(failing).rejects.toThrow('boom');
  expect(await next).toBe('done');
});
