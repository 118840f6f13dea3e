import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SizePreviewAnswer, WorkspaceAnswer } from '#api/answers.ts';
import type { WorkspaceView } from '#domain/account-view.ts';
import type { HostSighting } from '#domain/host-report.ts';
import { addDays } from '#domain/time.ts';
import type { Stage } from '#stories/stage.ts';
import { until } from '#stories/until.ts';
import { accountView, hostReports, startFreshRun } from '#workflows/subscription/messages.ts';
import { openOwnedStage, type Send } from './owned-stage.fixture.ts';

const TIMEOUT_MS = 60_000;
const MINUTE_MS = 60_000;
let stage: Stage;
let send: Send;
let path: string;

beforeAll(async () => {
  ({ stage, send } = await openOwnedStage());
  path = `/api/v1/workspaces/${stage.customer.workspaceId}`;
});

afterAll(async () => {
  await stage?.close();
});

/** Asks for something that is recorded, and waits until it is done. */
async function done(method: string, url: string, body?: unknown): Promise<void> {
  const answer = await send(method, url, { body });
  expect([method, url, answer.status, await answer.text()]).toEqual([method, url, 202, expect.any(String)]);
  await stage.driver.settle();
}

function workflow() {
  return stage.client.workflow.getHandle(stage.driver.workflowId);
}

async function view(): Promise<WorkspaceView | undefined> {
  return (await workflow().query(accountView)).workspaces[0];
}

async function answered(): Promise<WorkspaceAnswer> {
  return (await (await send('GET', path)).json()) as WorkspaceAnswer;
}

async function startedAt(): Promise<string> {
  return (await stage.docker.getContainer(stage.workspace.name).inspect()).State.StartedAt;
}

async function containers(): Promise<number> {
  const label = [`leasehold.account=${stage.customer.accountId}`];
  return (await stage.docker.listContainers({ all: true, filters: { label } })).length;
}

async function entries(kind: string): Promise<string[]> {
  const { accountId } = stage.customer;
  const rows = await stage.prisma.timelineEntry.findMany({ where: { accountId, kind }, orderBy: { at: 'asc' } });
  return rows.map((row) => row.text);
}

/** What a host's worker says of the workspace under its present wish. */
async function report(saw: HostSighting, reportId: string = randomUUID()): Promise<void> {
  const { workspaceId } = stage.customer;
  const { desiredGeneration: generation } = await stage.prisma.workspace.findUniqueOrThrow({
    where: { id: workspaceId },
  });
  await workflow().signal(hostReports, [{ reportId, workspaceId, generation, saw }]);
  await stage.driver.settle();
}

/** Fills more than 300 MB of the workspace's memory. @returns gives it back */
async function useMemory(): Promise<() => Promise<void>> {
  const container = stage.docker.getContainer(stage.workspace.name);
  const hog = await container.exec({
    Cmd: ['node', '-e', 'globalThis.b=Buffer.alloc(300e6,1);setInterval(()=>{},1e3)'],
  });
  await hog.start({ Detach: true });
  await until('the memory to be in use', TIMEOUT_MS, async () => ((await answered()).live?.memoryUsedMb ?? 0) > 300);
  return async () => {
    process.kill((await hog.inspect()).Pid);
    await until('the memory to be free', TIMEOUT_MS, async () => ((await answered()).live?.memoryUsedMb ?? 999) < 180);
  };
}

async function pass(ms: number): Promise<void> {
  await stage.driver.moveTo(new Date(Date.parse(await stage.driver.now()) + ms).toISOString());
}

