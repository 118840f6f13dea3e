import { describe, expect, test } from 'vitest';
import { aCatalog, anAccount, aPayingAccount, aSnapshot, day, TEAM_SIZE } from '#test/factories/billing.ts';
import type { AccountState, ObservedWorkspaceState, WorkspaceState } from './account-state.ts';
import { CommandRefused, createWorkspace, deleteWorkspace, placeHold, wishForWorkspace } from './commands.ts';
import { deadlinesOf, decide } from './decide.ts';
import { addDays } from './time.ts';
import { viewOf } from './view.ts';
import {
  recoverWorkspace,
  renameWorkspace,
  resizeWorkspace,
  restartWorkspace,
  restoreWorkspace,
} from './workspace-commands.ts';
import { afterObserved } from './workspace-progress.ts';

const NOW = day(1);
const ABOUT = { commandId: 'c_1', workspaceId: 'ws_1' };

const first = (state: AccountState): WorkspaceState => {
  const [workspace] = state.workspaces;
  if (!workspace) throw new Error('The account has no workspace.');
  return workspace;
};
const seen = (state: AccountState, observed: ObservedWorkspaceState, reason: string | null = null): AccountState => {
  const { id, desired } = first(state);
  const report = { state: observed, generation: desired.generation, containerId: 'c', at: NOW, since: NOW, reason };
  return afterObserved(state, id, { ...report, size: desired.size, pending: null, storageLimit: null }, NOW);
};
const running = () => seen(aPayingAccount(), 'running');
const shown = (state: AccountState, now = NOW) => viewOf(state, now).workspaces[0];
const wants = (state: AccountState, wish: 'running' | 'stopped') =>
  wishForWorkspace(state, { ...ABOUT, wants: wish }, NOW).state;
const refusalOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof CommandRefused) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('The command was not refused.');
};

describe('a restart', () => {
  test('is down first and up again then, each a wish of its own, and ends when it runs', () => {
    const { state, happened } = restartWorkspace(running(), ABOUT, NOW);
    expect(happened.map(({ text }) => text)).toEqual(['You asked to restart Main.']);
    expect(first(state).desired).toMatchObject({ state: 'stopped', generation: 3, since: NOW });
    expect(shown(state)?.status).toBe('restarting');
    const down = seen(state, 'stopped');
    expect(first(down).desired).toMatchObject({ state: 'running', generation: 4 });
    expect(shown(down)?.status).toBe('restarting');
    const up = seen(down, 'running');
    expect(first(up)).toMatchObject({ restart: null, desired: { generation: 4 } });
    expect(shown(up)?.status).toBe('running');
  });

  test('that is under way is not begun again; a start leaves it alone, a stop ends it', () => {
    const { state } = restartWorkspace(running(), ABOUT, NOW);
    expect(restartWorkspace(state, ABOUT, NOW)).toEqual({ state, happened: [] });
    expect(first(wants(state, 'running'))).toEqual(first(state));
    const stopped = seen(wants(state, 'stopped'), 'stopped');
    expect(first(stopped)).toMatchObject({ restart: null, desired: { state: 'stopped' } });
    expect(shown(stopped)?.status).toBe('stopped');
  });

  test('of one that is down is a start, of one that was given up a new attempt', () => {
    const down = seen(wants(running(), 'stopped'), 'stopped');
    const started = restartWorkspace(down, ABOUT, NOW).state;
    expect(first(started)).toMatchObject({ restart: null, ownerWants: 'running', desired: { state: 'running' } });
    const failed = seen(running(), 'crash-looping', 'It crashed.');
    expect(first(restartWorkspace(failed, ABOUT, NOW).state).desired.generation).toBe(3);
  });

  test('is refused under a hold; one that a hold interrupts ends when the hold is lifted', () => {
    const hold = { commandId: 'h', hold: 'admin', reason: 'Abuse.' } as const;
    const held = placeHold(running(), hold, NOW).state;
    expect(refusalOf(() => restartWorkspace(held, ABOUT, NOW))).toBe('WorkspaceSuspended: Abuse.');
    const between = seen(placeHold(restartWorkspace(running(), ABOUT, NOW).state, hold, NOW).state, 'stopped');
    expect(shown(between)?.status).toBe('suspended');
  });
});

