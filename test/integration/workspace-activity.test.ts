import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { ExecutionsAnswer, LiveWorkspace, LogAnswer, UsageHistoryAnswer } from '#api/answers.ts';
import type { Stage } from '#stories/stage.ts';
import { openOwnedStage, type Send } from './owned-stage.fixture.ts';

/** What a customer sees of a workspace that runs: from its container through its host and the API. */

const TIMEOUT_MS = 60_000;
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

async function read<T>(at: string): Promise<T> {
  const answer = await send('GET', `${path}${at}`);
  expect(answer.status).toBe(200);
  return (await answer.json()) as T;
}

const run = (plugin: string, payload: unknown) => send('POST', `${path}/messages`, { body: { plugin, payload } });

interface Event {
  event: string;
  id: string | undefined;
  data: unknown;
}

/** Reads a stream of events until there are so many of a kind. */
async function events(at: string, kind: string, count: number, headers?: Record<string, string>): Promise<Event[]> {
  const answer = await send('GET', `${path}${at}`, { headers });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  const seen: Event[] = [];
  for (let text = ''; seen.length < count; ) {
    const { value, done } = (await reader?.read()) ?? { done: true };
    if (done) break;
    const blocks = (text + value).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)));
      if (fields.event === kind) seen.push({ event: kind, id: fields.id, data: JSON.parse(fields.data ?? 'null') });
    }
  }
  await reader?.cancel();
  return seen.slice(0, count);
}

test('a message that ran is counted, one that failed too, and what never ran is not', async () => {
  // On a machine that is busy the first thread takes its time.
  await vi.waitFor(async () => expect((await run('echo', 'are you there?')).status).toBe(200), TIMEOUT_MS);
  const before = (await read<ExecutionsAnswer>('/executions')).total;
  expect((await run('echo', { say: 'hello' })).status).toBe(200);
  const done = (await (await run('word-count', { text: 'two words' })).json()) as { executionId: string };
  expect((await run('word-count', null)).status).toBe(400);
  expect((await run('no-such-plugin', null)).status).toBe(400);
  const { total, recent, by, period } = await read<ExecutionsAnswer>('/executions');
  expect(total).toMatchObject({
    executions: before.executions + 3,
    failed: before.failed + 1,
    lost: before.lost,
    durationMs: expect.any(Number),
  });
  expect(by.reduce((sum, each) => sum + each.executions, 0)).toBe(total.executions);
  expect(recent.slice(0, 3)).toMatchObject([
    { plugin: 'word-count', outcome: 'failed', reason: 'PLUGIN_FAILED', durationMs: expect.any(Number) },
    { plugin: 'word-count', outcome: 'done', id: done.executionId },
    { plugin: 'echo', outcome: 'done', durationMs: expect.any(Number) },
  ]);
  const [at = ''] = recent.map((each) => each.at);
  expect(period.start <= at && at < period.end).toBe(true);
});

test('the log names the execution that the API names, and goes on for whoever comes back', async () => {
  const [newest] = (await read<ExecutionsAnswer>('/executions?limit=1')).recent;
  const log = await vi.waitFor(
    async () => {
      const { lines } = await read<LogAnswer>('/logs?tail=20');
      expect(lines.map((line) => line.text).join('\n')).toContain(newest?.id);
      return lines;
    },
    { timeout: 60_000 },
  );
  expect(log.length).toBeLessThanOrEqual(20);
  const [first, second, third] = log;
  const followed = await events('/logs?follow=true', 'line', 2, { 'last-event-id': first?.at ?? '' });
  expect(followed.map((each) => each.data)).toEqual([second, third]);
  expect(followed.map((each) => each.id)).toEqual([second?.at, third?.at]);
  expect((await send('GET', `${path}/logs?tail=5000`)).status).toBe(400);
});

test('however many watch, each gets the figures of the container under its limits', async () => {
  const watched = await Promise.all(Array.from({ length: 5 }, () => events('/live/stream', 'live', 3)));
  const { memoryMb, cpus } = await stage.workspace.container();
  for (const seen of watched) {
    const live = seen.at(-1)?.data as LiveWorkspace;
    expect(live).toMatchObject({ status: 'running', memoryLimitMb: memoryMb, cpuLimitPercent: cpus * 100 });
    expect(live.memoryOfLimitPercent).toBeGreaterThan(0);
    expect(live.memoryOfLimitPercent).toBeLessThanOrEqual(100);
  }
});

test('its history is there for whoever looks later', async () => {
  const hour = await vi.waitFor(
    async () => {
      const history = await read<UsageHistoryAnswer>('/history?range=1h');
      expect(history.points.length).toBeGreaterThanOrEqual(2);
      return history;
    },
    { timeout: 60_000, interval: 1_000 },
  );
  const { memoryMb, cpus } = await stage.workspace.container();
  expect(hour).toMatchObject({ range: '1h', stepSeconds: 10 });
  expect(hour.points.at(-1)).toMatchObject({ memoryLimitMb: memoryMb, cpuLimitPercent: cpus * 100 });
  expect(hour.points.at(-1)?.memoryAvgMb).toBeGreaterThan(10);
  const coarse = await read<UsageHistoryAnswer>('/history?range=1h&points=10');
  expect(coarse.points.length).toBeLessThanOrEqual(11);
  expect(coarse.stepSeconds).toBe(360);
  expect((await send('GET', `${path}/history?range=2d`)).status).toBe(400);
});
