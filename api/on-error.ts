import { HTTPException } from 'hono/http-exception';
import type { Logger } from '#telemetry/logger.ts';
import type { ApiContext } from './api-env.ts';
import { isDatabaseUnavailable } from './database-unavailable.ts';
import type { Metrics } from './metrics.ts';
import { Problem } from './problem.ts';
import { doorOf, reasonOf } from './refusal-reason.ts';

/** The one place where an error becomes an answer. What the client can't act on is logged and not told. */
export function createOnError(deps: { log: Logger; metrics?: Pick<Metrics, 'refusals'> }) {
  return (error: unknown, c: ApiContext) => {
    const problem = toProblem(error);
    if (problem.status >= 500) {
      deps.log.error({ err: error, requestId: c.var.requestId, code: problem.code, path: c.req.path }, 'refused');
    } else {
      deps.metrics?.refusals.inc({ door: doorOf(c.req.path), reason: reasonOf(problem) });
      deps.log.debug({ requestId: c.var.requestId, code: problem.code, path: c.req.path }, 'refused');
    }
    if (problem.retryAfterSeconds !== undefined) c.header('Retry-After', String(problem.retryAfterSeconds));
    c.header('Content-Type', 'application/problem+json');
    c.header('Cache-Control', 'no-store');
    return c.body(
      JSON.stringify({
        ...problem.data,
        type: `urn:leasehold:problem:${problem.code}`,
        title: problem.title,
        status: problem.status,
        detail: problem.message,
        code: problem.code,
        requestId: c.var.requestId,
      }),
      problem.status,
    );
  };
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof HTTPException && error.status < 500) {
    return new Problem(
      error.status as 400,
      'request-invalid',
      'The request is malformed',
      `${error.message || 'It could not be read'}. Compare it with the API description and send it again.`,
      { cause: error },
    );
  }
  if (isDatabaseUnavailable(error)) return databaseUnavailable(error);
  return new Problem(
    500,
    'internal-error',
    'Something went wrong on our side',
    'Try again; if it stays, tell support the requestId of this answer.',
    { cause: error },
  );
}

/** PostgreSQL does not answer: nothing was recorded, trying again is right. */
export function databaseUnavailable(cause: unknown): Problem {
  return new Problem(
    503,
    'database-unavailable',
    'The database is not available',
    'Nothing was recorded. Try again in a few seconds.',
    { retryAfterSeconds: 5, cause },
  );
}
