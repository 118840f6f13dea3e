import { expect, test } from 'vitest';
import { runHostile } from '#test/hostile/run.ts';
import { platformEnv } from '#test/lane.ts';

test('hostile texts through every route, Update and signal: nothing answers 5xx, no task fails, each hold is carried out', async () => {
  const { failures, aftermath, compared } = await runHostile(platformEnv(), {
    seed: 1,
    count: 400,
    accounts: 3,
    concurrency: 8,
  });
  expect(failures).toEqual([]);
  expect(aftermath).toMatchObject({ ran: 2, held: 3 });
  expect(compared).toBeGreaterThan(0);
});
