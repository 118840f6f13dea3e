import { type RouteHandler, z } from '@hono/zod-openapi';
import { defineRoute } from '../access/define-route.ts';
import { organisationOf, signedIn } from '../access/find-account.ts';
import { refuseWhileClosing } from '../accounts/refuse-while-closing.ts';
import type { ApiEnv } from '../api-env.ts';
import { transferOwnership } from '../people/members.ts';
import type { PeopleDeps } from '../people/people-deps.ts';
import { problemAnswer } from '../problem-schema.ts';
import { textOf } from '../text-schema.ts';
import { accountParams } from './account.ts';

export const transferOrganisationRoute = defineRoute({
  method: 'post',
  path: '/api/v1/accounts/{accountId}/transfer',
  action: 'account:transfer',
  audit: 'organisation.transfer',
  summary: 'Hands the organisation over to another member',
  description: 'The member becomes an owner and whoever asks an admin, both or neither.',
  request: {
    params: accountParams,
    body: {
      required: true,
      content: { 'application/json': { schema: z.object({ userId: textOf('id') }) } },
    },
  },
  responses: {
    204: { description: 'Handed over.' },
    400: problemAnswer('Malformed.'),
    409: problemAnswer('`account-closing`: the member is leaving.'),
  },
});

export function createTransferOrganisationHandler(deps: {
  people: PeopleDeps;
}): RouteHandler<typeof transferOrganisationRoute, ApiEnv> {
  return async (c) => {
    const { userId: toUserId } = c.req.valid('json');
    c.set('auditNote', { target: toUserId });
    await refuseWhileClosing(deps.people.prisma, toUserId);
    await transferOwnership(deps.people, {
      organisationId: organisationOf(c.var.account),
      fromUserId: signedIn(c.var.principal).userId,
      toUserId,
    });
    return c.body(null, 204);
  };
}
