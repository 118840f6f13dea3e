import { ScheduleOverlapPolicy } from '@temporalio/client';
import type { Logger } from '#telemetry/logger.ts';
import { SCHEDULE_IDS } from '#workflows/reconciliation/messages.ts';
import type { TemporalLink } from '../temporal.ts';

const DEADLINE_MS = 5_000;

/**
 * Lets the reconciliation walk Stripe's events now, which looks up the customers of events that name none. Returns at once;
 * when Temporal does not take it, the next walk by the clock does the same.
 */
export function createWalkNow(temporal: TemporalLink, log: Logger): () => void {
  return () => {
    const schedule = temporal.client.schedule.getHandle(SCHEDULE_IDS.events);
    temporal.connection
      .withDeadline(Date.now() + DEADLINE_MS, () => schedule.trigger(ScheduleOverlapPolicy.BUFFER_ONE))
      .catch((error: unknown) => log.warn({ err: error }, 'the walk over events could not be brought forward'));
  };
}
