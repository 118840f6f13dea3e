import {
  ScheduleAlreadyRunning,
  type ScheduleClient,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import {
  RECONCILE_WORKFLOW,
  RECONCILIATION_TASK_QUEUE,
  type ReconcileInput,
  SCHEDULE_IDS,
  type Walk,
} from '#workflows/reconciliation/messages.ts';

/** Few at once: a walk is paced anyway, and accounts come first. */
export const RECONCILIATION_WORKER = {
  taskQueue: RECONCILIATION_TASK_QUEUE,
  maxCachedWorkflows: 10,
  maxConcurrentActivityTaskExecutions: 4,
  maxConcurrentWorkflowTaskPolls: 2,
  maxConcurrentActivityTaskPolls: 1,
} as const;

type Clockwork = Pick<ScheduleOptions, 'spec'> & {
  catchupWindow: '10 minutes' | '1 day';
  endsWithin: '12 hours' | '3 days';
};

const CLOCKWORK: Record<Walk, Clockwork> = {
  events: { spec: { intervals: [{ every: '10 minutes' }] }, catchupWindow: '10 minutes', endsWithin: '12 hours' },
  accounts: { spec: { calendars: [{ hour: 3, minute: 17 }] }, catchupWindow: '1 day', endsWithin: '3 days' },
};

/**
 * Makes the two Schedules, or brings them to what this version wants of them. Whether they are paused is theirs: a pause
 * outlives every restart. Any number of workers may do this at once.
 */
export async function ensureReconciliationSchedules(schedules: ScheduleClient): Promise<void> {
  for (const walk of Object.keys(CLOCKWORK) as Walk[]) {
    const options = scheduleOf(walk);
    try {
      await schedules.create(options);
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      const { spec, action, policies } = options;
      await schedules
        .getHandle(options.scheduleId)
        .update(({ state }) => ({ state, spec, action, ...(policies && { policies }) }));
    }
  }
}

function scheduleOf(walk: Walk) {
  const { spec, catchupWindow, endsWithin } = CLOCKWORK[walk];
  const input: ReconcileInput = { walks: [walk], askedBy: 'schedule' };
  return {
    scheduleId: SCHEDULE_IDS[walk],
    spec,
    action: {
      type: 'startWorkflow' as const,
      workflowType: RECONCILE_WORKFLOW,
      workflowId: SCHEDULE_IDS[walk],
      taskQueue: RECONCILIATION_TASK_QUEUE,
      args: [input],
      // A run that hangs must not keep all later ones from beginning.
      workflowExecutionTimeout: endsWithin,
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow },
  };
}
