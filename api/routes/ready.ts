import { createRoute, type RouteHandler, z } from '@hono/zod-openapi';
import type { ApiEnv } from '../api-env.ts';
import type { CheckReadiness } from '../readiness.ts';

const readinessSchema = z
  .object({
    ready: z.boolean(),
    parts: z.array(
      z.object({
        name: z.enum(['postgres', 'temporal', 'worker']),
        ok: z.boolean(),
        latencyMs: z.number(),
        detail: z.string(),
      }),
    ),
  })
  .openapi('Readiness');

const content = { 'application/json': { schema: readinessSchema } };

export const readyRoute = createRoute({
  method: 'get',
  path: '/ready',
  summary: 'Whether each part that the API needs answers',
  responses: {
    200: { description: 'All parts answer.', content },
    503: { description: 'At least one does not; the body says which and what to do.', content },
  },
});

export function createReadyHandler(deps: { checkReadiness: CheckReadiness }): RouteHandler<typeof readyRoute, ApiEnv> {
  return async (c) => {
    const parts = await deps.checkReadiness();
    const ready = parts.every((part) => part.ok);
    return c.json({ ready, parts }, ready ? 200 : 503);
  };
}
