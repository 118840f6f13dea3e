import type { RouteHandler } from '@hono/zod-openapi';
import { defineRoute } from '../access/define-route.ts';
import { organisationOf, signedIn } from '../access/find-account.ts';
import type { ApiEnv } from '../api-env.ts';
import { removeMember } from '../people/members.ts';
import type { PeopleDeps } from '../people/people-deps.ts';
import { problemAnswer } from '../problem-schema.ts';
import { accountParams } from './account.ts';

export const leaveOrganisationRoute = defineRoute({
  method: 'post',
  path: '/api/v1/accounts/{accountId}/leave',
  action: 'account:leave',
  audit: 'member.leave',
  summary: 'Whoever asks is not a member any more',
  request: { params: accountParams },
  responses: {
    204: { description: 'Not a member any more.' },
    409: problemAnswer('`last-owner`: hand the organisation over first, or close its account.'),
  },
});

export function createLeaveOrganisationHandler(deps: {
  people: PeopleDeps;
}): RouteHandler<typeof leaveOrganisationRoute, ApiEnv> {
  return async (c) => {
    const { userId } = signedIn(c.var.principal);
    c.set('auditNote', { target: userId, details: { from: c.var.account.role } });
    await removeMember(deps.people, { organisationId: organisationOf(c.var.account), userId });
    return c.body(null, 204);
  };
}
