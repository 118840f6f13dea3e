import { ApplicationFailure } from '@temporalio/activity';
import type { AccountState } from '#domain/account-state.ts';
import { hostsTaken } from '#domain/moves.ts';
import type { StoredState } from '#domain/stored-account.ts';
import type { PrismaClient } from '#prisma/client.ts';
import type { SaveAccountInput, SubscriptionActivities } from './contracts.ts';
import { lockCustomer } from './money.ts';

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

    async saveAccount(input) {
      await prisma.$transaction(async (tx) => {
        const { accountId } = input.state;
        if (await tx.deletedAccount.findUnique({ where: { id: accountId }, select: { id: true } })) return;
        if (await storeAccount(tx, input)) {
          await storeWorkspaces(tx, input.state);
          await storePlacements(tx, input.state.workspaces);
        }
        await tx.timelineEntry.createMany({
          data: input.happened.map((each) => ({ ...each, accountId })),
          skipDuplicates: true,
        });
        const { eventIds, outcome } = input.actedOn;
        if (eventIds.length > 0) {
          await tx.stripeEvent.updateMany({
            where: { id: { in: eventIds }, actedAt: null },
            data: { actedAt: new Date(), outcome },
          });
        }
      });
    },

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

/** A move reserves its room before the state says that it has begun. */
const RESERVED_AHEAD_MINUTES = 5;

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

/** `false` when a newer version is stored already: an older one never overwrites it. */
async function storeAccount(tx: Transaction, { state, view, nextDeadline }: SaveAccountInput): Promise<boolean> {
  const graceEndsAt = state.standing === 'grace' ? (state.dunning?.suspendAt ?? null) : null;
  const { organisationId } = state;
  const userId = organisationId === null ? state.ownerUserId : null;
  // A customer that was claimed meanwhile is not let go: accounts keep theirs for good.
  const stored = await tx.$executeRaw`
    INSERT INTO account (id, user_id, organisation_id, stripe_customer_id, plan_id, standing, standing_since, grace_ends_at,
                         version, state, view, next_deadline, saved_at, updated_at)
    VALUES (${state.accountId}, ${userId}, ${organisationId}, ${state.stripeCustomerId}, ${state.plan.id}, ${state.standing},
            ${state.standingSince}::timestamptz, ${graceEndsAt}::timestamptz, ${state.version},
            ${JSON.stringify(state)}::jsonb, ${JSON.stringify(view)}::jsonb, ${nextDeadline}::timestamptz,
            ${view.now}::timestamptz, now())
    ON CONFLICT (id) DO UPDATE SET
      user_id = EXCLUDED.user_id, organisation_id = EXCLUDED.organisation_id,
      stripe_customer_id = COALESCE(EXCLUDED.stripe_customer_id, account.stripe_customer_id),
      plan_id = EXCLUDED.plan_id, standing = EXCLUDED.standing, standing_since = EXCLUDED.standing_since,
      grace_ends_at = EXCLUDED.grace_ends_at, version = EXCLUDED.version, state = EXCLUDED.state,
      view = EXCLUDED.view, next_deadline = EXCLUDED.next_deadline, saved_at = EXCLUDED.saved_at, updated_at = now()
    WHERE account.version <= EXCLUDED.version`;
  return stored > 0;
}

async function storeWorkspaces(tx: Transaction, state: AccountState): Promise<void> {
  for (const workspace of state.workspaces) {
    const { id, name, hostId, ownerWants, desired, observed } = workspace;
    const row = {
      accountId: state.accountId,
      hostId,
      name,
      ownerWants,
      desiredState: desired.state,
      desiredGeneration: desired.generation,
      memoryMb: desired.size.memoryMb,
      cpuPercent: desired.size.cpuPercent,
      storageMb: desired.size.storageMb,
      observedState: observed?.state ?? null,
      observedGeneration: observed?.generation ?? null,
      containerId: observed?.containerId ?? null,
      reason: observed?.reason ?? null,
    };
    // An id that is another account's (only a hand-made Update could bring one) takes nothing from it.
    const { count } = await tx.workspace.updateMany({ where: { id, accountId: state.accountId }, data: row });
    if (count === 0) await tx.workspace.createMany({ data: { id, ...row }, skipDuplicates: true });
  }
}

/** What workspaces take of hosts is what the state says. A promise that it does not know of yet is left alone. */
async function storePlacements(tx: Transaction, workspaces: AccountState['workspaces']): Promise<void> {
  const ids = workspaces.map(({ id }) => id);
  const taken = workspaces.flatMap((workspace) => {
    const { memoryMb, cpuPercent } = workspace.desired.size;
    return hostsTaken(workspace).map((hostId) => ({ workspaceId: workspace.id, hostId, memoryMb, cpuPercent }));
  });
  await tx.$executeRaw`
    WITH taken AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(taken)}::jsonb)
        AS each("workspaceId" text, "hostId" text, "memoryMb" int, "cpuPercent" int)
    ), given_back AS (
      DELETE FROM placement WHERE workspace_id = ANY (${ids})
        AND (confirmed OR reserved_at < now() - make_interval(mins => ${RESERVED_AHEAD_MINUTES}::int))
        AND NOT EXISTS (
          SELECT FROM taken WHERE "workspaceId" = placement.workspace_id AND "hostId" = placement.host_id
        )
    )
    INSERT INTO placement (workspace_id, host_id, memory_mb, cpu_percent, confirmed)
    SELECT "workspaceId", "hostId", "memoryMb", "cpuPercent", true FROM taken
    ON CONFLICT (workspace_id, host_id) DO UPDATE
      SET memory_mb = EXCLUDED.memory_mb, cpu_percent = EXCLUDED.cpu_percent, confirmed = true
    WHERE (placement.memory_mb, placement.cpu_percent, placement.confirmed)
      IS DISTINCT FROM (EXCLUDED.memory_mb, EXCLUDED.cpu_percent, true)`;
}
