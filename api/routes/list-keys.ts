import { type RouteHandler, z } from '@hono/zod-openapi';
import { SCOPES } from '#domain/access.ts';
import { defineRoute } from '../access/define-route.ts';
import { ownerOf } from '../access/find-account.ts';
import type { ApiEnv } from '../api-env.ts';
import { listKeys } from '../people/keys.ts';
import type { PeopleDeps } from '../people/people-deps.ts';
import { accountParams } from './account.ts';
import { instant } from './account-schema.ts';

export const listKeysRoute = defineRoute({
  method: 'get',
  path: '/api/v1/accounts/{accountId}/keys',
  action: 'keys:manage',
  summary: 'The API keys of the person or the organisation',
  request: { params: accountParams },
  responses: {
    200: {
      description: 'Newest first, those that are over included. The keys themselves are stored as hashes only.',
      content: {
        'application/json': {
          schema: z.object({
            keys: z.array(
              z
                .object({
                  id: z.string(),
                  name: z.string(),
                  start: z.string().openapi({ description: 'The first characters, to tell it from others.' }),
                  scopes: z.array(z.enum(SCOPES)),
                  state: z.enum(['active', 'expired', 'revoked']),
                  createdAt: instant,
                  expiresAt: instant.nullable(),
                  lastUsedAt: instant.nullable().openapi({ description: 'Exact to a minute.' }),
                })
                .openapi('Key'),
            ),
          }),
        },
      },
    },
  },
});

export function createListKeysHandler(deps: { people: PeopleDeps }): RouteHandler<typeof listKeysRoute, ApiEnv> {
  return async (c) => c.json({ keys: await listKeys(deps.people, ownerOf(c.var.account)) }, 200);
}
