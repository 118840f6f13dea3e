import { type RouteHandler, z } from '@hono/zod-openapi';
import { ROLES } from '#domain/access.ts';
import { defineOwnRoute } from '../access/define-route.ts';
import { signedIn } from '../access/find-account.ts';
import { refuseWhileClosing } from '../accounts/refuse-while-closing.ts';
import type { ApiEnv } from '../api-env.ts';
import type { Audited } from '../audit/audited.ts';
import type { Principal } from '../auth/principal.ts';
import { acceptInvitation, declineInvitation } from '../people/invitations.ts';
import type { PeopleDeps } from '../people/people-deps.ts';
import { Problem } from '../problem.ts';
import { problemAnswer } from '../problem-schema.ts';
import { textOf } from '../text-schema.ts';

const params = z.object({ invitationId: textOf('id') });
const refusals = {
  404: problemAnswer('No open invitation to the address of whoever asks.'),
  409: problemAnswer('`invitation-closed`: answered, or its time is over. `account-closing`: you are leaving.'),
};

export const acceptInvitationRoute = defineOwnRoute({
  method: 'post',
  path: '/api/v1/invitations/{invitationId}/accept',
  action: 'invitation:answer',
  audit: 'invitation.accept',
  summary: 'Becomes a member of the organisation',
  request: { params },
  responses: {
    200: {
      description: 'A member now.',
      content: {
        'application/json': {
          schema: z.object({ organisationId: z.string(), accountId: z.string().nullable(), role: z.enum(ROLES) }),
        },
      },
    },
    ...refusals,
  },
});

export const declineInvitationRoute = defineOwnRoute({
  method: 'post',
  path: '/api/v1/invitations/{invitationId}/decline',
  action: 'invitation:answer',
  audit: 'invitation.decline',
  summary: 'Does not become a member',
  request: { params },
  responses: { 204: { description: 'Declined.' }, ...refusals },
});

type AcceptHandler = RouteHandler<typeof acceptInvitationRoute, ApiEnv>;
type DeclineHandler = RouteHandler<typeof declineInvitationRoute, ApiEnv>;
interface Deps {
  people: PeopleDeps;
  audited: Audited;
}

/** The organisation's own log gets an entry as well as the person's. */
export function createAcceptInvitationHandler({ people, audited }: Deps): AcceptHandler {
  return async (c) => {
    const { userId, name } = signedIn(c.var.principal);
    const { invitationId } = c.req.valid('param');
    const { accountId, role } = await invitationTo(people, c.var.principal, invitationId);
    const accept = async () => {
      if (role === 'owner') await refuseWhileClosing(people.prisma, userId);
      const accepted = await acceptInvitation(people, { invitationId, userId });
      c.set('auditNote', { details: { role: accepted.role, organisationId: accepted.organisationId } });
      return accepted;
    };
    const change = {
      actor: { kind: 'person', id: userId, name },
      target: userId,
      action: 'invitation.accept',
    } as const;
    const accepted = accountId ? await audited(c, { ...change, log: { accountId } }, accept) : await accept();
    return c.json({ ...accepted, accountId }, 200);
  };
}

/** As `createAcceptInvitationHandler`. */
export function createDeclineInvitationHandler({ people, audited }: Deps): DeclineHandler {
  return async (c) => {
    const { userId, name } = signedIn(c.var.principal);
    const { invitationId } = c.req.valid('param');
    const { accountId } = await invitationTo(people, c.var.principal, invitationId);
    const decline = () => declineInvitation(people, { invitationId, userId });
    const change = {
      actor: { kind: 'person', id: userId, name },
      target: userId,
      action: 'invitation.decline',
    } as const;
    if (accountId) await audited(c, { ...change, log: { accountId } }, decline);
    else await decline();
    return c.body(null, 204);
  };
}

/** An invitation to the person's own address; anybody else's is not there. */
async function invitationTo({ prisma }: PeopleDeps, principal: Principal, id: string) {
  const { email } = signedIn(principal);
  const row = await prisma.invitation.findUnique({
    where: { id },
    select: { email: true, role: true, organisation: { select: { account: { select: { id: true } } } } },
  });
  if (row?.email !== email.toLowerCase()) {
    throw new Problem(
      404,
      'invitation-not-found',
      'There is no such invitation',
      'It may have been taken back, or sent to another address: sign in with that one, or ask for a new invitation.',
    );
  }
  return { role: row.role, accountId: row.organisation.account?.id ?? null };
}
