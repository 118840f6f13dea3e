import { getConnInfo } from '@hono/node-server/conninfo';
import { createMiddleware } from 'hono/factory';
import type { ApiEnv } from '../api-env.ts';
import { Problem } from '../problem.ts';

const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;

/** Only programs on this machine, and nothing that a proxy passed on. */
export const requireLoopback = createMiddleware<ApiEnv>(async (c, next) => {
  const forwarded = c.req.header('x-forwarded-for') !== undefined || c.req.header('forwarded') !== undefined;
  if (forwarded || !LOOPBACK.test(getConnInfo(c).remote.address ?? '')) {
    throw new Problem(403, 'loopback-only', 'Not from here', 'Ask from the machine that the API runs on.');
  }
  await next();
});
