import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultPayloadConverter } from '@temporalio/common';
import proto, { type temporal } from '@temporalio/proto';
import { expect, test } from 'vitest';
import { ROOT } from '#platform/root.ts';
import { historyFromText } from '#workflows/subscription/history-file.ts';
import type { HostReport } from '#workflows/subscription/messages.ts';
import { readRunHistory, unsavedUpdates } from './run-history.ts';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;
const { WorkflowTaskFailedCause } = proto.temporal.api.enums.v1;

const payloads = (...values: unknown[]) => ({
  payloads: values.map((value) => defaultPayloadConverter.toPayload(value)),
});
const report = (reportId: string): HostReport => ({
  reportId,
  workspaceId: 'w',
  generation: 1,
  saw: { kind: 'stable' },
});
const reported = (reportId: string): HistoryEvent => ({
  workflowExecutionSignaledEventAttributes: { signalName: 'hostReports', input: payloads([report(reportId)]) },
});
const accepted = (updateId: string): HistoryEvent => ({
  workflowExecutionUpdateAcceptedEventAttributes: {
    acceptedRequest: { meta: { updateId }, input: { name: 'placeHold', args: payloads({ commandId: updateId }) } },
  },
});
const completed = (updateId: string, outcome: temporal.api.update.v1.IOutcome): HistoryEvent => ({
  workflowExecutionUpdateCompletedEventAttributes: { meta: { updateId }, outcome },
});
const saved: HistoryEvent = {
  markerRecordedEventAttributes: {
    markerName: 'core_local_activity',
    details: { data: payloads({ seq: 1, activity_type: 'saveAccount' }) },
  },
};

test('what was answered with a newer version than is stored, or not at all, is not saved; what was refused is none', () => {
  const { updates } = readRunHistory([
    ...['old', 'new', 'refused', 'open'].map(accepted),
    completed('old', { success: payloads({ version: 7 }) }),
    completed('new', { success: payloads({ version: 8 }) }),
    completed('refused', { failure: { message: 'no' } }),
  ]);
  expect(unsavedUpdates(updates, 7).map(({ updateId, name, args }) => [updateId, name, args])).toEqual([
    ['new', 'placeHold', [{ commandId: 'new' }]],
    ['open', 'placeHold', [{ commandId: 'open' }]],
  ]);
});

test('of what hosts told, that which the last save may lack is kept: it can have come while the save was under way', () => {
  const { hostReports } = readRunHistory([reported('1'), saved, reported('2'), saved, reported('3')]);
  expect(hostReports.map(({ reportId }) => reportId)).toEqual(['2', '3']);
});

test('a task that failed counts until one is completed', () => {
  const failed: HistoryEvent = {
    workflowTaskFailedEventAttributes: {
      cause: WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR,
      failure: { message: 'Nondeterminism' },
    },
  };
  expect(readRunHistory([failed]).failure).toMatchObject({
    cause: 'WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR',
    message: 'Nondeterminism',
  });
  expect(readRunHistory([failed, { workflowTaskCompletedEventAttributes: {} }]).failure).toBeNull();
});

test('a recorded history is read: how the account was opened, and that it was saved', () => {
  const file = join(ROOT, 'workflows/subscription/histories/grace-plain-1.json');
  const events = historyFromText(readFileSync(file, 'utf8')).events;
  const history = readRunHistory([reported('before all saves'), ...events]);
  expect(history.input?.opening).toBeDefined();
  expect(history.failure).toBeNull();
  expect(history.hostReports).toEqual([]);
});
