import { createMiddleware } from 'hono/factory';
import type { ApiEnv } from '../api-env.ts';
import { Problem } from '../problem.ts';

export interface ThrottleOptions {
  /** Failures of one e-mail address within the window before it has to wait. Default 10. */
  failures?: number;
  /** Length of the window, from the first failure. Default 300,000. */
  windowMs?: number;
}

/** Addresses that are remembered; guesses over more of them push out the oldest. */
const MAX_ADDRESSES = 10_000;

/**
 * Slows down guessing of one person's password. It counts by e-mail address: behind a proxy all requests come from one
 * place, and an `X-Forwarded-For` can be made up. Counts are this process's own.
 */
export function throttleSignIn({ failures: allowed = 10, windowMs = 300_000 }: ThrottleOptions = {}) {
  const counts = new Map<string, { failures: number; until: number }>();
  return createMiddleware<ApiEnv>(async (c, next) => {
    const address = await addressOf(c.req.raw.clone());
    const count = counts.get(address);
    const waitMs = count ? count.until - Date.now() : 0;
    if (count && waitMs <= 0) counts.delete(address);
    else if (count && count.failures >= allowed) {
      const retryAfterSeconds = Math.ceil(waitMs / 1_000);
      throw new Problem(
        429,
        'sign-in-throttled',
        'Too many attempts',
        `Sign-in for this address failed ${allowed} times. Try again in ${retryAfterSeconds} seconds.`,
        { retryAfterSeconds },
      );
    }
    await next();
    if (c.res.status === 401) {
      const current = counts.get(address) ?? { failures: 0, until: Date.now() + windowMs };
      counts.set(address, { ...current, failures: current.failures + 1 });
      if (counts.size > MAX_ADDRESSES) counts.delete(counts.keys().next().value ?? address);
    } else if (c.res.ok) {
      counts.delete(address);
    }
  });
}

async function addressOf(request: Request): Promise<string> {
  const body: unknown = await request.json().catch(() => null);
  const email = typeof body === 'object' && body !== null && 'email' in body ? body.email : null;
  return typeof email === 'string' ? email.trim().toLowerCase().slice(0, 320) : '';
}
