import type { RouteHandler } from '@hono/zod-openapi';
import { mayChangeRole } from '#domain/access.ts';
import { defineRoute } from '../access/define-route.ts';
import { organisationOf } from '../access/find-account.ts';
import { ownersOnly } from '../access/refuse-access.ts';
import type { ApiEnv } from '../api-env.ts';
import { removeMember, roleOf } from '../people/members.ts';
import { memberNotFound } from '../people/owners.ts';
import type { PeopleDeps } from '../people/people-deps.ts';
import { problemAnswer } from '../problem-schema.ts';
import { memberParams } from './change-member-role.ts';

export const removeMemberRoute = defineRoute({
  method: 'delete',
  path: '/api/v1/accounts/{accountId}/members/{userId}',
  action: 'members:manage',
  audit: 'member.remove',
  summary: 'Takes a member out of the organisation',
  description: "Owners are taken out by owners alone. The organisation's keys stay.",
  request: { params: memberParams },
  responses: {
    204: { description: 'Not a member any more.' },
    409: problemAnswer('`last-owner`: an organisation needs one.'),
  },
});

export function createRemoveMemberHandler(deps: {
  people: PeopleDeps;
}): RouteHandler<typeof removeMemberRoute, ApiEnv> {
  return async (c) => {
    const organisationId = organisationOf(c.var.account);
    const { userId } = c.req.valid('param');
    const from = await roleOf(deps.people, { organisationId, userId });
    c.set('auditNote', { details: { from } });
    if (from === null) throw memberNotFound();
    if (!mayChangeRole(c.var.account.role, from, null)) throw ownersOnly();
    await removeMember(deps.people, { organisationId, userId });
    return c.body(null, 204);
  };
}
