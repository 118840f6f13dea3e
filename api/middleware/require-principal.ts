import { createMiddleware } from 'hono/factory';
import type { ApiEnv } from '../api-env.ts';
import type { FindPrincipal } from '../auth/find-principal.ts';
import { Problem } from '../problem.ts';

/**
 * Answers 401 before anything else is looked at, so that nobody learns what exists. A session that was renewed takes its
 * cookie along in the answer.
 */
export function requirePrincipal(findPrincipal: FindPrincipal) {
  return createMiddleware<ApiEnv>(async (c, next) => {
    const { principal, setCookies } = await findPrincipal(c.req.raw.headers);
    if (!principal) {
      throw new Problem(
        401,
        'unauthenticated',
        'You are not signed in',
        'Sign in with POST /api/auth/sign-in/email and send the cookie that it sets, or send an API key as `Authorization: Bearer lh_…`.',
      );
    }
    for (const cookie of setCookies) c.header('set-cookie', cookie, { append: true });
    c.header('Cache-Control', 'private, no-store');
    c.set('principal', principal);
    await next();
  });
}
