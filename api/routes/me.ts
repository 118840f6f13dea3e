import { setTimeout as delay } from 'node:timers/promises';
import { type RouteHandler, z } from '@hono/zod-openapi';
import { ROLES, SCOPES } from '#domain/access.ts';
import type { PrismaClient } from '#prisma/client.ts';
import type { Logger } from '#telemetry/logger.ts';
import { defineOwnRoute } from '../access/define-route.ts';
import { referenceOf } from '../access/find-account.ts';
import type { AccountSummary, ListAccounts } from '../accounts/list-accounts.ts';
import type { OpenAccount } from '../accounts/open-account.ts';
import type { ApiEnv } from '../api-env.ts';
import type { FindActor } from '../audit/find-actor.ts';
import { DEMO_USER } from '../auth/ensure-demo-user.ts';
import { listInvitationsFor } from '../people/invitations.ts';
import { instant } from './account-schema.ts';

const OPENED_WITHIN_MS = 2_000;
const POLL_MS = 100;

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
  description: "A person's own account is opened when it is missing.",
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
  log: Logger;
  findActor: FindActor;
  listAccounts: ListAccounts;
  openAccount: OpenAccount;
}): RouteHandler<typeof meRoute, ApiEnv> {
  const { prisma, log, findActor, listAccounts, openAccount } = deps;

  /** The person's accounts, their own among them if it can be had; else what to tell them. */
  async function accountsOf(userId: string): Promise<{ accounts: AccountSummary[]; notice: string | null }> {
    const whose = { kind: 'user', id: userId } as const;
    const lacksOwn = (list: AccountSummary[]) => list.every((each) => each.audience !== 'personal');
    let accounts = await listAccounts(whose);
    if (!lacksOwn(accounts) || userId === DEMO_USER.id) return { accounts, notice: null };
    try {
      if ((await openAccount({ userId })) === null) return { accounts, notice: null };
      const giveUpAt = performance.now() + OPENED_WITHIN_MS;
      while (lacksOwn(accounts) && performance.now() < giveUpAt) {
        await delay(POLL_MS);
        accounts = await listAccounts(whose);
      }
    } catch (err) {
      log.warn({ err, userId }, 'the account could not be opened; it is tried again at the next look');
    }
    const notice = lacksOwn(accounts) ? 'Your account is being opened. Look again in a moment.' : null;
    return { accounts, notice };
  }

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
      accountsOf(userId),
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
