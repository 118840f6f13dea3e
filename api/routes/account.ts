import { type RouteHandler, z } from '@hono/zod-openapi';
import { defineRoute } from '../access/define-route.ts';
import type { ReadAccount } from '../accounts/read-account.ts';
import { accountNotFound } from '../accounts/refusals.ts';
import type { ApiEnv } from '../api-env.ts';
import { textOf } from '../text-schema.ts';
import { accountSchema } from './account-schema.ts';

export const accountParams = z.object({ accountId: textOf('id').openapi({ example: 'u-6f1d' }) });

export const accountRoute = defineRoute({
  method: 'get',
  path: '/api/v1/accounts/{accountId}',
  action: 'account:read',
  summary: 'How the account stands and what happens next',
  request: {
    params: accountParams,
    query: z.object({
      minVersion: z.coerce.number().int().min(0).optional().openapi({
        description: 'Waits up to 2 s for this version, so that a page sees its own change.',
      }),
    }),
  },
  responses: {
    200: {
      description: 'Live from the workflow, or as last saved when no worker answers within 1 s.',
      content: { 'application/json': { schema: accountSchema } },
    },
  },
});

export function createAccountHandler(deps: { readAccount: ReadAccount }): RouteHandler<typeof accountRoute, ApiEnv> {
  return async (c) => {
    const account = await deps.readAccount(c.var.account.accountId, c.req.valid('query'));
    if (!account) throw accountNotFound();
    return c.json(account, 200);
  };
}
