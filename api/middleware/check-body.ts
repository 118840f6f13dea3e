import { createMiddleware } from 'hono/factory';
import type { ApiEnv } from '../api-env.ts';
import { bodyFault } from '../body-fault.ts';
import { Problem } from '../problem.ts';

const JSON_TYPE = /^application\/json\s*(;|$)/i;

/**
 * Refuses what no route can read: a body that is not JSON in UTF-8, is nested too deep, or has a text that can be neither
 * stored nor shown. For all routes in one place, those of better-auth too. Without a body there is nothing to refuse.
 */
export const checkBody = createMiddleware<ApiEnv>(async (c, next) => {
  if (c.req.raw.body) {
    // A copy: better-auth reads the request itself.
    const bytes = new Uint8Array(await c.req.raw.clone().arrayBuffer());
    if (bytes.length > 0) refuseUnreadable(bytes, c.req.header('content-type') ?? '');
  }
  await next();
});

function refuseUnreadable(bytes: Uint8Array, contentType: string): void {
  if (!JSON_TYPE.test(contentType)) {
    throw new Problem(
      415,
      'content-type-unsupported',
      'The content type is not supported',
      'Bodies are JSON. Send it with Content-Type: application/json.',
    );
  }
  const fault = bodyFault(bytes);
  if (!fault) return;
  throw new Problem(
    400,
    'request-invalid',
    'The request is malformed',
    `${fault.detail} Correct it and send it again.`,
    { refusal: fault.reason },
  );
}
