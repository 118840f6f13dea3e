import type { Interval } from './objects.ts';

const DAY_S = 86_400;

/** A price's rhythm. */
export interface Recurrence {
  interval: Interval;
  interval_count: number;
}

/**
 * The first instant after `after` at which a subscription renews. Counted from the anchor and never from the previous
 * period, so that one anchored on January 31st renews on February 28th and on March 31st again.
 * https://docs.stripe.com/billing/subscriptions/billing-cycle
 *
 * @param anchor seconds since 1970
 * @param after seconds since 1970
 */
export function nextRenewal(anchor: number, recurrence: Recurrence, after: number): number {
  let steps = 0;
  let at = anchor;
  while (at <= after) {
    steps += 1;
    at = anchorPlus(anchor, recurrence, steps);
  }
  return at;
}

/** The anchor and `steps` intervals: same UTC time of day, on the anchor's day of the month or the month's last one. */
export function anchorPlus(anchor: number, { interval, interval_count }: Recurrence, steps: number): number {
  const count = interval_count * steps;
  if (interval === 'day') return anchor + count * DAY_S;
  if (interval === 'week') return anchor + count * 7 * DAY_S;
  const from = new Date(anchor * 1000);
  const month = from.getUTCMonth() + (interval === 'year' ? 12 * count : count);
  const lastDay = new Date(Date.UTC(from.getUTCFullYear(), month + 1, 0)).getUTCDate();
  const at = new Date(anchor * 1000);
  at.setUTCFullYear(from.getUTCFullYear(), month, Math.min(from.getUTCDate(), lastDay));
  return Math.floor(at.getTime() / 1000);
}
