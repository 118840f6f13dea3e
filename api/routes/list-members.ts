import { type RouteHandler, z } from '@hono/zod-openapi';
import { ROLES } from '#domain/access.ts';
import { defineRoute } from '../access/define-route.ts';
import { organisationOf } from '../access/find-account.ts';
import type { ApiEnv } from '../api-env.ts';
import { listMembers } from '../people/members.ts';
import type { PeopleDeps } from '../people/people-deps.ts';
import { accountParams } from './account.ts';
import { instant } from './account-schema.ts';

export const listMembersRoute = defineRoute({
  method: 'get',
  path: '/api/v1/accounts/{accountId}/members',
  action: 'members:read',
  summary: 'Who belongs to the organisation',
  request: { params: accountParams },
  responses: {
    200: {
      description: 'Whoever joined first comes first.',
      content: {
        'application/json': {
          schema: z.object({
            members: z.array(
              z
                .object({
                  userId: z.string(),
                  name: z.string(),
                  email: z.string(),
                  role: z.enum(ROLES),
                  since: instant,
                })
                .openapi('Member'),
            ),
          }),
        },
      },
    },
  },
});

export function createListMembersHandler(deps: { people: PeopleDeps }): RouteHandler<typeof listMembersRoute, ApiEnv> {
  return async (c) => c.json({ members: await listMembers(deps.people, organisationOf(c.var.account)) }, 200);
}
