import { type EventLoopUtilization, performance } from 'node:perf_hooks';

export interface AcceptanceLoadOptions {
  /** Events that wait for their commit. */
  pending(): number;
  /** More of them are busy. Default 24. */
  busyAbove?: number;
  /** A larger share of time that the process worked is busy, 0 to 1. Default 0.7. */
  busyShare?: number;
}

/** How long the share of time is measured before it is believed. */
const WINDOW_MS = 200;

/**
 * Tells whether accepting events needs what this process and its machine have: many wait for their commit, or the process
 * had hardly a pause. Cheap enough to be asked for each signal.
 */
export function createAcceptanceLoad({
  pending,
  busyAbove = 24,
  busyShare = 0.7,
}: AcceptanceLoadOptions): () => boolean {
  let since: EventLoopUtilization = performance.eventLoopUtilization();
  let measuredAt = performance.now();
  let share = 0;
  return () => {
    const now = performance.now();
    if (now - measuredAt >= WINDOW_MS) {
      share = performance.eventLoopUtilization(since).utilization;
      since = performance.eventLoopUtilization();
      measuredAt = now;
    }
    return pending() > busyAbove || share > busyShare;
  };
}
