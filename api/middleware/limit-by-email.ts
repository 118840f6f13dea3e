import { createMiddleware } from 'hono/factory';
import type { ApiEnv } from '../api-env.ts';
import { MAILS_TO_AN_ADDRESS } from '../auth/post-office.ts';
import type { RateLimits, RateRule } from '../rate-limits.ts';

/** Guesses at one person's password, wherever they come from. A success forgets them. */
export const SIGN_IN_OF_ONE: RateRule = { name: 'sign-in', max: 10, windowSeconds: 300 };
/** Requests for a mail to one address, known or not; the mails themselves are counted where they are sent. */
export const MAILS_TO_ONE: RateRule = { ...MAILS_TO_AN_ADDRESS, name: 'auth-mail' };

/** Counts requests by the e-mail address in their body, so that one person is safe from many machines at once. */
export function limitByEmail(limits: RateLimits, rule: RateRule, { forgetOnSuccess = false } = {}) {
  return createMiddleware<ApiEnv>(async (c, next) => {
    const email = await emailOf(c.req.raw.clone());
    await limits.count(rule, email);
    await next();
    if (forgetOnSuccess && c.res.ok) await limits.forget(rule, email);
  });
}

async function emailOf(request: Request): Promise<string> {
  const body: unknown = await request.json().catch(() => null);
  const email = typeof body === 'object' && body !== null && 'email' in body ? body.email : null;
  return typeof email === 'string' ? email.trim().toLowerCase().slice(0, 320) : '';
}
