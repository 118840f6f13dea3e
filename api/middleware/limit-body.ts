import { bodyLimit } from 'hono/body-limit';
import { createMiddleware } from 'hono/factory';
import type { ApiEnv } from '../api-env.ts';
import { Problem } from '../problem.ts';

/** Refuses bodies above `maxBytes` with 413: by their announced length, or while reading when none is announced. */
export function limitBody(maxBytes: number) {
  const countWhileReading = bodyLimit({ maxSize: maxBytes, onError: () => tooLarge(maxBytes) });
  return createMiddleware<ApiEnv>(async (c, next) => {
    const announced = c.req.header('content-length');
    if (announced === undefined || c.req.header('transfer-encoding') !== undefined) return countWhileReading(c, next);
    if (Number(announced) > maxBytes) tooLarge(maxBytes);
    await next();
  });
}

function tooLarge(maxBytes: number): never {
  throw new Problem(
    413,
    'body-too-large',
    'The body is too large',
    `At most ${maxBytes} bytes are read. Send a smaller body.`,
  );
}
