import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { readRunRecord } from '#platform/run-record.ts';
import { lane } from '#test/lane.ts';
import { playOrders, reportOf } from '#test/orders/play.ts';

/**
 * Messages and ends of activities in one workflow task, while the server is stopped and while no worker polls; among them `linkCustomer` in
 * one task with the end of an activity. `npm run orders` plays as many as one likes.
 */
const SEEDS = [19, 51, 99, 147];

test('messages and activities meet in whatever order: every history can be replayed, and all ends alike', async () => {
  const { env, stateDir } = lane();
  const pid = readRunRecord(stateDir)?.parts.temporal?.pid;
  // Process 0 would be this one and all of its group.
  if (!pid) throw new Error('The Temporal server is not ours to stop: leave TEMPORAL_ADDRESS unset.');
  const server = { address: env.TEMPORAL_ADDRESS ?? '', pid };
  const played = await playOrders(server, `orders-${randomUUID().slice(0, 8)}`, SEEDS);
  process.stdout.write(`${reportOf(played)}\n`);
  expect(played.failures).toEqual([]);
  expect(played.histories).toBeGreaterThanOrEqual(2 * SEEDS.length);
}, 300_000);
