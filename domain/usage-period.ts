import type { GoverningSubscription } from './account-state.ts';
import { earliest, type Instant } from './time.ts';

/** What is counted together. `start` is part of it, `end` is not. */
export interface UsagePeriod {
  start: Instant;
  end: Instant;
}

/**
 * The period in which `now` lies. What a plan counts, it counts by the month: from the day on which the subscription is
 * renewed, month by month also when it is paid by the year; without a subscription by calendar months in UTC. Where a month is
 * too short for the day, it begins with its last.
 */
export function usagePeriod(
  subscription: Pick<GoverningSubscription, 'currentPeriodStart' | 'currentPeriodEnd'> | null,
  now: Instant,
): UsagePeriod {
  const isWithin = subscription && subscription.currentPeriodStart <= now && now < subscription.currentPeriodEnd;
  if (!isWithin) {
    const month = `${now.slice(0, 7)}-01T00:00:00.000Z`;
    return { start: month, end: monthsAfter(month, 1) };
  }
  const { currentPeriodStart, currentPeriodEnd } = subscription;
  let months = 0;
  while (monthsAfter(currentPeriodStart, months + 1) <= now) months += 1;
  const end = monthsAfter(currentPeriodStart, months + 1);
  return {
    start: monthsAfter(currentPeriodStart, months),
    end: earliest([end, currentPeriodEnd]) ?? end,
  };
}

function monthsAfter(start: Instant, months: number): Instant {
  const date = new Date(start);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, lastDay));
  return date.toISOString();
}
