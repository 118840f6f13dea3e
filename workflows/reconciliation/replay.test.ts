import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { beforeAll, expect, test } from 'vitest';
import { workflowBundle } from '#worker/workflow-bundle.ts';
import { historyFromText } from '../subscription/history-file.ts';

const FOLDER = join(import.meta.dirname, 'histories');
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
let codePath: string;

beforeAll(async () => {
  codePath = await workflowBundle();
}, 60_000);

test('histories have been recorded', () => {
  expect(files.length).toBeGreaterThan(0);
});

test.each(files)(
  'a reconciliation with the recorded history %s goes on with the code of today',
  async (file) => {
    const history = historyFromText(readFileSync(join(FOLDER, file), 'utf8'));
    await Worker.runReplayHistory({ workflowBundle: { codePath } }, history, 'reconcile-replayed');
  },
  60_000,
);
