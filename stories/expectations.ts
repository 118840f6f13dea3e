import { isDeepStrictEqual } from 'node:util';

/** Collects what did not hold, so that a story tells all of it. */
export class Expectations {
  readonly failures: string[] = [];

  equal(what: string, actual: unknown, expected: unknown): void {
    if (isDeepStrictEqual(actual, expected)) return;
    this.failures.push(`${what}: expected ${JSON.stringify(expected)}, was ${JSON.stringify(actual)}`);
  }

  /** A day that is on time: not before it, and at most `lateMinutes` after. */
  onDay(what: string, actual: number | undefined, expected: number, lateMinutes = 30): void {
    if (actual !== undefined && actual >= expected && actual <= expected + lateMinutes / 1440) return;
    this.failures.push(`${what}: expected on day ${expected}, was on day ${actual ?? 'never'}`);
  }
}
