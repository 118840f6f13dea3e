import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { PlatformHandle } from '#platform/attach.ts';
import { ROOT } from '#platform/root.ts';
import { openStage } from '#stories/stage.ts';
import {
  RECONCILE_WORKFLOW,
  RECONCILIATION_TASK_QUEUE,
  type ReconcileInput,
} from '#workflows/reconciliation/messages.ts';
import { historyToText } from '#workflows/subscription/history-file.ts';

const FOLDER = join(ROOT, 'workflows/reconciliation/histories');

/** Records what `workflows/reconciliation/replay.test.ts` replays: a run that repairs, and one that has nothing to do. */
export async function recordReconciliations(platform: PlatformHandle, client: Client): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  const stage = await openStage(platform);
  const { stripe, simulator, customer, driver } = stage;
  try {
    await driver.settle();
    await simulator.setDeliveries(customer.stripeCustomerId, 'drop');
    const { data } = await stripe.subscriptions.list({ customer: customer.stripeCustomerId });
    await stripe.subscriptions.cancel(data[0]?.id ?? '');
    await simulator.settle(customer.stripeCustomerId);
    for (const name of ['repairs', 'nothing-to-do']) await record(name);
  } finally {
    await simulator.setDeliveries(customer.stripeCustomerId, 'release');
    await stage.close();
  }

  async function record(name: string): Promise<void> {
    const input: ReconcileInput = { walks: ['accounts', 'events'], askedBy: 'person' };
    const handle = await client.workflow.start(RECONCILE_WORKFLOW, {
      workflowId: `reconcile-recorded-${randomUUID()}`,
      taskQueue: RECONCILIATION_TASK_QUEUE,
      args: [input],
    });
    await handle.result();
    const history = await handle.fetchHistory();
    const file = join(FOLDER, `${name}.json`);
    writeFileSync(file, historyToText(history));
    process.stdout.write(`${file}: ${history.events?.length} events\n`);
  }
}
