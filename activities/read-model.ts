import { ApplicationFailure } from '@temporalio/activity';
import type { StoredState } from '#domain/stored-account.ts';
import type { PrismaClient } from '#prisma/client.ts';
import type { SubscriptionActivities } from './contracts.ts';
import { lockCustomer } from './money.ts';
import { saveAccount } from './save-account.ts';

/** The workflow's writes to PostgreSQL: the only writer of `account`, `deleted_account`, `workspace` and `timeline_entry`;
 * it keeps `placement` as the state has it. */
export function createReadModelActivities(deps: {
  prisma: PrismaClient;
}): Pick<SubscriptionActivities, 'loadAccount' | 'claimCustomer' | 'saveAccount' | 'deleteAccount'> {
  const { prisma } = deps;
  return {
    async loadAccount({ accountId }) {
      const row = await prisma.account.findUnique({ where: { id: accountId }, select: { state: true } });
      return (row?.state as unknown as StoredState | undefined) ?? null;
    },

    async claimCustomer({ accountId, stripeCustomerId }) {
      const isFree = { OR: [{ stripeCustomerId: null }, { stripeCustomerId }] };
      try {
        const { count } = await prisma.account.updateMany({
          where: { id: accountId, ...isFree },
          data: { stripeCustomerId },
        });
        return { claimed: count > 0 };
      } catch (error) {
        if (isUniqueViolation(error)) return { claimed: false };
        throw error;
      }
    },

    saveAccount: (input) => saveAccount(prisma, input),

    async deleteAccount({ accountId, stripeCustomerId, now }) {
      await prisma.$transaction(async (tx) => {
        const account = await tx.account.findUnique({
          where: { id: accountId },
          select: { userId: true, organisationId: true },
        });
        if (account?.userId) await refuseSoleOwner(tx, account.userId);
        const tombstone = { id: accountId, stripeCustomerId, deletedAt: new Date(now) };
        await tx.deletedAccount.createMany({ data: tombstone, skipDuplicates: true });
        if (stripeCustomerId !== null) {
          await lockCustomer(tx, stripeCustomerId);
          await tx.stripeCustomer.deleteMany({ where: { id: stripeCustomerId } });
        }
        await tx.setAside.deleteMany({ where: { accountId } });
        await tx.account.deleteMany({ where: { id: accountId } });
        if (account?.userId) {
          // Links to reset a password name the person and hang on no row of theirs.
          await tx.verification.deleteMany({ where: { value: account.userId } });
          await tx.user.deleteMany({ where: { id: account.userId } });
        }
        if (account?.organisationId) await tx.organisation.deleteMany({ where: { id: account.organisationId } });
      });
    },
  };
}

/** Prisma's code for a value that another row has. */
function isUniqueViolation(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'P2002';
}

/** Nobody becomes sole owner while leaving; should it have happened in between, the organisation is not left ownerless. */
async function refuseSoleOwner(tx: Transaction, userId: string): Promise<void> {
  const owned = await tx.organisation.findMany({
    where: { members: { some: { userId, role: 'owner' }, none: { userId: { not: userId }, role: 'owner' } } },
    select: { id: true },
  });
  if (owned.length === 0) return;
  const ids = owned.map(({ id }) => id).join(', ');
  throw ApplicationFailure.retryable(
    `This person alone owns organisation ${ids}. Make somebody else its owner, or close it; then they are deleted.`,
    'SoleOwner',
  );
}

type Transaction = Parameters<Parameters<PrismaClient['$transaction']>[0]>[0];
