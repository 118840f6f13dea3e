import { type RouteHandler, z } from '@hono/zod-openapi';
import { ROLES } from '#domain/access.ts';
import { defineRoute } from '../access/define-route.ts';
import { organisationOf } from '../access/find-account.ts';
import type { ApiEnv } from '../api-env.ts';
import { listInvitations } from '../people/invitations.ts';
import type { PeopleDeps } from '../people/people-deps.ts';
import { accountParams } from './account.ts';
import { instant } from './account-schema.ts';

export const invitationSchema = z
  .object({
    id: z.string(),
    organisationId: z.string(),
    organisationName: z.string(),
    email: z.string(),
    role: z.enum(ROLES),
    invitedBy: z.string(),
    expiresAt: instant,
    expired: z.boolean(),
  })
  .openapi('Invitation');

export const listInvitationsRoute = defineRoute({
  method: 'get',
  path: '/api/v1/accounts/{accountId}/invitations',
  action: 'members:manage',
  summary: 'The open invitations of the organisation',
  request: { params: accountParams },
  responses: {
    200: {
      description: 'Newest first.',
      content: { 'application/json': { schema: z.object({ invitations: z.array(invitationSchema) }) } },
    },
  },
});

export function createListInvitationsHandler(deps: {
  people: PeopleDeps;
}): RouteHandler<typeof listInvitationsRoute, ApiEnv> {
  return async (c) => c.json({ invitations: await listInvitations(deps.people, organisationOf(c.var.account)) }, 200);
}
