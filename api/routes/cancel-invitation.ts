import type { RouteHandler } from '@hono/zod-openapi';
import { defineRoute } from '../access/define-route.ts';
import { organisationOf } from '../access/find-account.ts';
import type { ApiEnv } from '../api-env.ts';
import { cancelInvitation } from '../people/invitations.ts';
import type { PeopleDeps } from '../people/people-deps.ts';
import { textOf } from '../text-schema.ts';
import { accountParams } from './account.ts';

export const cancelInvitationRoute = defineRoute({
  method: 'delete',
  path: '/api/v1/accounts/{accountId}/invitations/{invitationId}',
  action: 'members:manage',
  audit: 'invitation.cancel',
  summary: 'Takes an invitation back',
  request: { params: accountParams.extend({ invitationId: textOf('id') }) },
  responses: { 204: { description: 'It can not be accepted any more.' } },
});

export function createCancelInvitationHandler(deps: {
  people: PeopleDeps;
}): RouteHandler<typeof cancelInvitationRoute, ApiEnv> {
  return async (c) => {
    const { invitationId } = c.req.valid('param');
    await cancelInvitation(deps.people, { organisationId: organisationOf(c.var.account), invitationId });
    return c.body(null, 204);
  };
}
