import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { PART_NAMES, type Part, type PartContext, type PartName, type PartStatus } from './part.ts';
import { poll } from './poll.ts';
import { isAlive, type ProcessIdentity } from './process-identity.ts';
import { createSupervisor } from './supervisor.ts';

const LIVES = 'setInterval(() => {}, 1e6)';
const DIES = "console.log('the last word'); process.exit(3)";

function setUp(
  programs: Partial<Record<PartName, string>>,
  needs: Partial<Record<PartName, PartName[]>> = {},
  restartDelayMs = 10,
) {
  const stateDir = mkdtempSync(join(tmpdir(), 'supervisor-'));
  mkdirSync(join(stateDir, 'logs'));
  const abort = new AbortController();
  const history: PartStatus[] = [];
  const part = (name: PartName): Part => ({
    name,
    needs: needs[name] ?? [],
    start: (context) =>
      context.spawn({
        command: process.execPath,
        args: ['-e', programs[name] ?? LIVES],
        cwd: stateDir,
        env: process.env,
        stopTimeoutMs: 2_000,
      }),
  });
  const supervisor = createSupervisor({
    parts: Object.fromEntries(PART_NAMES.map((name) => [name, part(name)])) as Record<PartName, Part>,
    context: { env: {}, stateDir, signal: abort.signal } as PartContext,
    restartDelayMs,
    onStatus: (status) => history.push(status),
    onProcesses: () => undefined,
  });
  onTestFinished(async () => {
    abort.abort();
    await supervisor.killAll();
    rmSync(stateDir, { recursive: true });
  });
  const processOf = (name: PartName): ProcessIdentity | undefined => supervisor.processes()[name];
  const stateOf = (name: PartName) => supervisor.statuses().find((status) => status.name === name)?.state;
  const logOf = (name: PartName) => readFileSync(join(stateDir, 'logs', `${name}.log`), 'utf8');
  return { supervisor, history, stateDir, processOf, stateOf, logOf };
}

const none = () => false;

/** A process that is about to end is there for a moment. */
async function steady(lives: () => boolean): Promise<boolean> {
  return !(await poll(() => !lives(), { timeoutMs: 500 }));
}

test('a part starts after those that it needs', async () => {
  const { supervisor, history } = setUp({}, { worker: ['temporal'], temporal: ['postgres'] });
  await supervisor.startAll(['worker', 'temporal', 'postgres'], none);
  expect(history.filter(({ state }) => state === 'running').map(({ name }) => name)).toEqual([
    'postgres',
    'temporal',
    'worker',
  ]);
});

test('a part that dies is started again, and says so', async () => {
  const { supervisor, history, processOf, stateOf } = setUp({});
  await supervisor.startAll(['worker'], none);
  const first = processOf('worker');
  process.kill(first?.pid ?? 0, 'SIGKILL');

  expect(
    await poll(() => stateOf('worker') === 'running' && processOf('worker')?.pid !== first?.pid, { timeoutMs: 5_000 }),
  ).toBe(true);
  expect(history.find(({ state }) => state === 'restarting')).toMatchObject({
    detail: 'was ended by SIGKILL',
    restarts: 1,
  });
});

test('a part that was killed or stopped on request stays down until it is started', async () => {
  const { supervisor, processOf, stateOf } = setUp({});
  await supervisor.startAll(['worker', 'api'], none);
  const [worker, api] = [processOf('worker'), processOf('api')];
  await supervisor.killPart('worker');
  await supervisor.stopPart('api');
  expect([stateOf('worker'), stateOf('api')]).toEqual(['stopped', 'stopped']);
  expect([worker, api].map((identity) => identity && isAlive(identity))).toEqual([false, false]);

  await supervisor.startPart('worker');
  expect(stateOf('worker')).toBe('running');
});

test('how a part was stopped is said: one that does not end by itself has to be killed', async () => {
  const deaf = `process.on('SIGTERM', () => {}); console.log('deaf'); ${LIVES}`;
  const { supervisor, history, logOf } = setUp({ api: deaf });
  await supervisor.startAll(['worker', 'api'], none);
  expect(await poll(() => logOf('api').includes('deaf'), { timeoutMs: 10_000 })).toBe(true);
  await supervisor.stopPart('worker');
  await supervisor.finish('api');
  const stopped = history.filter(({ state }) => state === 'stopped').map(({ name, detail }) => [name, detail]);
  expect(stopped).toEqual([
    ['worker', 'stopped'],
    ['api', 'killed, as it did not end by itself in time'],
  ]);
}, 30_000);

test('a part that keeps dying is never given up, no other part is stopped for it, and it is there again once it can live', async () => {
  const mended = "require('node:fs').existsSync('mended')";
  const { supervisor, history, stateDir, processOf, stateOf } = setUp({
    api: `if (${mended}) ${LIVES}; else { ${DIES} }`,
  });
  await supervisor.startAll(['api', 'worker'], none);
  const worker = processOf('worker');
  expect(await poll(() => stateOf('api') === 'failing', { timeoutMs: 20_000 })).toBe(true);
  const failing = history.find(({ state }) => state === 'failing');
  expect(failing).toMatchObject({ detail: 'ended with status 3', restarts: 6 });
  expect(history.filter(({ name }) => name === 'worker').at(-1)?.state).toBe('running');

  writeFileSync(join(stateDir, 'mended'), '');
  const lives = () => stateOf('api') === 'running' && isAlive(processOf('api') as ProcessIdentity);
  expect(await poll(async () => lives() && (await steady(lives)), { timeoutMs: 30_000 })).toBe(true);
  expect(processOf('worker')).toEqual(worker);
}, 60_000);

test('what waits to be started again is started at once when what it needs has come back', async () => {
  const { supervisor, processOf, stateOf } = setUp({ worker: DIES }, { worker: ['temporal'] }, 5_000);
  await supervisor.startAll(['temporal', 'worker'], none);
  // Its pause is 5 s from the first death on.
  expect(await poll(() => stateOf('worker') === 'restarting', { timeoutMs: 20_000 })).toBe(true);
  const restarts = () => supervisor.statuses().find(({ name }) => name === 'worker')?.restarts;
  expect(restarts()).toBe(1);
  await supervisor.stopPart('temporal');
  const began = performance.now();
  await supervisor.startPart('temporal');
  expect(await poll(() => restarts() === 2, { timeoutMs: 4_500 })).toBe(true);
  expect(performance.now() - began).toBeLessThan(4_500);
  expect(processOf('temporal')).toBeDefined();
});

test('a part that is tried again and again can be stopped, and stays down', async () => {
  const { supervisor, stateOf } = setUp({ api: DIES });
  await supervisor.startAll(['api'], none);
  expect(await poll(() => stateOf('api') === 'restarting', { timeoutMs: 20_000 })).toBe(true);
  await supervisor.stopPart('api');
  expect(stateOf('api')).toBe('stopped');
  await supervisor.idle();
  expect(stateOf('api')).toBe('stopped');
});

test('a part whose address is given is neither started nor stopped', async () => {
  const { supervisor, processOf, stateOf } = setUp({});
  await supervisor.startAll(['postgres'], () => true);
  expect(stateOf('postgres')).toBe('external');
  expect(processOf('postgres')).toBeUndefined();
  await expect(supervisor.stopPart('postgres')).rejects.toThrow('not ours');
});
