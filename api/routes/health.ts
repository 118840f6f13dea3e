import { createRoute, type RouteHandler, z } from '@hono/zod-openapi';
import type { ApiEnv } from '../api-env.ts';
import type { BillingSwitch } from '../billing/with-billing.ts';

export const healthRoute = createRoute({
  method: 'get',
  path: '/health',
  summary: 'The process is up',
  description:
    'Says nothing about the parts that it needs: a restart would not bring those back. See /ready. Billing may be off, and says then what to set.',
  responses: {
    200: {
      description: 'Up.',
      content: {
        'application/json': {
          schema: z.object({
            status: z.literal('live'),
            billing: z.object({ on: z.boolean(), detail: z.string() }),
          }),
        },
      },
    },
  },
});

export function createHealthHandler(deps: { billing: BillingSwitch }): RouteHandler<typeof healthRoute, ApiEnv> {
  return (c) => c.json({ status: 'live' as const, billing: deps.billing }, 200);
}
