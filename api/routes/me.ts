import { type RouteHandler, z } from '@hono/zod-openapi';
import { ROLES, SCOPES } from '#domain/access.ts';
import type { PrismaClient } from '#prisma/client.ts';
import { defineOwnRoute } from '../access/define-route.ts';
import { referenceOf } from '../access/find-account.ts';
import type { EnsureAccounts } from '../accounts/ensure-accounts.ts';
import type { ListAccounts } from '../accounts/list-accounts.ts';
import type { ApiEnv } from '../api-env.ts';
import type { FindActor } from '../audit/find-actor.ts';
import { listInvitationsFor } from '../people/invitations.ts';
import { instant } from './account-schema.ts';

const accountSummarySchema = z
  .object({
    accountId: z.string(),
    audience: z.enum(['personal', 'organisation']),
    name: z.string().openapi({ description: "The person's or the organisation's." }),
    role: z.enum(ROLES),
    planName: z.string(),
    standing: z.enum(['free', 'incomplete', 'trialing', 'active', 'grace', 'paused', 'suspended', 'canceled']),
    isHeld: z.boolean().openapi({ description: 'Nothing can be started or created: suspended, ended or on hold.' }),
    closing: z
      .object({ stage: z.enum(['canceling', 'retained', 'deleting']), deleteAt: instant.nullable() })
      .nullable(),
  })
  .openapi('AccountSummary');

export const meRoute = defineOwnRoute({
  method: 'get',
  path: '/api/v1/me',
  action: 'self:read',
  summary: 'Who asks, which accounts they have, and which invitations wait for them',
  description: "An account of the person's, or of an organisation of theirs, is opened when it is missing.",
  responses: {
    200: {
      description: 'Accounts as last saved: the own one first.',
      content: {
        'application/json': {
          schema: z
            .object({
              user: z
                .object({
                  id: z.string(),
                  name: z.string(),
                  email: z.string(),
                  emailVerified: z.boolean(),
                  twoFactorEnabled: z.boolean(),
                })
                .nullable()
                .openapi({ description: 'Null for a key.' }),
              key: z
                .object({ id: z.string(), name: z.string(), scopes: z.array(z.enum(SCOPES)) })
                .nullable()
                .openapi({ description: 'Null for a person.' }),
              accounts: z.array(accountSummarySchema),
              invitations: z.array(
                z.object({
                  id: z.string(),
                  organisationName: z.string(),
                  role: z.enum(ROLES),
                  inviterName: z.string(),
                  expiresAt: instant,
                }),
              ),
              notice: z
                .string()
                .nullable()
                .openapi({ description: 'For people: why the own account is not in the list yet.' }),
            })
            .openapi('Me'),
        },
      },
    },
  },
});

export function createMeHandler(deps: {
  prisma: PrismaClient;
  findActor: FindActor;
  listAccounts: ListAccounts;
  ensureAccounts: EnsureAccounts;
}): RouteHandler<typeof meRoute, ApiEnv> {
  const { prisma, findActor, listAccounts, ensureAccounts } = deps;

  return async (c) => {
    const { principal } = c.var;
    if (principal.kind === 'key') {
      const { name } = await findActor(principal);
      const key = { id: principal.keyId, name, scopes: principal.scopes };
      const accounts = await listAccounts(referenceOf(principal));
      return c.json({ user: null, key, accounts, invitations: [], notice: null }, 200);
    }
    const { userId } = principal;
    const [user, { accounts, notice }, invitations] = await Promise.all([
      prisma.user.findUniqueOrThrow({
        where: { id: userId },
        select: { id: true, name: true, email: true, emailVerified: true, twoFactorEnabled: true },
      }),
      ensureAccounts(userId),
      listInvitationsFor({ prisma }, userId),
    ]);
    const waiting = invitations.map(({ id, organisationName, role, invitedBy, expiresAt }) => ({
      id,
      organisationName,
      role,
      inviterName: invitedBy,
      expiresAt,
    }));
    return c.json({ user, key: null, accounts, invitations: waiting, notice }, 200);
  };
}
