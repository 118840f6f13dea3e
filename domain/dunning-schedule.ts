import type { Dunning } from './account-state.ts';
import { addDays, addMs, DAY_MS, type Instant, later, msBetween } from './time.ts';

/** In the order in which they follow each other; a stage may be skipped. */
const STAGES: Dunning['stage'][] = ['grace', 'suspended', 'canceled', 'deleted'];

export interface ScheduledStep {
  kind: 'reminder' | 'suspend' | 'cancel' | 'deletion-warning' | 'delete';
  at: Instant;
  /** The stage in which it is taken. */
  stage: Dunning['stage'];
  /** For the steps that only tell: their day in the policy. */
  day: number | null;
}

/** The instants at which the dunning acts by itself. */
export function dunningDeadlines(dunning: Dunning | null): Instant[] {
  if (!dunning) return [];
  return stepsAhead(dunning)
    .filter((step) => step.stage === dunning.stage)
    .map((step) => step.at);
}

/** What a dunning has still to do if nothing changes, in order; what has to wait stands at the next look. */
export function stepsAhead(dunning: Dunning): ScheduledStep[] {
  const { stage, decidedDays, waitingFor } = dunning;
  return dunningSchedule(dunning)
    .filter((step) => STAGES.indexOf(step.stage) >= STAGES.indexOf(stage))
    .filter((step) => step.day === null || !decidedDays.includes(step.day))
    .map((step) => (waitingFor && step.stage === stage ? { ...step, at: later(step.at, waitingFor.until) } : step));
}

/** All that a dunning does, in order, done steps included. */
export function dunningSchedule(dunning: Dunning): ScheduledStep[] {
  const { policy, startedAt, suspendAt, cancelAt, deleteAt } = dunning;
  return [
    ...policy.reminderDays.map(
      (day): ScheduledStep => ({ kind: 'reminder', at: addDays(startedAt, day), stage: 'grace', day }),
    ),
    { kind: 'suspend', at: suspendAt, stage: 'grace', day: null },
    { kind: 'cancel', at: cancelAt, stage: 'suspended', day: null },
    ...policy.deletionWarningDays.map(
      (day): ScheduledStep => ({
        kind: 'deletion-warning',
        at: addDays(deleteAt, day - policy.deleteAfterDays),
        stage: 'canceled',
        day,
      }),
    ),
    { kind: 'delete', at: deleteAt, stage: 'canceled', day: null },
  ];
}

/** When a step is taken late (an outage of ours), what follows it moves as far: nobody's notice is shortened by our fault. */
export function movedByDelay(dunning: Dunning, dueAt: Instant, now: Instant): Dunning {
  const lateMs = msBetween(dueAt, now);
  if (lateMs < DAY_MS) return dunning;
  const cancelAt = dunning.stage === 'grace' ? addMs(dunning.cancelAt, lateMs) : dunning.cancelAt;
  return { ...dunning, cancelAt, deleteAt: addMs(dunning.deleteAt, lateMs) };
}
