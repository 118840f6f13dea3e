import type { MiddlewareHandler } from 'hono';

/**
 * Answers 400 to a path or query that is not UTF-8 in percent-encoding, or has a NUL: neither a file nor a route can be
 * named so, and what looks for one would fail.
 */
export const refuseUnreadable: MiddlewareHandler = async (c, next) => {
  const { pathname, search } = new URL(c.req.url);
  if (!isReadable(pathname) || !isReadable(search)) {
    return c.text('This address can not be read. Check it, or begin at the first page.', 400);
  }
  await next();
};

function isReadable(text: string): boolean {
  try {
    return !decodeURIComponent(text).includes('\0');
  } catch {
    return false;
  }
}
