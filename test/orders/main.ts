/**
 * Arrival orders: plays accounts on a Temporal server of its own in which messages and ends of activities meet in all the ways that they
 * can, replays every history, and compares how each account ends with a twin to which everything came in peace.
 *
 *   npm run orders -- --runs 200            new seeds
 *   npm run orders -- --seed 4711           one again
 */
import { randomInt } from 'node:crypto';
import { Command } from 'commander';
import { startPlatform } from '#platform/start.ts';
import { discardPlatform, makeStateFolder } from '#test/throwaway-platform.ts';
import { playOrders, reportOf } from './play.ts';

const program = new Command('orders')
  .option('--runs <number>', 'accounts to play', Number, 200)
  .option('--seed <numbers>', 'the seeds to play, with commas between them')
  .option('--from <number>', 'first seed. Default: random')
  .parse();
const { runs, seed, from } = program.opts<{ runs: number; seed?: string; from?: string }>();
const first = Number(from ?? randomInt(1_000_000));
const seeds =
  seed === undefined ? Array.from({ length: runs }, (_, index) => first + index) : seed.split(',').map(Number);

const stateDir = makeStateFolder();
const platform = await startPlatform({
  stateDir,
  parts: ['postgres', 'temporal'],
  ports: 'free',
  // Servers that somebody has set are not for stopping.
  given: { HOME: process.env.HOME, PATH: process.env.PATH },
});
let isFine = false;
try {
  const pid = platform.parts().find(({ name }) => name === 'temporal')?.pid;
  if (!pid) throw new Error('The Temporal server is not ours to stop.');
  const server = { address: platform.env.TEMPORAL_ADDRESS ?? '', pid };
  const played = await playOrders(server, 'orders', seeds, (line) => process.stdout.write(`${line}\n`));
  process.stdout.write(`${reportOf(played)}\n`);
  isFine = played.failures.length === 0;
} finally {
  await discardPlatform(platform, stateDir);
}
process.exit(isFine ? 0 : 1);
