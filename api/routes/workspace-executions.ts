import { type RouteHandler, z } from '@hono/zod-openapi';
import { usagePeriod } from '#domain/usage-period.ts';
import { defineRoute } from '../access/define-route.ts';
import type { ReadAccount } from '../accounts/read-account.ts';
import { workspaceNotFound } from '../accounts/refusals.ts';
import type { ApiEnv } from '../api-env.ts';
import { problemAnswer } from '../problem-schema.ts';
import type { Executions } from '../workspaces/executions.ts';
import { instant } from './account-schema.ts';
import { workspaceParams } from './workspace.ts';

const MOST_RECENT = 200;

const countSchema = z.object({
  executions: z.number().int().openapi({ description: 'Those that ran, the failed ones among them.' }),
  failed: z.number().int(),
  lost: z.number().int().openapi({
    description: 'Nobody answered: they may or may not have run, and are not among `executions`.',
  }),
  durationMs: z.number().openapi({ description: 'Of all together.' }),
  durationMaxMs: z.number(),
});

export const workspaceExecutionsRoute = defineRoute({
  method: 'get',
  path: '/api/v1/workspaces/{id}/executions',
  action: 'workspace:read',
  summary: 'Executions of plugins: the newest, and how many in the billing period',
  request: {
    params: workspaceParams,
    query: z.object({
      by: z.enum(['hour', 'day']).default('day'),
      limit: z.coerce.number().int().min(0).max(MOST_RECENT).default(50).openapi({
        description: 'How many of the newest to tell one by one.',
      }),
    }),
  },
  responses: {
    200: {
      description: "Times are the account's own. Single executions are kept for 35 days.",
      content: {
        'application/json': {
          schema: z
            .object({
              period: z.object({ start: instant, end: instant }).openapi({
                description: 'A month from the day of renewal on; a calendar month in UTC without a subscription.',
              }),
              total: countSchema,
              by: z.array(countSchema.extend({ at: instant })).openapi({
                description: 'Hours or days of UTC within the period; those without any are left out.',
              }),
              recent: z.array(
                z
                  .object({
                    id: z.string(),
                    plugin: z.string(),
                    at: instant,
                    outcome: z.enum(['pending', 'done', 'failed', 'lost']),
                    durationMs: z.number().nullable(),
                    reason: z.string().nullable().openapi({ example: 'PLUGIN_TIMEOUT' }),
                  })
                  .openapi('Execution'),
              ),
            })
            .openapi('Executions'),
        },
      },
    },
    400: problemAnswer('Malformed.'),
  },
});

export function createWorkspaceExecutionsHandler(deps: {
  readAccount: ReadAccount;
  executions: Executions;
}): RouteHandler<typeof workspaceExecutionsRoute, ApiEnv> {
  const { readAccount, executions } = deps;
  return async (c) => {
    const { id } = c.var.workspace;
    const { by: unit, limit } = c.req.valid('query');
    const account = await readAccount(c.var.account.accountId);
    if (!account) throw workspaceNotFound();
    const period = usagePeriod(account.subscription, account.now);
    const [total, by, recent] = await Promise.all([
      executions.total(id, period),
      executions.by(id, period, unit),
      executions.recent(id, limit),
    ]);
    return c.json({ period, total, by, recent }, 200);
  };
}
