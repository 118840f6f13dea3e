import { createRoute, type RouteHandler, z } from '@hono/zod-openapi';
import type { ReadAccount } from '../accounts/read-account.ts';
import type { ReadModel } from '../accounts/read-model.ts';
import type { ApiEnv } from '../api-env.ts';
import { Problem } from '../problem.ts';
import { problemAnswer } from '../problem-schema.ts';
import { accountSchema } from './account-schema.ts';
import { sessionSecurity } from './session-security.ts';

export const accountRoute = createRoute({
  method: 'get',
  path: '/api/v1/account',
  summary: 'How the account stands and what happens next',
  security: sessionSecurity,
  request: {
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
    401: problemAnswer('Not signed in.'),
    404: problemAnswer('No account yet.'),
  },
});

export function createAccountHandler(deps: {
  readModel: ReadModel;
  readAccount: ReadAccount;
}): RouteHandler<typeof accountRoute, ApiEnv> {
  return async (c) => {
    const owned = await deps.readModel.accountOf(c.var.visitor.userId);
    const account = owned && (await deps.readAccount(owned.accountId, c.req.valid('query')));
    if (!account) throw accountNotFound();
    return c.json(account, 200);
  };
}

export function accountNotFound(): Problem {
  return new Problem(
    404,
    'account-not-found',
    'There is no account',
    'You are signed in, but no account belongs to you yet. Ask support to open one.',
  );
}