describe('recovering', () => {
  test('a crash loop is a new attempt that forgets what it counted', () => {
    const crashed = seen(running(), 'crash-looping', 'It crashed.');
    expect(shown(crashed)).toMatchObject({ status: 'crash-looping', reason: 'It crashed.', canRecover: true });
    const { state } = recoverWorkspace(crashed, ABOUT, NOW);
    expect(first(state)).toMatchObject({ memoryKills: 0, desired: { state: 'running', generation: 3 } });
    expect(shown(state)).toMatchObject({ status: 'starting', canRecover: false });
  });

  test('what lacks nothing changes nothing', () => {
    const state = running();
    expect(recoverWorkspace(state, ABOUT, NOW)).toEqual({ state, happened: [] });
  });
});

describe('another name', () => {
  test('is trimmed, must be free, and makes no new wish', () => {
    const { state } = renameWorkspace(running(), { ...ABOUT, name: ' Shop ' }, NOW);
    expect(first(state)).toMatchObject({ name: 'Shop', desired: { generation: 2 } });
    expect(renameWorkspace(state, { ...ABOUT, name: 'Shop' }, NOW)).toEqual({ state, happened: [] });
    const catalog = roomy();
    const two = createWorkspace(
      anAccount({}, catalog),
      { commandId: 'c_2', workspaceId: 'ws_2', name: 'Blog', hostId: 'local', size: HALF },
      NOW,
    ).state;
    expect(refusalOf(() => renameWorkspace(two, { ...ABOUT, name: 'blog' }, NOW))).toMatch(/^WorkspaceNameTaken/);
  });
});

const HALF = { memoryMb: 512, cpuPercent: 50, storageMb: 1_024 };
const POOL = { memoryMb: 2_048, cpuPercent: 200, storageMb: 4_096, workspaces: 3 };

/** A free plan with room for three. */
function roomy() {
  const catalog = aCatalog();
  const [free, ...others] = catalog.plans;
  if (!free) throw new Error('The catalog has no plan.');
  return { ...catalog, plans: [{ ...free, pool: POOL }, ...others] };
}

describe('another size', () => {
  const two = () =>
    createWorkspace(
      seen(anAccount({}, roomy()), 'running'),
      { commandId: 'c_2', workspaceId: 'ws_2', name: 'Second', hostId: 'local', size: HALF },
      NOW,
    ).state;

  test('is a new wish; a first one that has all the rest gives way and gets back', () => {
    const grown = resizeWorkspace(
      two(),
      { ...ABOUT, workspaceId: 'ws_2', size: { ...HALF, memoryMb: 1_024 } },
      NOW,
    ).state;
    expect(grown.workspaces.map(({ allocation }) => allocation?.memoryMb)).toEqual([1_024, 1_024]);
    expect(grown.workspaces.map(({ desired }) => desired.generation)).toEqual([3, 2]);
  });

  test('of the first one takes from nobody, and is refused with the numbers where it would', () => {
    const size = { ...HALF, memoryMb: 1_536 };
    expect(first(resizeWorkspace(two(), { ...ABOUT, size }, NOW).state)).toMatchObject({
      asked: size,
      allocation: size,
    });
    expect(refusalOf(() => resizeWorkspace(two(), { ...ABOUT, size: { ...size, memoryMb: 1_600 } }, NOW))).toBe(
      "PoolExhausted: Main needs 1,600 MB of memory; 1.5 GB of the pool's 2 GB is free.",
    );
    expect(refusalOf(() => resizeWorkspace(two(), { ...ABOUT, size: { ...size, memoryMb: 64 } }, NOW))).toMatch(
      /^WorkspaceSizeInvalid/,
    );
  });

  test('asked for twice is one wish; asked for with a restart it is down and up again with the new size', () => {
    const once = resizeWorkspace(two(), { ...ABOUT, size: HALF }, NOW).state;
    expect(resizeWorkspace(once, { ...ABOUT, size: HALF }, NOW)).toEqual({ state: once, happened: [] });
    const restarting = resizeWorkspace(two(), { ...ABOUT, size: HALF, restart: true }, NOW).state;
    expect(first(restarting).desired).toMatchObject({ state: 'stopped', size: HALF });
    expect(first(seen(restarting, 'stopped')).desired).toMatchObject({ state: 'running', size: HALF });
  });
});

