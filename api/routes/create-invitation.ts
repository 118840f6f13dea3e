import { type RouteHandler, z } from '@hono/zod-openapi';
import { mayChangeRole, ROLES } from '#domain/access.ts';
import { defineRoute } from '../access/define-route.ts';
import { organisationOf, signedIn } from '../access/find-account.ts';
import { ownersOnly } from '../access/refuse-access.ts';
import type { ApiEnv } from '../api-env.ts';
import { invite } from '../people/invitations.ts';
import type { PeopleDeps } from '../people/people-deps.ts';
import { problemAnswer } from '../problem-schema.ts';
import { emailAddress } from '../text-schema.ts';
import { accountParams } from './account.ts';
import { invitationSchema } from './list-invitations.ts';

export const createInvitationRoute = defineRoute({
  method: 'post',
  path: '/api/v1/accounts/{accountId}/invitations',
  action: 'members:manage',
  audit: 'invitation.create',
  summary: 'Invites an address by mail',
  description:
    'One invitation is open for each address: a further one replaces it. Owners are invited by owners alone.',
  request: {
    params: accountParams,
    body: {
      required: true,
      content: {
        'application/json': {
          schema: z.object({ email: emailAddress(), role: z.enum(ROLES) }).openapi('NewInvitation'),
        },
      },
    },
  },
  responses: {
    201: { description: 'The mail is on its way.', content: { 'application/json': { schema: invitationSchema } } },
    400: problemAnswer('Malformed.'),
    409: problemAnswer('`member-already`.'),
    429: problemAnswer('More than 50 invitations an hour, or five mails to the address in ten minutes.'),
  },
});

export function createCreateInvitationHandler(deps: {
  people: PeopleDeps;
}): RouteHandler<typeof createInvitationRoute, ApiEnv> {
  return async (c) => {
    const { email, role } = c.req.valid('json');
    c.set('auditNote', { details: { email, role } });
    if (!mayChangeRole(c.var.account.role, null, role)) throw ownersOnly();
    const invitation = await invite(deps.people, {
      organisationId: organisationOf(c.var.account),
      email,
      role,
      inviterUserId: signedIn(c.var.principal).userId,
    });
    c.set('auditNote', { target: invitation.id, details: { email, role } });
    return c.json(invitation, 201);
  };
}