test('start pressed five times at once is one container; of stop during start and start during stop the last wins', async () => {
  await done('POST', `${path}/stop`);
  const presses = await Promise.all(Array.from({ length: 5 }, () => send('POST', `${path}/start`)));
  expect(presses.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
  await send('POST', `${path}/stop`);
  await send('POST', `${path}/start`);
  await send('POST', `${path}/stop`);
  await stage.driver.settle();
  expect(await stage.workspace.container()).toMatchObject({ status: 'exited' });
  expect(await view()).toMatchObject({ status: 'stopped', canStart: true, expectedBy: null, overdue: null });
  await send('POST', `${path}/start`);
  await send('POST', `${path}/stop`);
  await done('POST', `${path}/start`);
  expect(await stage.workspace.container()).toMatchObject({ status: 'running' });
  expect(await containers()).toBe(1);
});

test('a restart comes to its end although the run of the workflow ends in between', async () => {
  const before = await startedAt();
  const { id } = await stage.workspace.container();
  // Stopping it takes so long that it is seen.
  await stage.workspace.freeze();
  const [{ runId }, answer] = await Promise.all([workflow().describe(), send('POST', `${path}/restart`)]);
  expect(answer.status).toBe(202);
  expect(await view()).toMatchObject({ status: 'restarting', expectedBy: expect.any(String), canStop: true });
  await workflow().signal(startFreshRun);
  await until('a fresh run', TIMEOUT_MS, async () => (await workflow().describe()).runId !== runId);
  await stage.driver.settle();
  expect(await stage.workspace.container()).toMatchObject({ id, status: 'running' });
  expect((await startedAt()) > before).toBe(true);
  expect(await view()).toMatchObject({ status: 'running', canRestart: true });
});

test('a stop during a restart wins', async () => {
  await send('POST', `${path}/restart`);
  await done('POST', `${path}/stop`);
  expect(await stage.workspace.container()).toMatchObject({ status: 'exited' });
  await done('POST', `${path}/start`);
});

test('it is renamed, and its name is in the read model', async () => {
  await done('PATCH', path, { name: '  production ' });
  expect(await view()).toMatchObject({ name: 'production', status: 'running' });
  const { workspaceId } = stage.customer;
  expect(await stage.prisma.workspace.findUniqueOrThrow({ where: { id: workspaceId } })).toMatchObject({
    name: 'production',
  });
  expect((await send('PATCH', path, { body: { name: ' ' } })).status).toBe(400);
});

test('more than the pool has is refused with the numbers, by the preview and by the command', async () => {
  const preview = (await (await send('GET', `${path}/size-preview?memoryMb=4096`)).json()) as SizePreviewAnswer;
  expect(preview).toMatchObject({ outcome: 'refused', sentences: [expect.stringContaining('4 GB of memory')] });
  const answer = await send('PUT', `${path}/size`, { body: { memoryMb: 4_096, cpuPercent: 50, storageMb: 1_024 } });
  expect(answer.status).toBe(403);
  expect(await answer.json()).toMatchObject({ code: 'plan-limit', limit: 'memoryMb', asked: 4_096 });
});

test('shrinking below what is in use is foretold, waits with both numbers and a time, and is done once less is in use', async () => {
  const freeMemory = await useMemory();
  const size = { memoryMb: 256, cpuPercent: 50, storageMb: 5_120 };
  const query = new URLSearchParams(Object.entries(size).map(([part, value]) => [part, String(value)]));
  const preview = (await (await send('GET', `${path}/size-preview?${query}`)).json()) as SizePreviewAnswer;
  expect(preview).toMatchObject({ outcome: 'deferred', triedAgainAt: expect.any(String) });
  expect(preview.sentences[0]).toMatch(/^You use [\d,]+ MB of the new 256 MB\.$/);

  await done('PUT', `${path}/size`, size);
  const waiting = await answered();
  expect(waiting).toMatchObject({ status: 'resize-pending', pendingSize: size, nextTryAt: expect.any(String) });
  expect(waiting.reason).toMatch(/The new limit is 256 MB and the workspace uses [\d,]+ MB/);
  expect((await stage.workspace.container()).memoryMb).toBe(512);

  await freeMemory();
  await pass(2 * MINUTE_MS);
  await until('the new size', TIMEOUT_MS, async () => (await view())?.pendingSize === null);
  expect(await stage.workspace.container()).toMatchObject({ status: 'running', memoryMb: 256 });
  expect(await view()).toMatchObject({ status: 'running', size: { memoryMb: 256 }, nextTryAt: null, reason: null });
});

test('a size that waits is looked at as soon as its host has found something to do, not only when it is tried next', async () => {
  await done('PUT', `${path}/size`, { memoryMb: 512, cpuPercent: 50, storageMb: 5_120 });
  const freeMemory = await useMemory();
  await done('PUT', `${path}/size`, { memoryMb: 256, cpuPercent: 50, storageMb: 5_120 });
  const { nextTryAt } = await answered();
  await freeMemory();
  await report({ kind: 'astray' });
  expect((await stage.driver.now()) < (nextTryAt ?? '')).toBe(true);
  expect(await view()).toMatchObject({ size: { memoryMb: 256 }, pendingSize: null, nextTryAt: null, reason: null });
  expect(await stage.workspace.container()).toMatchObject({ status: 'running', memoryMb: 256 });
});

test('growing keeps it running, and restarts it where that is asked for', async () => {
  const preview = (await (await send('GET', `${path}/size-preview?memoryMb=320`)).json()) as SizePreviewAnswer;
  expect(preview).toMatchObject({ outcome: 'keeps-running', growsWithRestart: true });
  const before = await startedAt();
  await done('PUT', `${path}/size`, { memoryMb: 320, cpuPercent: 50, storageMb: 5_120 });
  expect(await stage.workspace.container()).toMatchObject({ status: 'running', memoryMb: 320 });
  expect(await startedAt()).toBe(before);
  await done('PUT', `${path}/size`, { memoryMb: 384, cpuPercent: 50, storageMb: 5_120, restart: true });
  expect(await stage.workspace.container()).toMatchObject({ status: 'running', memoryMb: 384 });
  expect((await startedAt()) > before).toBe(true);
});

test('a crash loop is shown with its reason and last lines, said once by mail, and left alone until its owner recovers it', async () => {
  const { workspaceId } = stage.customer;
  await stage.docker.getContainer(stage.workspace.name).stop();
  await stage.prisma.workspaceIncident.create({
    data: {
      ...{ id: randomUUID(), workspaceId, at: new Date(), kind: 'crash-looping', exitCode: 3, outOfMemory: false },
      lastLines: ['Error: no database', '    at start (/data/plugins/mine.mjs:3:9)'],
    },
  });
  const crash = { kind: 'crash-looping', crashes: 5, exitCode: 3, outOfMemory: false } as const;
  await report(crash, 'crash-1');
  await report(crash, 'crash-1');
  expect(await answered()).toMatchObject({
    status: 'crash-looping',
    reason:
      'It crashed 5 times in a short while, so it is not started again by itself. The last time it ended with exit code 3.',
    ownerWants: 'running',
    canRecover: true,
    incident: { kind: 'crash-looping', exitCode: 3, lastLines: ['Error: no database', expect.any(String)] },
  });
  expect(await entries('workspace-crashed')).toHaveLength(1);
  await until('one mail', TIMEOUT_MS, async () =>
    (await entries('mail-sent')).some((each) => /was stopped/.test(each)),
  );
  expect((await entries('mail-sent')).filter((each) => /was stopped/.test(each))).toHaveLength(1);

  await done('POST', `${path}/recover`);
  expect(await stage.workspace.container()).toMatchObject({ status: 'running' });
  expect(await view()).toMatchObject({ status: 'running', canRecover: false, reason: null });
  // Of the wish before: it is not believed any more.
  await workflow().signal(hostReports, [{ reportId: 'late', workspaceId, generation: 1, saw: crash }]);
  await stage.driver.settle();
  expect(await view()).toMatchObject({ status: 'running' });
});

test('what went astray is brought back', async () => {
  await stage.docker.getContainer(stage.workspace.name).remove({ force: true });
  await report({ kind: 'astray' });
  expect(await stage.workspace.container()).toMatchObject({ status: 'running', memoryMb: 384 });
});

test('over its storage it stops and says how to get room; it runs again by itself when there is some', async () => {
  await report({ kind: 'storage', usedMb: 6_000, limitMb: 5_120, state: 'over' });
  expect(await stage.workspace.container()).toMatchObject({ status: 'exited' });
  expect(await view()).toMatchObject({
    status: 'suspended',
    reason: expect.stringMatching(
      /^Its data takes 6,000 MB and it has 5,120 MB of storage, so it was stopped\. Give it more/,
    ),
    canRecover: true,
    canStart: false,
  });
  expect((await send('POST', `${path}/start`)).status).toBe(409);
  // The account is in good standing: only this workspace is held.
  expect((await workflow().query(accountView)).holds).toEqual([]);

  await done('POST', `${path}/recover`);
  expect(await view()).toMatchObject({ status: 'running', note: expect.stringContaining('6,000 MB') });
  await pass(31 * MINUTE_MS);
  expect(await view()).toMatchObject({ status: 'suspended' });
  await report({ kind: 'storage', usedMb: 300, limitMb: 5_120, state: 'ok' });
  expect(await stage.workspace.container()).toMatchObject({ status: 'running' });
  expect(await view()).toMatchObject({ status: 'running', note: null });
});

test('deleted: it stops at once, its data is kept, and it can be taken back as it was', async () => {
  await stage.workspace.write('kept.txt', 'mine');
  await done('DELETE', path);
  const deleteAt = addDays(await stage.driver.now(), 7).slice(0, 10);
  expect(await stage.workspace.container()).toMatchObject({ status: 'exited' });
  expect(await view()).toMatchObject({ status: 'deleting', canRestore: true, canStart: false });
  expect((await view())?.deleteAt?.slice(0, 10)).toBe(deleteAt);
  expect((await send('POST', `${path}/start`)).status).toBe(409);
  await pass(5 * 24 * 60 * MINUTE_MS);
  await done('POST', `${path}/restore`);
  expect(await stage.workspace.container()).toMatchObject({ status: 'running', memoryMb: 384 });
  expect(await stage.workspace.read('kept.txt')).toBe('mine');
});

test('deleted and not taken back: after the retention container, network and data are gone', async () => {
  await done('DELETE', path);
  await pass(7 * 24 * 60 * MINUTE_MS + MINUTE_MS);
  expect(await containers()).toBe(0);
  expect(await stage.workspace.hasVolume()).toBe(false);
  expect(await view()).toMatchObject({ status: 'deleted', canRestore: false });
  expect((await send('POST', `${path}/restore`)).status).toBe(409);
  expect(await entries('workspace-deleted')).toHaveLength(1);
});
