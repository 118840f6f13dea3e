const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** From here on a deadline is far enough for whole days to say enough. */
const WHOLE_DAYS_FROM_MS = 7 * DAY_MS;

/**
 * `in 3 days 4 hours`, `5 minutes ago`, `now`. Time left is never rounded up: nobody is promised an hour that they do
 * not have. What lies behind is said in one unit.
 */
export function relativeTime(at: string, now: string): string {
  const ms = Date.parse(at) - Date.parse(now);
  if (Math.abs(ms) < MINUTE_MS) return ms > 0 ? 'in less than a minute' : 'just now';
  return ms > 0 ? `in ${durationText(ms, ms < WHOLE_DAYS_FROM_MS ? 2 : 1)}` : `${durationText(-ms, 1)} ago`;
}

/**
 * `3 days 4 hours`, rounded down.
 *
 * @param ms a length of time, at least 0
 * @param units how many units at most: 1 or 2
 */
export function durationText(ms: number, units: 1 | 2): string {
  const parts: [number, string][] = [
    [Math.floor(ms / DAY_MS), 'day'],
    [Math.floor((ms % DAY_MS) / HOUR_MS), 'hour'],
    [Math.floor((ms % HOUR_MS) / MINUTE_MS), 'minute'],
    [Math.floor((ms % MINUTE_MS) / 1000), 'second'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return '0 seconds';
  return parts
    .slice(first, first + units)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`)
    .join(' ');
}
