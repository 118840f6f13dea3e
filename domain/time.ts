/** An instant in UTC as an ISO 8601 string with milliseconds, for example `2026-03-08T06:59:59.000Z`. Compares as text. */
export type Instant = string;

export const DAY_MS = 86_400_000;

/** The instant `days` × 24 hours later (or earlier, when negative). Grace is counted in hours of real time, so a change of the clocks never shortens it. */
export function addDays(at: Instant, days: number): Instant {
  return addMs(at, days * DAY_MS);
}

/** The instant `ms` milliseconds later (or earlier, when negative). */
export function addMs(at: Instant, ms: number): Instant {
  return new Date(Date.parse(at) + ms).toISOString();
}

/** Milliseconds from `from` to `to`; negative when `to` lies before `from`. */
export function msBetween(from: Instant, to: Instant): number {
  return Date.parse(to) - Date.parse(from);
}

/** Stripe's seconds since 1970 as an instant. */
export function fromUnixSeconds(seconds: number): Instant {
  return new Date(seconds * 1000).toISOString();
}

/** The instant at which its second began: Stripe knows no finer ones. */
export function wholeSecond(at: Instant): Instant {
  return new Date(Math.floor(Date.parse(at) / 1000) * 1000).toISOString();
}

/** The earliest of the instants given, or `null` when there is none. */
export function earliest(instants: readonly Instant[]): Instant | null {
  return instants.reduce<Instant | null>((least, at) => (least === null || at < least ? at : least), null);
}

/** The later of two instants. */
export function later(a: Instant, b: Instant): Instant {
  return a < b ? b : a;
}
