import { type RouteHandler, z } from '@hono/zod-openapi';
import { mayChangeRole, ROLES } from '#domain/access.ts';
import { defineRoute } from '../access/define-route.ts';
import { organisationOf } from '../access/find-account.ts';
import { ownersOnly } from '../access/refuse-access.ts';
import { refuseWhileClosing } from '../accounts/refuse-while-closing.ts';
import type { ApiEnv } from '../api-env.ts';
import { roleOf, setMemberRole } from '../people/members.ts';
import { memberNotFound } from '../people/owners.ts';
import type { PeopleDeps } from '../people/people-deps.ts';
import { problemAnswer } from '../problem-schema.ts';
import { textOf } from '../text-schema.ts';
import { accountParams } from './account.ts';

export const memberParams = accountParams.extend({ userId: textOf('id') });

export const changeMemberRoleRoute = defineRoute({
  method: 'patch',
  path: '/api/v1/accounts/{accountId}/members/{userId}',
  action: 'members:manage',
  audit: 'member.change-role',
  summary: 'Gives a member another role',
  description: 'Owners are made and unmade by owners alone.',
  request: {
    params: memberParams,
    body: { required: true, content: { 'application/json': { schema: z.object({ role: z.enum(ROLES) }) } } },
  },
  responses: {
    200: {
      description: 'The role in force.',
      content: { 'application/json': { schema: z.object({ userId: z.string(), role: z.enum(ROLES) }) } },
    },
    400: problemAnswer('No such role.'),
    409: problemAnswer('`last-owner`: an organisation needs one; `account-closing`: the member is leaving.'),
  },
});

export function createChangeMemberRoleHandler(deps: {
  people: PeopleDeps;
}): RouteHandler<typeof changeMemberRoleRoute, ApiEnv> {
  return async (c) => {
    const organisationId = organisationOf(c.var.account);
    const { userId } = c.req.valid('param');
    const { role } = c.req.valid('json');
    const from = await roleOf(deps.people, { organisationId, userId });
    c.set('auditNote', { details: { from, to: role } });
    if (from === null) throw memberNotFound();
    if (!mayChangeRole(c.var.account.role, from, role)) throw ownersOnly();
    if (role === 'owner') await refuseWhileClosing(deps.people.prisma, userId);
    await setMemberRole(deps.people, { organisationId, userId, role });
    return c.json({ userId, role }, 200);
  };
}
