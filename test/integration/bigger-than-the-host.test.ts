import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WorkspaceView } from '#domain/account-view.ts';
import { openStage, type Stage } from '#stories/stage.ts';
import { until } from '#stories/until.ts';
import { accountView, grantOverride, wishWorkspace, withdrawOverride } from '#workflows/subscription/messages.ts';
import { type CatalogPlatform, startCatalogPlatform } from './catalogs/catalog-platform.fixture.ts';

const DAY_MS = 86_400_000;
const TIMEOUT_MS = 60_000;
let host: CatalogPlatform;
let one: Stage;
let two: Stage;

/** A host of 2,048 MB with two customers of 512 MB each. */
beforeAll(async () => {
  host = await startCatalogPlatform({ catalog: 'catalogs/demo.yaml', hostMemoryMb: 2_048, hostCpuPercent: 200 });
  [one, two] = await Promise.all([openStage(host.platform), openStage(host.platform)]);
  for (const { workspace, driver } of [one, two]) {
    await until('the workspace to run', TIMEOUT_MS, async () => {
      const { status, memoryMb } = await workspace.container();
      return status === 'running' && memoryMb === 512;
    });
    await driver.settle();
  }
}, 300_000);

afterAll(async () => {
  await one?.close();
  await two?.close();
  await host?.discard();
});

function workflowOf(stage: Stage) {
  return stage.client.workflow.getHandle(stage.driver.workflowId);
}

async function view(stage: Stage): Promise<WorkspaceView | undefined> {
  return (await workflowOf(stage).query(accountView)).workspaces[0];
}

/** More memory by support's hand, and everything that follows from it. */
async function grant(stage: Stage, id: string, memoryMb: number): Promise<void> {
  const override = { id, reason: 'A test.', pool: { memoryMb }, until: null };
  await workflowOf(stage).executeUpdate(grantOverride, { args: [{ commandId: id, override }] });
  await stage.driver.settle();
}

async function withdraw(stage: Stage, overrideId: string): Promise<void> {
  await workflowOf(stage).executeUpdate(withdrawOverride, { args: [{ commandId: `${overrideId}/back`, overrideId }] });
  await stage.driver.settle();
}

async function entries(stage: Stage, kind: string): Promise<string[]> {
  const { accountId } = stage.customer;
  const rows = await stage.prisma.timelineEntry.findMany({ where: { accountId, kind }, orderBy: { at: 'asc' } });
  return rows.map((row) => row.text);
}

/** How often the host was asked to bring the workspace to what it should be. */
async function tries(stage: Stage): Promise<number> {
  const { events } = await workflowOf(stage).fetchHistory();
  const names = events?.map((each) => each.activityTaskScheduledEventAttributes?.activityType?.name) ?? [];
  return names.filter((name) => name === 'convergeWorkspace').length;
}

async function pass(stage: Stage, ms: number): Promise<void> {
  await stage.driver.moveTo(new Date(Date.parse(await stage.driver.now()) + ms).toISOString());
}

test('more than the host has: the old size stays in force, said once, and the account stands as before', async () => {
  const before = await one.workspace.container();
  await grant(one, 'huge', 65_024);

  const reason = 'This host has 2,048 MB, 1,536 MB of them free; 65,536 MB are needed. The workspace keeps 512 MB.';
  expect(await view(one)).toMatchObject({
    status: 'resize-pending',
    nextTryAt: expect.any(String),
    size: { memoryMb: 512 },
    pendingSize: { memoryMb: 65_536 },
    reason,
  });
  expect(await workflowOf(one).query('__temporal_workflow_metadata')).toMatchObject({
    currentDetails: expect.stringContaining(
      `is **running**; has 512 MB, 1 CPU; **resize to 64 GB, 1 CPU waits**: ${reason}`,
    ),
  });
  // Tried again after 1, 2, 4 … 256 minutes, then every 6 hours: with nothing new there is nothing to say.
  const triedBefore = await tries(one);
  const { version } = await workflowOf(one).query(accountView);
  await pass(one, DAY_MS);
  const later = await workflowOf(one).query(accountView);
  expect((await tries(one)) - triedBefore).toBeGreaterThanOrEqual(9);
  expect((await tries(one)) - triedBefore).toBeLessThanOrEqual(13);
  expect(later).toMatchObject({ version, standing: 'active', debt: null, holds: [] });
  expect(await entries(one, 'workspace-resize-refused')).toEqual([`main is not resized yet. ${reason}`]);
  expect(await entries(one, 'workspace-failed')).toEqual([]);
  expect(await one.workspace.container()).toEqual(before);
});

test('the next newer wish is carried out at once', async () => {
  await withdraw(one, 'huge');
  expect(await view(one)).toMatchObject({ size: { memoryMb: 512 }, pendingSize: null, reason: null });
  await grant(one, 'some', 512);
  expect(await view(one)).toMatchObject({ size: { memoryMb: 1_024 }, pendingSize: null, reason: null });
  expect((await one.workspace.container()).memoryMb).toBe(1_024);
});

test('no room now: it is resized by itself once there is some, and the history says so', async () => {
  await grant(two, 'more', 1_024);
  expect(await view(two)).toMatchObject({
    status: 'resize-pending',
    size: { memoryMb: 512 },
    pendingSize: { memoryMb: 1_536 },
    reason: 'This host has 2,048 MB, 1,024 MB of them free; 1,536 MB are needed. The workspace keeps 512 MB.',
  });
  const stop = { commandId: 'stop', workspaceId: one.customer.workspaceId, wants: 'stopped' as const };
  await workflowOf(one).executeUpdate(wishWorkspace, { args: [stop] });
  await one.driver.settle();
  await pass(two, DAY_MS / 4);
  await until('the workspace to be resized', TIMEOUT_MS, async () => (await view(two))?.pendingSize === null);
  expect(await view(two)).toMatchObject({ status: 'running', size: { memoryMb: 1_536 }, reason: null });
  expect((await two.workspace.container()).memoryMb).toBe(1_536);
  await two.driver.settle();
  expect((await entries(two, 'workspace-resized')).at(-1)).toBe('main was resized to 1,536 MB, 1 CPU.');
});
