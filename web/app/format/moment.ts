import { relativeTime } from './relative-time.ts';
import type { Viewer } from './viewer.ts';

/** An instant, ready to be shown in three ways. */
export interface Moment {
  /** For machines. */
  iso: string;
  /** `Sunday 8 March, 14:05`; with the year when it is not the present one. */
  absolute: string;
  /** `Sun 8 Mar` */
  day: string;
  /** `14:05` */
  time: string;
  /** `in 3 days`, seen from the account's own time. */
  relative: string;
}

/**
 * @param at ISO instant
 * @param now the account's own time, ISO; never the browser's clock
 */
export function momentOf(at: string, now: string, viewer: Viewer): Moment {
  const { locale, timeZone, timeZoneKnown } = viewer;
  const date = new Date(at);
  const format = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { timeZone, ...options }).format(date).replace(/[\u202f\u00a0]/g, ' ');
  const yearOf = (instant: Date) => new Intl.DateTimeFormat('en', { timeZone, year: 'numeric' }).format(instant);
  const year: Intl.DateTimeFormatOptions = yearOf(date) === yearOf(new Date(now)) ? {} : { year: 'numeric' };
  const twelveHours = new Intl.DateTimeFormat(locale, { hour: 'numeric' }).resolvedOptions().hour12;
  const time = format({ hour: twelveHours ? 'numeric' : '2-digit', minute: '2-digit' }) + (timeZoneKnown ? '' : ' UTC');
  return {
    iso: date.toISOString(),
    absolute: `${format({ weekday: 'long', day: 'numeric', month: 'long', ...year })}, ${time}`,
    day: format({ weekday: 'short', day: 'numeric', month: 'short', ...year }).replaceAll(',', ''),
    time,
    relative: relativeTime(at, now),
  };
}
