import { createMiddleware } from 'hono/factory';
import type { ApiEnv, Visitor } from '../api-env.ts';
import { Problem } from '../problem.ts';

/** Who a request's cookies belong to; `null` when they belong to nobody. */
export type FindVisitor = (headers: Headers) => Promise<Visitor | null>;

/** Answers 401 before anything else is looked at, so that nobody learns what exists. */
export function requireSession(findVisitor: FindVisitor) {
  return createMiddleware<ApiEnv>(async (c, next) => {
    const visitor = c.req.header('cookie') === undefined ? null : await findVisitor(c.req.raw.headers);
    if (!visitor) {
      throw new Problem(
        401,
        'unauthenticated',
        'You are not signed in',
        'Sign in with POST /api/auth/sign-in/email and send the cookie that it sets.',
      );
    }
    c.set('visitor', visitor);
    c.header('Cache-Control', 'private, no-store');
    await next();
  });
}
