/** Nothing was tried: the last tries failed and it is too soon for another. */
export class CircuitOpen extends Error {
  override readonly name = 'CircuitOpen';
}

export interface CircuitBreakerOptions {
  /** Failures in a row that open it. Default 3. */
  failures?: number;
  /** How long it stays open before one call may try again. Default 5,000. */
  openMs?: number;
  /** Which errors count; others say nothing about the other side's health and pass through. */
  isFailure(error: unknown): boolean;
  /** Milliseconds of a monotonic clock. Default `performance.now`. */
  now?: () => number;
}

export type CircuitBreaker = <Result>(call: () => Promise<Result>) => Promise<Result>;

/** Spares callers the wait for something that is down: after failures in a row it refuses at once, then lets one call probe. */
export function createCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  const { failures: allowed = 3, openMs = 5_000, isFailure, now = () => performance.now() } = options;
  let failures = 0;
  let openUntil = 0;
  return async (call) => {
    if (failures >= allowed) {
      if (now() < openUntil) throw new CircuitOpen('The last calls failed.');
      openUntil = now() + openMs;
    }
    try {
      const result = await call();
      failures = 0;
      return result;
    } catch (error) {
      if (isFailure(error)) {
        failures += 1;
        if (failures >= allowed) openUntil = now() + openMs;
      } else {
        failures = 0;
      }
      throw error;
    }
  };
}
