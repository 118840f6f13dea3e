import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadCatalog } from '#catalogs/load.ts';
import { placeHold } from '#domain/commands.ts';
import { openAccount } from '#domain/open-account.ts';
import { viewOf } from '#domain/view.ts';
import { createPrisma, type PrismaClient } from '#prisma/client.ts';
import { platformEnv } from '#test/lane.ts';
import type { SaveAccountInput } from './contracts.ts';
import { createReadModelActivities } from './read-model.ts';

const NOW = '2026-03-01T00:00:00.000Z';
let prisma: PrismaClient;

beforeAll(() => {
  prisma = createPrisma(platformEnv().DATABASE_URL ?? '', { maxConnections: 4 });
});

afterAll(() => prisma.$disconnect());

async function saving(
  changes: (state: SaveAccountInput['state']) => SaveAccountInput['state'],
): Promise<SaveAccountInput> {
  const accountId = randomUUID();
  await prisma.user.create({ data: { id: accountId, name: 'Owner', email: `${accountId}@leasehold.test` } });
  const workspaces = [{ id: `${accountId}-main`, name: 'main', hostId: 'local' }];
  const opening = { accountId, ownerUserId: accountId, stripeCustomerId: `cus_${accountId}`, workspaces };
  const opened = openAccount(opening, NOW, loadCatalog('catalogs/demo.yaml'));
  const first = { ...opened, version: 1 };
  const view = viewOf(first, NOW);
  const nothing = { happened: [], nextDeadline: null, actedOn: { eventIds: [], outcome: '' } };
  await createReadModelActivities({ prisma }).saveAccount({ state: first, view, ...nothing });
  const state = { ...changes(first), version: 2 };
  return { state, view: viewOf(state, NOW), ...nothing };
}

const held = (state: SaveAccountInput['state']) =>
  placeHold(state, { commandId: 'h', hold: 'admin', reason: 'A look.' }, NOW).state;

test.each([
  ['a NUL', 'a\u0000b'],
  ['half an emoji', 'a\ud83d'],
])(
  'a name with %s does not keep a hold from being stored: what is refused is set aside for support',
  async (_, name) => {
    const input = await saving((state) => ({
      ...held(state),
      workspaces: held(state).workspaces.map((each) => ({ ...each, name })),
    }));
    const { accountId, workspaces } = input.state;
    const { saveAccount, loadAccount } = createReadModelActivities({ prisma });
    expect((await saveAccount(input)).setAside).toBeGreaterThan(0);
    await saveAccount(input);

    const row = await prisma.workspace.findUniqueOrThrow({ where: { id: workspaces[0]?.id ?? '' } });
    expect(row).toMatchObject({ desiredState: 'stopped', name: name.replace(/[^a-z]/gu, '\ufffd') });
    expect(await loadAccount({ accountId })).toMatchObject({ version: 2, holds: [{ name: 'admin' }] });
    const kept = await prisma.setAside.findMany({ where: { accountId } });
    expect(kept.map(({ about }) => about)).toContain('state.workspaces.0.name');
    expect(kept.every(({ content, settledAt }) => /^[\x20-\x7e]*$/.test(content) && settledAt === null)).toBe(true);
  },
);

test('a customer that another account has, and a history entry that no column takes, are set aside alone', async () => {
  const other = await saving((state) => state);
  const input = await saving((state) => held({ ...state, stripeCustomerId: other.state.stripeCustomerId }));
  const entry = { id: 'fine', at: NOW, kind: 'account-opened' as const, text: 'The account was opened.' };
  const { saveAccount } = createReadModelActivities({ prisma });
  await saveAccount({ ...input, happened: [entry, { ...entry, id: 'bad', at: 'not an instant at all' }] }).catch(
    () => undefined,
  );
  const { setAside } = await saveAccount({ ...input, happened: [entry] });
  expect(setAside).toBe(1);
  const { accountId } = input.state;
  expect(await prisma.account.findUniqueOrThrow({ where: { id: accountId } })).toMatchObject({
    version: 2,
    stripeCustomerId: `cus_${accountId}`,
  });
  expect(await prisma.workspace.findFirstOrThrow({ where: { accountId } })).toMatchObject({ desiredState: 'stopped' });
  expect(await prisma.timelineEntry.count({ where: { accountId, id: 'fine' } })).toBe(1);
});

test('numbers beyond what a column holds keep nothing else from being stored', async () => {
  const size = { memoryMb: 2 ** 40, cpuPercent: 50, storageMb: 1024 };
  const input = await saving((state) => {
    const next = held(state);
    return { ...next, workspaces: next.workspaces.map((each) => ({ ...each, desired: { ...each.desired, size } })) };
  });
  const { saveAccount } = createReadModelActivities({ prisma });
  expect((await saveAccount(input)).setAside).toBeGreaterThan(0);
  const row = await prisma.workspace.findFirstOrThrow({ where: { accountId: input.state.accountId } });
  expect(row).toMatchObject({ desiredState: 'stopped', memoryMb: 256 });
});
