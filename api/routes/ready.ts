import { createRoute, type RouteHandler, z } from '@hono/zod-openapi';
import { isInTrouble } from '#support/trouble.ts';
import type { ApiEnv } from '../api-env.ts';
import type { CheckReadiness } from '../readiness.ts';
import type { LookAtAccounts } from '../troubled-accounts.ts';

const count = z.number().int().nullable();
const readinessSchema = z
  .object({
    ready: z.boolean(),
    degraded: z.boolean().openapi({ description: 'Everything answers, and some account is in trouble.' }),
    accountsInTrouble: z
      .object({
        'workflow-task-fails': count,
        'workflow-gone': count,
        overdue: count,
        'event-not-acted-on': count,
        'set-aside': count,
      })
      .openapi({ description: 'How many, by kind; null where it could not be looked at.' }),
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
  summary: 'Whether each part that the API needs answers, and whether accounts are in trouble',
  responses: {
    200: { description: 'All parts answer, whether or not accounts are in trouble.', content },
    503: { description: 'At least one does not; the body says which and what to do.', content },
  },
});

export function createReadyHandler(deps: {
  checkReadiness: CheckReadiness;
  lookAtAccounts: LookAtAccounts;
}): RouteHandler<typeof readyRoute, ApiEnv> {
  return async (c) => {
    // Anybody may ask: of accounts it is said how many, and not which.
    const [parts, troubles] = await Promise.all([deps.checkReadiness(), deps.lookAtAccounts()]);
    const ready = parts.every((part) => part.ok);
    const degraded = ready && isInTrouble(troubles);
    return c.json({ ready, degraded, accountsInTrouble: troubles.counts, parts }, ready ? 200 : 503);
  };
}
