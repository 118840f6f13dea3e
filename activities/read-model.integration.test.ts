import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadCatalog } from '#catalogs/load.ts';
import { createWorkspace, deleteWorkspace } from '#domain/commands.ts';
import { openAccount } from '#domain/open-account.ts';
import { viewOf } from '#domain/view.ts';
import { createPrisma, type PrismaClient } from '#prisma/client.ts';
import { platformEnv } from '#test/lane.ts';
import type { SaveAccountInput } from './contracts.ts';
import { findRecipients } from './mail/find-recipients.ts';
import { createReadModelActivities } from './read-model.ts';

const NOW = '2026-03-01T00:00:00.000Z';
const plenty = { value: 10_000, because: 'a test' };
const roomy = { memoryMb: plenty, cpuPercent: plenty, storageMb: plenty, workspaces: plenty };
const gone = {
  state: 'absent' as const,
  containerId: null,
  at: NOW,
  since: NOW,
  reason: null,
  size: null,
  pending: null,
  storageLimit: null,
};
let prisma: PrismaClient;

beforeAll(() => {
  prisma = createPrisma(platformEnv().DATABASE_URL ?? '', { maxConnections: 4 });
});

afterAll(() => prisma.$disconnect());

/** A new person; their account has the same id. */
async function newOwner(): Promise<string> {
  const id = randomUUID();
  await prisma.user.create({ data: { id, name: 'Owner', email: `${id}@leasehold.test` } });
  return id;
}

function saving(
  accountId: string,
  version: number,
  changes: Partial<SaveAccountInput['state']> = {},
): SaveAccountInput {
  const opened = openAccount(
    {
      accountId,
      ownerUserId: accountId,
      stripeCustomerId: `cus_${accountId}`,
      workspaces: [{ id: `${accountId}-main`, name: 'main', hostId: 'local' }],
    },
    NOW,
    loadCatalog('catalogs/demo.yaml'),
  );
  const state = { ...opened, version, ...changes };
  return { state, view: viewOf(state, NOW), happened: [], nextDeadline: null, actedOn: { eventIds: [], outcome: '' } };
}

test('what was saved is loaded whole', async () => {
  const { saveAccount, loadAccount } = createReadModelActivities({ prisma });
  const input = saving(await newOwner(), 3, { standing: 'grace' });
  await saveAccount(input);
  expect(await loadAccount({ accountId: input.state.accountId })).toEqual(input.state);
  expect(await loadAccount({ accountId: 'never-saved' })).toBeNull();
});

test('an older version never overwrites a newer one, in whatever order they arrive', async () => {
  const { saveAccount } = createReadModelActivities({ prisma });
  const accountId = await newOwner();
  const versions = [2, 5, 1, 4, 3];
  await Promise.all(versions.map((version) => saveAccount(saving(accountId, version))));
  await saveAccount(saving(accountId, 4, { standing: 'suspended' }));
  const row = await prisma.account.findUniqueOrThrow({ where: { id: accountId } });
  expect(row).toMatchObject({ version: 5, standing: 'free' });
});

test('saving twice stores history once, and says what came of an event once', async () => {
  const { saveAccount } = createReadModelActivities({ prisma });
  const eventId = `evt_${randomUUID()}`;
  await prisma.stripeEvent.create({
    data: { id: eventId, type: 'customer.updated', livemode: false, createdAt: new Date(NOW) },
  });
  const input: SaveAccountInput = {
    ...saving(await newOwner(), 1),
    happened: [{ id: 'opened', at: NOW, kind: 'account-opened', text: 'The account was opened.' }],
    actedOn: { eventIds: [eventId], outcome: 'active, version 1' },
  };
  await saveAccount(input);
  await saveAccount({ ...input, actedOn: { eventIds: [eventId], outcome: 'something else' } });
  const entries = await prisma.timelineEntry.findMany({ where: { accountId: input.state.accountId } });
  expect(entries).toHaveLength(1);
  const event = await prisma.stripeEvent.findUniqueOrThrow({ where: { id: eventId } });
  expect(event).toMatchObject({ outcome: 'active, version 1', actedAt: expect.any(Date) });
});

test('an account belongs to a person or to an organisation, never to both and never to nobody', async () => {
  const { saveAccount } = createReadModelActivities({ prisma });
  const ownerUserId = await newOwner();
  const organisationId = randomUUID();
  await prisma.organisation.create({ data: { id: organisationId, name: 'Acme', slug: organisationId } });
  const accountId = randomUUID();
  await saveAccount(saving(accountId, 1, { ownerUserId, organisationId }));
  const row = await prisma.account.findUniqueOrThrow({ where: { id: accountId } });
  expect(row).toMatchObject({ userId: null, organisationId });
  for (const both of [{ userId: ownerUserId }, { organisationId: null }]) {
    await expect(prisma.account.update({ where: { id: accountId }, data: both })).rejects.toThrow();
  }
});

