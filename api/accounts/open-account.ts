import { type Catalog, freePlanOf } from '#domain/catalog.ts';
import { firstSizeOf } from '#domain/open-account.ts';
import type { PrismaClient } from '#prisma/client.ts';
import type { Logger } from '#telemetry/logger.ts';
import {
  type Opening,
  SUBSCRIPTION_TASK_QUEUE,
  SUBSCRIPTION_WORKFLOW,
  type SubscriptionInput,
  subscriptionWorkflowId,
} from '#workflows/subscription/messages.ts';
import type { TemporalLink } from '../temporal.ts';
import type { ReserveHost } from './reserve-host.ts';

/** Whose account it is to be. */
export type AccountOwner = { userId: string } | { organisationId: string; openedBy: string };

/**
 * Opens the account of a person or an organisation, on the free plan, with a workspace `main` where that plan has one and
 * a host is there. Resolves with its id once its workflow is started, which stores it a moment later; with `null` where the
 * catalog has nothing for such an owner, or the account was closed. Safe to repeat: an account that is there stays as it is.
 */
export type OpenAccount = (owner: AccountOwner) => Promise<string | null>;

/** The id that the account of an owner has. */
export function accountIdOf(owner: AccountOwner): string {
  return 'organisationId' in owner ? `o-${owner.organisationId}` : `u-${owner.userId}`;
}

/** Whether the catalog has a plan to begin with. */
export function isOffered(catalog: Catalog, owner: 'personal' | 'organisation'): boolean {
  return catalog.freePlans[owner] !== undefined;
}

/** @param deadlineMs how long Temporal may take: a sign-in waits for it. Default 2,000. */
export function createOpenAccount(
  deps: { prisma: PrismaClient; temporal: TemporalLink; catalog: Catalog; hosting: ReserveHost; log: Logger },
  deadlineMs = 2_000,
): OpenAccount {
  const { prisma, temporal, catalog, hosting, log } = deps;

  async function firstWorkspaces(
    accountId: string,
    audience: 'personal' | 'organisation',
  ): Promise<Opening['workspaces']> {
    const plan = freePlanOf(catalog, audience);
    if (!plan.pool?.workspaces) return [];
    try {
      const id = `${accountId}-main`;
      return [{ id, name: 'main', hostId: await hosting.forWorkspace(id, plan.id, firstSizeOf(catalog, audience)) }];
    } catch (err) {
      // It can be created later; the account can't wait for a host.
      log.warn({ err, accountId }, 'the account is opened without a workspace');
      return [];
    }
  }

  return async (owner) => {
    const isOrganisation = 'organisationId' in owner;
    const audience = isOrganisation ? 'organisation' : 'personal';
    if (!isOffered(catalog, audience)) return null;
    const accountId = accountIdOf(owner);
    const present = await prisma.account.findUnique({
      where: isOrganisation ? { organisationId: owner.organisationId } : { userId: owner.userId },
      select: { id: true },
    });
    if (present) return present.id;
    if (await prisma.deletedAccount.findUnique({ where: { id: accountId }, select: { id: true } })) return null;
    const input: SubscriptionInput = {
      accountId,
      opening: {
        ownerUserId: isOrganisation ? owner.openedBy : owner.userId,
        ...(isOrganisation ? { organisationId: owner.organisationId } : {}),
        stripeCustomerId: null,
        audience,
        workspaces: await firstWorkspaces(accountId, audience),
      },
    };
    await temporal.connection.withDeadline(Date.now() + deadlineMs, () =>
      temporal.client.workflow.start(SUBSCRIPTION_WORKFLOW, {
        workflowId: subscriptionWorkflowId(accountId),
        workflowIdConflictPolicy: 'USE_EXISTING',
        taskQueue: SUBSCRIPTION_TASK_QUEUE,
        args: [input],
        staticSummary: `Subscription of account ${accountId}`,
      }),
    );
    return accountId;
  };
}
