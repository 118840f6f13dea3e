import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { ensureNamespace } from '#platform/parts/temporal-namespace.ts';
import { replayHistories } from '#stories/replay-histories.ts';
import { workflowBundle } from '#worker/workflow-bundle.ts';
import { subscriptionWorkflowId } from '#workflows/subscription/messages.ts';
import { playBatch } from './batch.ts';
import { CLASSES, planOf, type Round } from './plan.ts';

/** Accounts of a batch; each has a twin. */
const BATCH = 12;

export interface PlayedOrders {
  seeds: number[];
  accounts: number;
  /** Histories replayed, and events in them. */
  histories: number;
  events: number;
  rounds: Round[];
  failures: string[];
}

/** A Temporal server, which is stopped for moments. */
export interface OrdersServer {
  address: string;
  pid: number;
}

/**
 * @param namespace one of its own, made when missing
 */
export async function playOrders(
  { address, pid: serverPid }: OrdersServer,
  namespace: string,
  seeds: number[],
  tell: (line: string) => void = () => undefined,
): Promise<PlayedOrders> {
  await ensureNamespace(address, namespace);
  const codePath = await workflowBundle();
  const connection = await NativeConnection.connect({ address });
  const client = new Client({ connection: await Connection.connect({ address }), namespace });
  const played: PlayedOrders = { seeds, accounts: 0, histories: 0, events: 0, rounds: [], failures: [] };
  try {
    for (const batch of batchesOf(seeds)) {
      const engine = { client, connection, address, namespace, codePath, serverPid };
      const accounts = await playBatch(
        engine,
        batch.map((seed) => planOf(seed)),
      );
      const ids = accounts.map(({ accountId }) => subscriptionWorkflowId(accountId));
      const { counts, events, failures } = await replayHistories(client, ids);
      const count = Object.values(counts).reduce((sum, each) => sum + each, 0);
      played.accounts += accounts.length;
      played.histories += count;
      played.events += events;
      played.rounds.push(...accounts.flatMap(({ rounds }) => rounds));
      const own = accounts.flatMap(({ seed, accountId, failure }) => {
        const replays = failures.filter((each) => each.startsWith(`${subscriptionWorkflowId(accountId)} `));
        return [...(failure ? [failure] : []), ...replays].map((why) => `seed ${seed}: ${why}`);
      });
      played.failures.push(...own);
      tell(`seeds ${batch.join(' ')}: ${count} histories replayed, ${own.length} failures`);
      for (const each of own) tell(`  ${each}`);
    }
  } finally {
    await client.connection.close();
    await connection.close();
  }
  return played;
}

export function reportOf({ seeds, accounts, histories, events, rounds, failures }: PlayedOrders): string {
  const met = new Set(rounds.map(({ activity, message, arrival }) => `${activity} ${message} ${arrival}`));
  return [
    `${seeds.length} seeds (${seeds[0]} to ${seeds.at(-1)}), ${accounts} accounts with their twins, ${rounds.length} arrivals, ${met.size} of them different`,
    `${histories} histories of ${events} events replayed`,
    ...(failures.length === 0
      ? ['no failure']
      : [`${failures.length} failures; again: npm run orders -- --seed <seed>`]),
  ].join('\n');
}

/** Seeds that meet the same disturbances, together. */
function batchesOf(seeds: number[]): number[][] {
  const groups = new Map<string, number[]>();
  for (const seed of seeds) {
    const key = `${seed % CLASSES}/${Math.floor(seed / CLASSES) % 2}`;
    groups.set(key, [...(groups.get(key) ?? []), seed]);
  }
  return [...groups.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / BATCH) }, (_, index) =>
      group.slice(index * BATCH, (index + 1) * BATCH),
    ),
  );
}
