import { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { Runtime, Worker } from '@temporalio/worker';
import { workflowBundle } from '#worker/workflow-bundle.ts';
import { RECONCILE_WORKFLOW } from '#workflows/reconciliation/messages.ts';
import { SUBSCRIPTION_WORKFLOW } from '#workflows/subscription/messages.ts';

/** Every workflow type of ours. */
const WORKFLOW_TYPES = [SUBSCRIPTION_WORKFLOW, RECONCILE_WORKFLOW] as const;
/** Namespaces whose histories are meant to be poisoned, are replayed by the test that made them, or are of the API tests' stand-in workflow. */
const LEFT_OUT = /^(temporal-system|wedged-|orders|api-tests-)/;
const { WorkflowTaskFailedCause: Cause } = proto.temporal.api.enums.v1;
/** Tasks that did not fail for what the workflow does: a message came at its very end, it was terminated, or support reset it. */
const BENIGN = new Set<number>([
  Cause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
  Cause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,
  Cause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW,
]);
const NAMESPACES = 1_000;
/** A long history is more than gRPC takes by default. */
const LARGEST_ANSWER_BYTES = 64 * 1024 * 1024;

export interface Replayed {
  /** Runs replayed, by workflow type. */
  counts: Record<string, number>;
  events: number;
  /** Runs that today's code can't follow, or whose tasks failed; each with what is needed to look at it. */
  failures: string[];
}

/**
 * Replays every run that a namespace holds with the code of today, as the next restart of a worker would.
 *
 * @param ids workflow ids to replay. Default: all
 */
export async function replayHistories(client: Client, ids?: readonly string[]): Promise<Replayed> {
  silenceWorkers();
  const replayed: Replayed = { counts: {}, events: 0, failures: [] };
  const query = WORKFLOW_TYPES.map((type) => `WorkflowType = '${type}'`).join(' OR ');
  const runs: { workflowId: string; runId: string; type: string }[] = [];
  for await (const { workflowId, runId, type } of client.workflow.list({ query })) {
    if (!ids || ids.includes(workflowId)) runs.push({ workflowId, runId, type });
  }
  const histories = async function* () {
    for (const { workflowId, runId, type } of runs) {
      const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      replayed.counts[type] = (replayed.counts[type] ?? 0) + 1;
      replayed.events += history.events?.length ?? 0;
      for (const { eventId, workflowTaskFailedEventAttributes: failed } of history.events ?? []) {
        if (!failed || BENIGN.has(failed.cause ?? 0)) continue;
        const why = `${causeOf(failed.cause)}: ${failed.failure?.message}`;
        replayed.failures.push(`${workflowId} ${runId}: task ${eventId} failed (${why})`);
      }
      yield { workflowId, history };
    }
  };
  if (runs.length === 0) return replayed;
  const results = Worker.runReplayHistories({ workflowBundle: { codePath: await workflowBundle() } }, histories());
  for await (const { workflowId, runId, error } of results) {
    if (error) replayed.failures.push(`${workflowId} ${runId}: can't be replayed: ${error.message}`);
  }
  return replayed;
}

/** Replays what an account's workflow has recorded, in all its runs. */
export async function replayAccount(env: Record<string, string>, workflowId: string): Promise<Replayed> {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace = 'default' } = env;
  return withClient(address ?? '', namespace, (client) => replayHistories(client, [workflowId]));
}

/** Replays every history of every namespace of a Temporal server. */
export async function replayServer(address: string): Promise<Replayed> {
  const all: Replayed = { counts: {}, events: 0, failures: [] };
  for (const namespace of await namespacesOf(address)) {
    const { counts, events, failures } = await withClient(address, namespace, (client) => replayHistories(client));
    for (const [type, count] of Object.entries(counts)) all.counts[type] = (all.counts[type] ?? 0) + count;
    all.events += events;
    all.failures.push(...failures.map((each) => `${namespace} ${each}`));
  }
  return all;
}

/** One line, and one more for each failure. */
export function replayReport({ counts, events, failures }: Replayed): string {
  const runs = Object.entries(counts).map(([type, count]) => `${count} of ${type}`);
  const line = `histories replayed: ${runs.length === 0 ? 'none' : runs.join(', ')}; ${events} events, ${failures.length} failures`;
  return [line, ...failures.map((each) => `  ${each}`)].join('\n');
}

async function namespacesOf(address: string): Promise<string[]> {
  return withClient(address, 'default', async ({ workflowService }) => {
    const { namespaces } = await workflowService.listNamespaces({ pageSize: NAMESPACES });
    const names = namespaces.map(({ namespaceInfo }) => namespaceInfo?.name ?? '');
    return names.filter((name) => name !== '' && !LEFT_OUT.test(name));
  });
}

async function withClient<T>(address: string, namespace: string, use: (client: Client) => Promise<T>): Promise<T> {
  const channelArgs = { 'grpc.max_receive_message_length': LARGEST_ANSWER_BYTES };
  const connection = await Connection.connect({ address, channelArgs });
  try {
    return await use(new Client({ connection, namespace }));
  } finally {
    await connection.close();
  }
}

/** Replaying workers tell of each of their steps: nothing of it is news. */
function silenceWorkers(): void {
  const quiet = () => undefined;
  try {
    const logger = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };
    Runtime.install({ shutdownSignals: [], logger });
  } catch {
    // One has been installed in this process before: it stays.
  }
}

function causeOf(cause: number | null | undefined): string {
  return Cause[cause ?? 0]?.replace('WORKFLOW_TASK_FAILED_CAUSE_', '').toLowerCase() ?? 'unknown';
}