test('whoever owns an account cannot be deleted before it', async () => {
  const { saveAccount } = createReadModelActivities({ prisma });
  const owner = await newOwner();
  await saveAccount(saving(owner, 1));
  await expect(prisma.user.delete({ where: { id: owner } })).rejects.toThrow();
});

test("an organisation's mails go to all owners and billing members, a person's to the person", async () => {
  const [owner, billing, admin, member] = await Promise.all([newOwner(), newOwner(), newOwner(), newOwner()]);
  const organisationId = randomUUID();
  await prisma.organisation.create({
    data: {
      id: organisationId,
      name: 'Acme',
      slug: organisationId,
      members: {
        create: Object.entries({ owner, billing, admin, member }).map(([role, userId]) => ({
          id: randomUUID(),
          userId,
          role,
        })),
      },
    },
  });
  const addresses = async (of: string | null) =>
    (await findRecipients(prisma, { ownerUserId: owner, organisationId: of })).map(({ address }) => address);
  expect((await addresses(organisationId)).sort()).toEqual([owner, billing].map((id) => `${id}@leasehold.test`).sort());
  expect(await addresses(null)).toEqual([`${owner}@leasehold.test`]);
  expect(await addresses('gone')).toEqual([]);
});

test('a workspace that comes later gets its row, and one that was deleted keeps its own and says so', async () => {
  const { saveAccount } = createReadModelActivities({ prisma });
  const first = saving(await newOwner(), 1);
  const { accountId } = first.state;
  await saveAccount(first);
  const command = { commandId: 'c', workspaceId: `${accountId}-2`, name: 'second', hostId: 'local' };
  const pool = { ...first.state.entitlements.pool, ...roomy };
  const roomyState = { ...first.state, entitlements: { ...first.state.entitlements, pool } };
  const created = createWorkspace(roomyState, command, NOW).state;
  await saveAccount({ ...first, state: { ...created, version: 2 } });
  const wish = { commandId: 'd', workspaceId: command.workspaceId, immediately: true };
  const deleted = deleteWorkspace(created, wish, NOW).state;
  const workspaces = deleted.workspaces.map((each) => ({
    ...each,
    observed: { ...gone, generation: each.desired.generation },
  }));
  await saveAccount({ ...first, state: { ...deleted, workspaces, version: 3 } });
  const rows = await prisma.workspace.findMany({ where: { accountId }, orderBy: { id: 'asc' } });
  expect(rows.map((each) => [each.name, each.desiredState, each.observedGeneration])).toEqual([
    ['second', 'deleted', 2],
    ['main', 'running', 3],
  ]);
});

test("a workspace id of another account's takes nothing from it", async () => {
  const { saveAccount } = createReadModelActivities({ prisma });
  const theirs = saving(await newOwner(), 1);
  await saveAccount(theirs);
  const [workspace] = theirs.state.workspaces;
  const ours = saving(await newOwner(), 1, { workspaces: theirs.state.workspaces });
  await saveAccount(ours);
  const row = await prisma.workspace.findUniqueOrThrow({ where: { id: workspace?.id ?? '' } });
  expect(row.accountId).toBe(theirs.state.accountId);
});

test('deleting an account deletes whom it belongs to, leaves a tombstone, and is safe to repeat', async () => {
  const { saveAccount, deleteAccount } = createReadModelActivities({ prisma });
  const person = await newOwner();
  const organisationId = randomUUID();
  const owner = { create: { id: randomUUID(), userId: person, role: 'owner' } };
  await prisma.organisation.create({
    data: { id: organisationId, name: 'Acme', slug: organisationId, members: owner },
  });
  const accountId = `o-${organisationId}`;
  const of = (id: string) => ({ accountId: id, stripeCustomerId: `cus_${id}`, now: NOW });
  await saveAccount(saving(accountId, 1, { ownerUserId: person, organisationId }));
  await saveAccount(saving(person, 1));
  const reset = { id: randomUUID(), identifier: `reset-password:${person}`, value: person, expiresAt: new Date(NOW) };
  await prisma.verification.create({ data: reset });

  await expect(deleteAccount(of(person))).rejects.toThrow(`alone owns organisation ${organisationId}`);
  expect(await prisma.account.count({ where: { id: person } })).toBe(1);

  for (const id of [accountId, accountId, person, person]) await deleteAccount(of(id));
  expect(await prisma.organisation.count({ where: { id: organisationId } })).toBe(0);
  expect(await prisma.user.count({ where: { id: person } })).toBe(0);
  expect(await prisma.verification.count({ where: { value: person } })).toBe(0);
  expect(await prisma.deletedAccount.count({ where: { id: { in: [accountId, person] } } })).toBe(2);

  await saveAccount(saving(person, 2));
  expect(await prisma.account.count({ where: { id: person } })).toBe(0);
});
