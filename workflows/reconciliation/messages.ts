import { defineQuery } from '@temporalio/workflow';
import type { ReconciliationResult, RunInHand, Walk } from '#activities/reconciliation/contracts.ts';

export type { ReconciliationResult, Walk };

/** The workflow type, and the task queue of the workers that run it: a long walk keeps no account waiting. */
export const RECONCILE_WORKFLOW = 'reconcile';
export const RECONCILIATION_TASK_QUEUE = 'reconciliation';

/** The Temporal Schedules, one for each walk. */
export const SCHEDULE_IDS: Record<Walk, string> = { events: 'reconcile-events', accounts: 'reconcile-accounts' };

/** The workflow that a person starts: one at a time, whoever asks meanwhile waits for the same. */
export const BY_HAND_WORKFLOW_ID = 'reconcile-by-hand';

/** Argument of the workflow. */
export interface ReconcileInput {
  walks: Walk[];
  askedBy: 'schedule' | 'person';
  /** From run to run by continue-as-new. */
  carried?: RunInHand;
}

/** How far it is. */
export const reconciliationProgress = defineQuery<RunInHand | null>('reconciliationProgress');
