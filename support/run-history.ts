import { defaultPayloadConverter } from '@temporalio/common';
import { tsToMs } from '@temporalio/common/lib/time.js';
import proto, { type temporal } from '@temporalio/proto';
import type { HostReport, Receipt, SubscriptionInput } from '#workflows/subscription/messages.ts';
import { hostReports as hostReportsSignal, MOST_ENTRIES } from '#workflows/subscription/messages.ts';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

const { WorkflowTaskFailedCause } = proto.temporal.api.enums.v1;

/** An Update that was accepted, which its history has for good. */
export interface RecordedUpdate {
  updateId: string;
  name: string;
  args: unknown[];
  /** What its sender was told: recorded in this version of the account, refused, or nothing yet. */
  answer: Receipt | 'refused' | 'none';
}

/** What the history of a run tells that PostgreSQL may not have. */
export interface RunHistory {
  input: SubscriptionInput | null;
  /** All accepted Updates, oldest first. */
  updates: RecordedUpdate[];
  /** What hosts told since the second last save began, oldest first: the last save may have begun before it came. */
  hostReports: HostReport[];
  /** The newest task that failed in a way that the history has: those after it, in a row, leave nothing there. */
  failure: { cause: string; message: string; at: string | null } | null;
}

/** Reads a history of the workflow `subscription`. */
export function readRunHistory(events: readonly HistoryEvent[]): RunHistory {
  const updates = new Map<string, RecordedUpdate>();
  let reports: { saves: number; report: HostReport }[] = [];
  let saves = 0;
  let input: SubscriptionInput | null = null;
  let failure: RunHistory['failure'] = null;

  for (const event of events) {
    const started = event.workflowExecutionStartedEventAttributes;
    if (started) {
      input = (valuesOf(started.input)[0] as SubscriptionInput | undefined) ?? null;
      reports = (input?.recovered?.hostReports ?? []).map((report) => ({ saves: 0, report }));
    }

    const accepted = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest;
    if (accepted) {
      const updateId = accepted.meta?.updateId ?? '';
      const { name, args } = accepted.input ?? {};
      updates.set(updateId, { updateId, name: name ?? '', args: valuesOf(args), answer: 'none' });
    }
    const completed = event.workflowExecutionUpdateCompletedEventAttributes;
    const answered = updates.get(completed?.meta?.updateId ?? '');
    if (completed && answered) {
      const receipt = valuesOf(completed.outcome?.success)[0] as Receipt | undefined;
      answered.answer = completed.outcome?.failure || !receipt ? 'refused' : receipt;
    }
    const signal = event.workflowExecutionSignaledEventAttributes;
    if (signal?.signalName === hostReportsSignal.name) {
      const [sent] = valuesOf(signal.input);
      // As they were sent: the run that takes them over checks them, as it checks signals.
      if (Array.isArray(sent)) for (const report of sent.slice(0, MOST_ENTRIES)) reports.push({ saves, report });
    }
    if (isSave(event)) {
      saves += 1;
      reports = reports.filter((each) => each.saves >= saves - 1);
    }
    const failed = event.workflowTaskFailedEventAttributes;
    if (failed)
      failure = {
        cause: WorkflowTaskFailedCause[failed.cause ?? 0] ?? String(failed.cause),
        message: failed.failure?.message ?? '',
        at: event.eventTime ? new Date(tsToMs(event.eventTime)).toISOString() : null,
      };
    else if (event.workflowTaskCompletedEventAttributes) failure = null;
  }
  return {
    input,
    updates: [...updates.values()],
    hostReports: reports.map(({ report }) => report),
    failure,
  };
}

/** The Updates that PostgreSQL does not have: those that were answered with a newer version than it holds, or not at all. */
export function unsavedUpdates(updates: readonly RecordedUpdate[], storedVersion: number): RecordedUpdate[] {
  return updates.filter(({ answer }) => answer === 'none' || (answer !== 'refused' && answer.version > storedVersion));
}

/** The end of a local activity `saveAccount`: SDKs record local activities as markers. */
function isSave({ markerRecordedEventAttributes: marker }: HistoryEvent): boolean {
  // One that failed leaves a marker, too.
  if (marker?.failure) return false;
  const [data] = marker?.details?.data?.payloads ?? [];
  return data?.data != null && Buffer.from(data.data).includes('"saveAccount"');
}

function valuesOf(payloads: temporal.api.common.v1.IPayloads | null | undefined): unknown[] {
  return (payloads?.payloads ?? []).map((payload) => {
    try {
      return defaultPayloadConverter.fromPayload(payload);
    } catch {
      // What can't be read may be what the run failed over: the rest of its history counts all the same.
      return undefined;
    }
  });
}
