import { type RouteHandler, z } from '@hono/zod-openapi';
import { defineRoute } from '../access/define-route.ts';
import type { ApiEnv } from '../api-env.ts';
import { problemAnswer } from '../problem-schema.ts';
import type { HistoryRange, ReadUsageHistory } from '../workspaces/usage-history.ts';
import { instant } from './account-schema.ts';
import { workspaceParams } from './workspace.ts';

const range = z.enum(['1h', '24h', '7d', '30d'] satisfies HistoryRange[]);

const pointSchema = z
  .object({
    at: instant.openapi({ description: 'Where the step begins.' }),
    seconds: z.number().int().openapi({ description: 'Seconds of the step in which it ran.' }),
    cpuAvgPercent: z.number().openapi({ description: 'Percent of one core.' }),
    cpuMaxPercent: z.number(),
    cpuLimitPercent: z.number(),
    memoryAvgMb: z.number().openapi({ description: 'Without cache that can simply be dropped.' }),
    memoryMaxMb: z.number(),
    memoryLimitMb: z.number(),
    networkInBytes: z.number(),
    networkOutBytes: z.number(),
    starts: z.number().int().openapi({ description: 'How often it was started.' }),
  })
  .openapi('UsagePoint');

export const workspaceHistoryRoute = defineRoute({
  method: 'get',
  path: '/api/v1/workspaces/{id}/history',
  action: 'workspace:read',
  summary: 'What a workspace used, for up to 30 days',
  request: {
    params: workspaceParams,
    query: z.object({
      range: range.default('1h'),
      points: z.coerce.number().int().min(10).max(3_000).default(360).openapi({
        description: 'How many at most: steps are as long as that takes, 10 s, 1 min or 15 min at least.',
      }),
    }),
  },
  responses: {
    200: {
      description: 'Oldest first; steps in which it did not run are left out. Wall time.',
      content: {
        'application/json': {
          schema: z
            .object({
              range,
              from: instant,
              to: instant,
              stepSeconds: z.number().int(),
              points: z.array(pointSchema),
            })
            .openapi('UsageHistory'),
        },
      },
    },
    400: problemAnswer('Malformed.'),
  },
});

export function createWorkspaceHistoryHandler(deps: {
  readUsageHistory: ReadUsageHistory;
}): RouteHandler<typeof workspaceHistoryRoute, ApiEnv> {
  return async (c) => {
    const { range, points } = c.req.valid('query');
    return c.json(await deps.readUsageHistory(c.var.workspace.id, range, points), 200);
  };
}
