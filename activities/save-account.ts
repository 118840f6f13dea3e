import type { AccountState, WorkspaceState } from '#domain/account-state.ts';
import { hostsTaken } from '#domain/moves.ts';
import type { PrismaClient } from '#prisma/client.ts';
import type { SaveAccountInput } from './contracts.ts';
import { databaseRefusalOf } from './database-refusal.ts';
import { keepSetAside, type SetAsidePart } from './set-aside.ts';
import { storable } from './storable.ts';

type Transaction = Parameters<Parameters<PrismaClient['$transaction']>[0]>[0];

/** A move reserves its room before the state says that it has begun. */
const RESERVED_AHEAD_MINUTES = 5;
/** Less than the workflow gives a try. */
const WITHIN = { timeout: 12_000 };
/** Texts of one save that are kept for support. */
const MOST_TEXTS = 20;

/**
 * Stores state, view and history in one transaction. What PostgreSQL refuses for what it says does not keep the rest from being stored:
 * it is set aside for support, part by part, and texts that no column can hold are stored with U+FFFD in place of what is refused.
 *
 * @returns how many parts were set aside
 * @throws what a database that is away, busy or full throws: the same again may succeed
 */
export async function saveAccount(prisma: PrismaClient, input: SaveAccountInput): Promise<{ setAside: number }> {
  try {
    await prisma.$transaction(async (tx) => {
      for (const { store } of await partsOf(tx, input)) await store();
    }, WITHIN);
    return { setAside: 0 };
  } catch (error) {
    if (databaseRefusalOf(error) === null) throw error;
  }
  return saveInParts(prisma, input);
}

async function saveInParts(prisma: PrismaClient, input: SaveAccountInput): Promise<{ setAside: number }> {
  const { value: cleaned, replaced } = storable(input);
  const setAside: SetAsidePart[] = replaced.slice(0, MOST_TEXTS).map(({ path, text }) => ({
    what: 'text',
    about: path,
    refusal: { code: '22021', reason: 'PostgreSQL stores neither NUL nor half characters' },
    content: text,
  }));
  await prisma.$transaction(async (tx) => {
    for (const part of await partsOf(tx, cleaned)) {
      setAside.push(...(await storePart(tx, part)));
    }
    await keepSetAside(tx, input.state.accountId, setAside);
  }, WITHIN);
  return { setAside: setAside.length };
}

/** @returns what of a part is refused: halves of what can be halved, the whole of all else */
async function storePart(tx: Transaction, part: Part): Promise<SetAsidePart[]> {
  const refusal = await refusalOf(tx, part.store);
  if (refusal === null) return [];
  const halves = part.halves?.() ?? [];
  if (halves.length > 0) {
    const refused: SetAsidePart[] = [];
    for (const half of halves) refused.push(...(await storePart(tx, half)));
    return refused;
  }
  // What hosts and deadlines rest on is stored all the same.
  for (const core of part.core ?? []) if ((await refusalOf(tx, core)) === null) break;
  const { what, about, content } = part;
  return [{ what, about, refusal, content }];
}

/** Tries a part behind a savepoint. @returns why PostgreSQL refuses it, or `null` when it is stored */
async function refusalOf(tx: Transaction, store: () => Promise<unknown>) {
  await tx.$executeRaw`SAVEPOINT part`;
  try {
    await store();
    await tx.$executeRaw`RELEASE SAVEPOINT part`;
    return null;
  } catch (error) {
    const refusal = databaseRefusalOf(error);
    if (refusal === null) throw error;
    await tx.$executeRaw`ROLLBACK TO SAVEPOINT part`;
    return refusal;
  }
}

interface Part extends Pick<SetAsidePart, 'what' | 'about' | 'content'> {
  store: () => Promise<unknown>;
  /** Less and less of it, where it is refused whole: the first that is taken counts. */
  core?: (() => Promise<unknown>)[];
  /** The same in two, to find what of it is refused; empty where there is but one. */
  halves?: () => Part[];
}

/** What is to be stored, in order. Nothing of an account that is deleted. */
async function partsOf(tx: Transaction, input: SaveAccountInput): Promise<Part[]> {
  const { state, happened, actedOn } = input;
  const { accountId } = state;
  if (await tx.deletedAccount.findUnique({ where: { id: accountId }, select: { id: true } })) return [];
  let isNewest = false;
  const account = async (changed: SaveAccountInput) => {
    isNewest = await storeAccount(tx, changed);
  };
  const ifNewest = (store: () => Promise<unknown>) => async () => {
    if (isNewest) await store();
  };
  return [
    {
      ...{ what: 'account', about: accountId, content: state, store: () => account(input) },
      core: [() => account({ ...input, state: { ...state, stripeCustomerId: null } })],
    },
    ...state.workspaces.map((workspace): Part => {
      const row = rowOf(accountId, workspace);
      const { hostId, ownerWants, desiredState, desiredGeneration } = row;
      const core = { hostId, ownerWants, desiredState, desiredGeneration };
      return {
        ...{ what: 'workspace', about: workspace.id, content: row },
        store: ifNewest(() => storeWorkspace(tx, accountId, workspace.id, row)),
        core: [ifNewest(() => tx.workspace.updateMany({ where: { id: workspace.id, accountId }, data: core }))],
      };
    }),
    {
      ...{ what: 'placements', about: accountId, content: null },
      store: ifNewest(() => storePlacements(tx, state.workspaces)),
    },
    timelinePart(tx, accountId, happened),
    { what: 'events', about: accountId, content: actedOn, store: () => settleEvents(tx, actedOn) },
  ];
}

function timelinePart(tx: Transaction, accountId: string, entries: SaveAccountInput['happened']): Part {
  const middle = Math.ceil(entries.length / 2);
  const [first] = entries;
  return {
    ...{ what: 'timeline-entry', about: first?.id ?? '', content: entries },
    store: async () => {
      if (entries.length === 0) return;
      const data = entries.map((entry) => ({ ...entry, accountId }));
      await tx.timelineEntry.createMany({ data, skipDuplicates: true });
    },
    halves: () =>
      entries.length < 2
        ? []
        : [entries.slice(0, middle), entries.slice(middle)].map((half) => timelinePart(tx, accountId, half)),
  };
}

async function settleEvents(tx: Transaction, { eventIds, outcome }: SaveAccountInput['actedOn']): Promise<void> {
  if (eventIds.length === 0) return;
  await tx.stripeEvent.updateMany({
    where: { id: { in: eventIds }, actedAt: null },
    data: { actedAt: new Date(), outcome },
  });
}

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

function rowOf(accountId: string, { name, hostId, ownerWants, desired, observed }: WorkspaceState) {
  return {
    accountId,
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
}

async function storeWorkspace(
  tx: Transaction,
  accountId: string,
  id: string,
  row: ReturnType<typeof rowOf>,
): Promise<void> {
  // An id that is another account's (only a hand-made Update could bring one) takes nothing from it.
  const { count } = await tx.workspace.updateMany({ where: { id, accountId }, data: row });
  if (count === 0) await tx.workspace.createMany({ data: { id, ...row }, skipDuplicates: true });
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
