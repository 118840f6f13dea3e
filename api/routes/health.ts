import { createRoute, type RouteHandler, z } from '@hono/zod-openapi';
import type { ApiEnv } from '../api-env.ts';

export const healthRoute = createRoute({
  method: 'get',
  path: '/health',
  summary: 'The process is up',
  description: 'Says nothing about the parts that it needs: a restart would not bring those back. See /ready.',
  responses: {
    200: {
      description: 'Up.',
      content: { 'application/json': { schema: z.object({ status: z.literal('live') }) } },
    },
  },
});

export const answerHealth: RouteHandler<typeof healthRoute, ApiEnv> = (c) => c.json({ status: 'live' as const }, 200);
