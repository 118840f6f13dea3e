/**
 * A worker for workflows and their local activities, in a process that can be killed. What the activities do is asked of the parent:
 * it outlives this process. Arguments: address, namespace, task queue, script of the workflows, cached workflows.
 */
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createWorkflowSinks } from '#worker/workflow-sinks.ts';
import { LOCAL_ACTIVITIES } from './plan.ts';

const [address = '', namespace = '', taskQueue = '', codePath = '', cached = ''] = process.argv.slice(2);
const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
let calls = 0;

process.on('message', ({ id, result, error }: { id: number; result?: unknown; error?: string }) => {
  const call = waiting.get(id);
  waiting.delete(id);
  if (error === undefined) call?.resolve(result);
  else call?.reject(new Error(error));
});
process.on('disconnect', () => process.exit(0));

function ask(name: string, input: unknown): Promise<unknown> {
  calls += 1;
  const id = calls;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    process.send?.({ id, name, input });
  });
}

Runtime.install({
  shutdownSignals: [],
  logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} },
});
const connection = await NativeConnection.connect({ address });
const worker = await Worker.create({
  connection,
  namespace,
  taskQueue,
  workflowBundle: { codePath },
  activities: Object.fromEntries(LOCAL_ACTIVITIES.map((name) => [name, (input: unknown) => ask(name, input)])),
  enableNonLocalActivities: false,
  sinks: createWorkflowSinks({ messageDropped: () => undefined }),
  maxCachedWorkflows: Number(cached),
  stickyQueueScheduleToStartTimeout: '1s',
});
void worker.run();
process.send?.({ ready: true });
