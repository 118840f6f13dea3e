import { createMiddleware } from 'hono/factory';
import { isStorable } from '#domain/text-rules.ts';
import type { ApiEnv } from '../api-env.ts';
import { Problem } from '../problem.ts';

/** Refuses a path or query that is not UTF-8 in percent-encoding, or has a character that can't be stored: for all routes in one place. */
export const checkTarget = createMiddleware<ApiEnv>(async (c, next) => {
  const { pathname, search } = new URL(c.req.url);
  refuseUnreadable('path', pathname);
  refuseUnreadable('query', search);
  await next();
});

function refuseUnreadable(part: string, text: string): void {
  // Most have nothing that is encoded.
  if (!text.includes('%')) return;
  const decoded = decode(text);
  if (decoded !== null && isStorable(decoded)) return;
  const fault =
    decoded === null ? 'is not UTF-8 in percent-encoding' : 'has a NUL, which can be neither stored nor shown';
  throw new Problem(
    400,
    'request-invalid',
    'The request is malformed',
    `The ${part} ${fault}. Correct it and send it again.`,
    { refusal: 'encoding' },
  );
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
