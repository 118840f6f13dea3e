import type { MiddlewareHandler } from 'hono';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Whether an address points to this machine. */
export function isLoopbackUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return ['http:', 'https:'].includes(protocol) && LOOPBACK.has(hostname);
}

/**
 * Refuses requests that a page elsewhere could make a browser send: a foreign `Host` (DNS rebinding) or a foreign
 * `Origin`. The control surface has no other protection.
 */
export const loopbackOnly: MiddlewareHandler = async (c, next) => {
  const host = c.req.header('host');
  const origin = c.req.header('origin');
  const foreign =
    (host !== undefined && !isLoopbackUrl(`http://${host}`)) || (origin !== undefined && !isLoopbackUrl(origin));
  if (foreign) {
    return c.json(
      { error: { type: 'invalid_request_error', message: 'The Stripe simulator answers this machine only.' } },
      403,
    );
  }
  await next();
};