describe('a deletion', () => {
  const deleted = () => deleteWorkspace(running(), ABOUT, NOW).state;
  const lookedAt = (state: AccountState, now: string) => decide(state, aSnapshot(now, []), now, aCatalog());

  test('stops at once, keeps the data for its days and is what the account acts on next', () => {
    const state = deleted();
    expect(first(state)).toMatchObject({ desired: { state: 'stopped' }, allocation: null, ownerWants: 'running' });
    expect(shown(state)).toMatchObject({
      status: 'deleting',
      deleteAt: addDays(NOW, 7),
      canRestore: true,
      canStart: false,
      canStop: false,
      canRename: false,
    });
    expect(deadlinesOf(state)).toContain(addDays(NOW, 7));
    for (const act of [wants, renameWorkspace, restartWorkspace])
      expect(refusalOf(() => act(state, { ...ABOUT, name: 'x' } as never, NOW as never))).toMatch(
        /^WorkspaceBeingDeleted/,
      );
  });

  test('is taken back as it was, until its day; then the data goes, and no earlier', () => {
    const back = restoreWorkspace(deleted(), ABOUT, NOW).state;
    expect(first(back)).toMatchObject({ deletion: null, desired: { state: 'running', size: TEAM_SIZE } });
    expect(first(lookedAt(deleted(), addDays(NOW, 6)).state).desired.state).toBe('stopped');
    const gone = lookedAt(deleted(), addDays(NOW, 7));
    expect(first(gone.state).desired.state).toBe('deleted');
    expect(gone.happened.map(({ kind }) => kind)).toContain('workspace-deleted');
    expect(gone.deadlines.every((at) => at > addDays(NOW, 7))).toBe(true);
    expect(refusalOf(() => restoreWorkspace(gone.state, ABOUT, NOW))).toMatch(/^WorkspaceDeleted/);
  });

  test('frees place, share and name at once; taken back it needs them again', () => {
    const catalog = roomy();
    const make = (state: AccountState, name: string, workspaceId: string) =>
      createWorkspace(state, { commandId: workspaceId, workspaceId, name, hostId: 'local', size: HALF }, NOW).state;
    const kept = deleteWorkspace(make(anAccount({}, catalog), 'Blog', 'ws_2'), { ...ABOUT, workspaceId: 'ws_2' }, NOW);
    const again = make(kept.state, 'Blog', 'ws_3');
    expect(refusalOf(() => restoreWorkspace(again, { ...ABOUT, workspaceId: 'ws_2' }, NOW))).toMatch(
      /^WorkspaceNameTaken/,
    );
    const full = make(make(kept.state, 'A', 'ws_3'), 'B', 'ws_4');
    expect(refusalOf(() => restoreWorkspace(full, { ...ABOUT, workspaceId: 'ws_2' }, NOW))).toBe(
      'WorkspaceLimitReached: The plan Free allows 3 workspaces; you have 3.',
    );
  });

  test('of more than twenty is not kept: before that a new one is refused', () => {
    let state = anAccount({}, roomy());
    for (let count = 1; count <= 20; count += 1) {
      const workspaceId = `w_${count}`;
      const command = { commandId: workspaceId, workspaceId, name: workspaceId, hostId: 'local', size: HALF };
      state = deleteWorkspace(createWorkspace(state, command, NOW).state, { ...ABOUT, workspaceId }, NOW).state;
    }
    const further = { commandId: 'x', workspaceId: 'x', name: 'x', hostId: 'local', size: HALF };
    expect(refusalOf(() => createWorkspace(state, further, NOW))).toMatch(/^TooManyDeletedWorkspaces: The data of 20/);
    const now = deleteWorkspace(state, { ...ABOUT, workspaceId: 'w_1', immediately: true }, NOW).state;
    expect(createWorkspace(now, further, NOW).state.workspaces.at(-1)?.id).toBe('x');
  });
});

test('what passes has an end: past it the view says so, and when it is tried again', () => {
  const state = aPayingAccount();
  const starting = {
    ...state,
    workspaces: state.workspaces.map((each) => ({ ...each, desired: { ...each.desired, since: NOW } })),
  };
  expect(shown(starting)).toMatchObject({
    status: 'starting',
    since: NOW,
    overdue: null,
    expectedBy: expect.any(String),
  });
  expect(shown(starting, addDays(NOW, 1))?.overdue).toMatch(/^This takes longer than it should\./);
  const at = addDays(NOW, 2);
  const silent = {
    ...starting,
    workspaces: starting.workspaces.map((each) => ({ ...each, retry: { at, why: 'host-silent' as const } })),
  };
  expect(shown(silent, addDays(NOW, 1))).toMatchObject({
    nextTryAt: at,
    overdue:
      'This takes longer than it should. Its host does not answer. It is asked again by itself; nothing is lost.',
  });
});
