/**
 * Records the histories that `replay.test.ts` of `workflows/subscription` and `workflows/reconciliation` replay:
 * `npm run record-histories`, while `npm start` runs. Record anew when a workflow has changed on purpose and no old run is
 * left in production; else keep the old ones beside the new.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateFolder } from '#cli/state-folder.ts';
import { attachPlatform } from '#platform/attach.ts';
import { ROOT } from '#platform/root.ts';
import { grace } from '#stories/grace.ts';
import { until } from '#stories/until.ts';
import { connectTemporal } from '#workflows/connection.ts';
import { historyToText } from '#workflows/subscription/history-file.ts';
import { subscriptionWorkflowId } from '#workflows/subscription/messages.ts';
import { recordReconciliations } from './record-reconciliations.ts';

const FOLDER = join(ROOT, 'workflows/subscription/histories');

const platform = await attachPlatform(stateFolder(process.env));
if (!platform) throw new Error('Nothing runs here: start it with `npm start`, then record.');
const client = await connectTemporal(platform.env);
mkdirSync(FOLDER, { recursive: true });
for (const disturbance of [undefined, ...Object.keys(grace.disturbances)]) {
  const { accountId, failures } = await grace.play({ platform, disturbance });
  if (failures.length > 0) throw new Error(`Not recorded, the story failed: ${failures.join('; ')}`);
  const workflowId = subscriptionWorkflowId(accountId);
  const expectedRuns = disturbance === 'continue-as-new' || disturbance === 'terminated' ? 2 : 1;
  const runIds: string[] = [];
  await until('all runs to be listed', 30_000, async () => {
    runIds.length = 0;
    for await (const run of client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) runIds.push(run.runId);
    return runIds.length === expectedRuns;
  });
  for (const [index, runId] of runIds.reverse().entries()) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const file = join(FOLDER, `grace-${disturbance ?? 'plain'}-${index + 1}.json`);
    writeFileSync(file, historyToText(history));
    process.stdout.write(`${file}: ${history.events?.length} events\n`);
  }
}
await recordReconciliations(platform, client);
await client.connection.close();
