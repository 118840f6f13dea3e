import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { loadCatalog } from '#catalogs/load.ts';
import { createWorkspace, deleteWorkspace } from '#domain/commands.ts';
import { openAccount } from '#domain/open-account.ts';
import { viewOf } from '#domain/view.ts';
import { createPrisma, type PrismaClient } from '#prisma/client.ts';
import type { SaveAccountInput } from './contracts.ts';
import { createReadModelActivities } from './read-model.ts';

const NOW = '2026-03-01T00:00:00.000Z';
const plenty = { value: 10_000, because: 'a test' };
const roomy = { memoryMb: plenty, cpuPercent: plenty, storageMb: plenty, workspaces: plenty };
const gone = { state: 'absent' as const, containerId: null, at: NOW, reason: null, size: null, pending: null };
let prisma: PrismaClient;

beforeAll(() => {
  prisma = createPrisma(inject('platformEnv').DATABASE_URL ?? '', { maxConnections: 4 });
});

afterAll(() => prisma.$disconnect());

function saving(
  version: number,
  changes: Partial<SaveAccountInput['state']> = {},
  accountId = randomUUID(),
): SaveAccountInput {
  const opened = openAccount(
    {
      accountId,
      ownerUserId: 'somebody',
      stripeCustomerId: `cus_${accountId}`,
      workspaces: [{ id: `${accountId}-main`, name: 'main', hostId: 'local' }],
    },
    NOW,
    loadCatalog('catalogs/demo.yaml'),
  );
  const state = { ...opened, version, ...changes };
  return { state, view: viewOf(state, NOW), happened: [], actedOn: { eventIds: [], outcome: '' } };
}

test('what was saved is loaded whole', async () => {
  const { saveAccount, loadAccount } = createReadModelActivities({ prisma });
  const input = saving(3, { standing: 'grace' });
  await saveAccount(input);
  expect(await loadAccount({ accountId: input.state.accountId })).toEqual(input.state);
  expect(await loadAccount({ accountId: 'never-saved' })).toBeNull();
});

test('an older version never overwrites a newer one, in whatever order they arrive', async () => {
  const { saveAccount } = createReadModelActivities({ prisma });
  const accountId = randomUUID();
  const versions = [2, 5, 1, 4, 3];
  await Promise.all(versions.map((version) => saveAccount(saving(version, {}, accountId))));
  await saveAccount(saving(4, { standing: 'suspended' }, accountId));
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
    ...saving(1),
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

test('a workspace that comes later gets its row, and one that was deleted keeps its own and says so', async () => {
  const { saveAccount } = createReadModelActivities({ prisma });
  const first = saving(1);
  const { accountId } = first.state;
  await saveAccount(first);
  const command = { commandId: 'c', workspaceId: `${accountId}-2`, name: 'second', hostId: 'local' };
  const pool = { ...first.state.entitlements.pool, ...roomy };
  const roomyState = { ...first.state, entitlements: { ...first.state.entitlements, pool } };
  const created = createWorkspace(roomyState, command, NOW).state;
  await saveAccount({ ...first, state: { ...created, version: 2 } });
  const deleted = deleteWorkspace(created, { commandId: 'd', workspaceId: command.workspaceId }, NOW).state;
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
  const theirs = saving(1);
  await saveAccount(theirs);
  const [workspace] = theirs.state.workspaces;
  const ours = saving(1, { workspaces: theirs.state.workspaces });
  await saveAccount(ours);
  const row = await prisma.workspace.findUniqueOrThrow({ where: { id: workspace?.id ?? '' } });
  expect(row.accountId).toBe(theirs.state.accountId);
});
