import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPrisma } from '#prisma/client.ts';
import { createLogger } from '#telemetry/logger.ts';
import {
  ensureDatabase,
  eventually,
  newAccount,
  openDatabase,
  platformEnv,
  storeAccount,
} from '../integration.fixture.ts';
import { createExecutions } from './executions.ts';

const prisma = createPrisma(platformEnv().DATABASE_URL ?? '', { maxConnections: 4 });
const log = createLogger('test', 'silent');
const account = newAccount();
const workspaceId = `${account.accountId}-main`;
const executions = createExecutions({ prisma, log });
let database: pg.Pool;

beforeAll(async () => {
  await ensureDatabase();
  database = openDatabase();
  await storeAccount(database, account);
});

afterAll(async () => {
  await database.query('DELETE FROM account WHERE id = $1', [account.accountId]);
  await database.end();
  await prisma.$disconnect();
});

const ALL = { start: '2020-01-01T00:00:00.000Z', end: '2100-01-01T00:00:00.000Z' };

async function begin(at?: string): Promise<string> {
  const id = randomUUID();
  await executions.begin({ id, workspaceId, plugin: 'echo' });
  if (at) await database.query('UPDATE execution SET at = $2 WHERE id = $1', [id, at]);
  return id;
}

test('an execution is counted once, however often and at once it is settled, and as it was settled first', async () => {
  const id = await begin();
  expect(await executions.recent(workspaceId, 1)).toMatchObject([{ id, plugin: 'echo', outcome: 'pending' }]);
  await Promise.all(
    Array.from({ length: 5 }, () =>
      executions.settle(id, { outcome: 'failed', durationMs: 12.5, reason: 'PLUGIN_FAILED' }),
    ),
  );
  await executions.settle(id, { outcome: 'done', durationMs: 99 });
  expect(await executions.total(workspaceId, ALL)).toEqual({
    executions: 1,
    failed: 1,
    lost: 0,
    durationMs: 12.5,
    durationMaxMs: 12.5,
  });
  expect(await executions.recent(workspaceId, 1)).toMatchObject([{ outcome: 'failed', reason: 'PLUGIN_FAILED' }]);
});

test('what was never carried out is not counted, and leaves nothing', async () => {
  const before = await executions.total(workspaceId, ALL);
  const id = await begin();
  await executions.settle(id, null);
  await executions.settle(id, { outcome: 'done' });
  expect(await executions.total(workspaceId, ALL)).toEqual(before);
  expect((await executions.recent(workspaceId, 10)).map((each) => each.id)).not.toContain(id);
});

test('a period is counted to the millisecond, by hour and by day', async () => {
  const period = { start: '2026-05-14T09:30:00.000Z', end: '2026-06-14T09:30:00.000Z' };
  for (const [at, durationMs] of [
    ['2026-05-14T09:29:59.999Z', 1],
    ['2026-05-14T09:30:00.000Z', 2],
    ['2026-05-14T09:59:00.000Z', 4],
    ['2026-05-14T10:00:00.000Z', 8],
    ['2026-05-20T23:59:59.000Z', 16],
  ] as const) {
    await executions.settle(await begin(at), { outcome: 'done', durationMs });
  }
  expect(await executions.total(workspaceId, period)).toMatchObject({
    executions: 4,
    durationMs: 30,
    durationMaxMs: 16,
  });
  expect(await executions.by(workspaceId, period, 'hour')).toMatchObject([
    { at: '2026-05-14T09:00:00.000Z', executions: 2, durationMs: 6 },
    { at: '2026-05-14T10:00:00.000Z', executions: 1, durationMs: 8 },
    { at: '2026-05-20T23:00:00.000Z', executions: 1, durationMs: 16 },
  ]);
  expect(await executions.by(workspaceId, period, 'day')).toMatchObject([
    { at: '2026-05-14T00:00:00.000Z', executions: 3, durationMs: 14 },
    { at: '2026-05-20T00:00:00.000Z', executions: 1 },
  ]);
});

test('what its API never settled is lost, is counted as that, and old ones go with their counts kept', async () => {
  const [lost, old] = [await begin(), await begin('2026-04-01T00:00:00.000Z')];
  await executions.settle(old, { outcome: 'done', durationMs: 1 });
  await database.query(`UPDATE execution SET sent_at = now() - interval '3 minutes' WHERE id = $1`, [lost]);
  await database.query(`UPDATE execution SET sent_at = now() - interval '36 days' WHERE id = $1`, [old]);
  const before = await executions.total(workspaceId, ALL);
  // Each process tidies beside what it is asked for.
  await createExecutions({ prisma, log }).recent(workspaceId, 1);
  await eventually(async () => expect(await prisma.execution.findUnique({ where: { id: old } })).toBeNull());
  expect(await prisma.execution.findUnique({ where: { id: lost } })).toMatchObject({ outcome: 'lost' });
  expect(await executions.total(workspaceId, ALL)).toEqual({ ...before, lost: before.lost + 1 });
});

test('an account whose time was moved ahead counts in its own time', async () => {
  await database.query(`UPDATE account SET saved_at = updated_at + interval '40 days' WHERE id = $1`, [
    account.accountId,
  ]);
  const id = await begin();
  const { at } = await prisma.execution.findUniqueOrThrow({ where: { id } });
  expect(at.getTime() - Date.now()).toBeGreaterThan(39.9 * 86_400_000);
});

test('whatever is said of a duration or a reason, executions are counted, and their hour stays a number', async () => {
  const before = await executions.total(workspaceId, ALL);
  const said = [1e308, 1e308, -1e300, Number.NaN, Number.POSITIVE_INFINITY, 'NaN' as unknown as number, 5];
  for (const durationMs of said) await executions.settle(await begin(), { outcome: 'done', durationMs });
  await executions.settle(await begin(), { outcome: 'failed', reason: 'A\0B' });
  const after = await executions.total(workspaceId, ALL);
  expect(after.executions - before.executions).toBe(said.length + 1);
  expect(after.durationMs - before.durationMs).toBe(5);
  await database.query('UPDATE execution_hour SET duration_ms = 1e15 WHERE workspace_id = $1', [workspaceId]);
  await executions.settle(await begin(), { outcome: 'done', durationMs: 60_000 });
  expect((await executions.total(workspaceId, ALL)).executions).toBe(after.executions + 1);
});
