import { createMiddleware } from 'hono/factory';
import type { ApiEnv } from '../api-env.ts';
import { Problem } from '../problem.ts';

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * A write with a cookie must come from one of our own pages: browsers put the true `Origin` on each, and a page
 * elsewhere can't change it. Hono's `csrf()` does not cover JSON bodies. A write without cookie and without `Origin` is a
 * program's and passes.
 */
export function requireTrustedOrigin(trusted: readonly string[]) {
  return createMiddleware<ApiEnv>(async (c, next) => {
    if (!READS.has(c.req.method)) {
      const origin = c.req.header('origin');
      const asksForTrust = origin !== undefined || c.req.header('cookie') !== undefined;
      if (asksForTrust && !(origin !== undefined && trusted.includes(origin))) {
        throw new Problem(
          403,
          'origin-not-trusted',
          'The request comes from another site',
          `Writes with a cookie need an Origin header that is ours: ${trusted.join(' or ')}.`,
        );
      }
    }
    await next();
  });
}

/** The origin that people open, and on a loopback address its other name as well. */
export function trustedOrigins(webOrigin: string): string[] {
  const url = new URL(webOrigin);
  const names = ['127.0.0.1', 'localhost'];
  if (!names.includes(url.hostname)) return [url.origin];
  return [
    url.origin,
    ...names.map((name) => url.origin.replace(url.hostname, name)).filter((each) => each !== url.origin),
  ];
}
