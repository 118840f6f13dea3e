import { describe, expect, test } from 'vitest';
import { aPayingAccount, day, TEAM_SIZE } from '#test/factories/billing.ts';
import type { AccountState } from './account-state.ts';
import { wishForWorkspace } from './commands.ts';
import type { HostReport, HostSighting } from './host-report.ts';
import { asksToConverge, takeHostReport } from './host-reports.ts';
import { addMs } from './time.ts';
import { viewOf } from './view.ts';
import { recoverWorkspace, resizeWorkspace } from './workspace-commands.ts';
import { advanceWorkspaces, afterObserved, workspaceDeadlines } from './workspace-progress.ts';

const NOW = day(1);
const ABOUT = { commandId: 'c_1', workspaceId: 'ws_1' };
const CRASH = { kind: 'crash-looping', crashes: 5, exitCode: 1, outOfMemory: false } as const;

function running(): AccountState {
  const state = aPayingAccount();
  const seen = { state: 'running' as const, generation: 2, containerId: 'c', at: NOW, since: NOW, reason: null };
  return afterObserved(state, 'ws_1', { ...seen, size: TEAM_SIZE, pending: null, storageLimit: null }, NOW);
}

const told = (saw: HostSighting, changes: Partial<HostReport> = {}): HostReport => ({
  ...{ reportId: 'r_1', workspaceId: 'ws_1', generation: 2, saw },
  ...changes,
});
const take = (state: AccountState, report: HostReport) => takeHostReport(state, report, NOW);
const shown = (state: AccountState) => viewOf(state, NOW).workspaces[0];

describe('a crash loop', () => {
  test('is shown with what is known of it, the wish stays, and one mail goes out', () => {
    const { state, happened } = take(running(), told(CRASH));
    expect(shown(state)).toMatchObject({
      status: 'crash-looping',
      ownerWants: 'running',
      reason:
        'It crashed 5 times in a short while, so it is not started again by itself. The last time it ended with exit code 1.',
    });
    expect(state.workspaces[0]?.desired).toEqual(running().workspaces[0]?.desired);
    expect(happened.map(({ id }) => id)).toEqual(['workspace-crashed/ws_1/2']);
    expect(state.outbox.map(({ id }) => id)).toEqual(['mail/workspace-stopped/ws_1/2']);
    expect(take(state, told(CRASH))).toEqual({ state, happened: [] });
  });

  test('for want of memory says so', () => {
    const { state } = take(running(), told({ ...CRASH, outOfMemory: true }));
    expect(shown(state)?.reason).toContain('it had used up its 512 MB of memory: give it more.');
  });

  test('of an older wish, of an unknown workspace, or of one that is to be down, changes nothing', () => {
    const state = running();
    for (const report of [told(CRASH, { generation: 1 }), told(CRASH, { workspaceId: 'ws_9' })])
      expect(take(state, report)).toEqual({ state, happened: [] });
    const stopped = wishForWorkspace(state, { ...ABOUT, wants: 'stopped' }, NOW).state;
    expect(take(stopped, told(CRASH, { generation: 3 }))).toEqual({ state: stopped, happened: [] });
  });
});

test('kills for memory are told once, counted, and forgotten once it is stable', () => {
  const once = take(running(), told({ kind: 'out-of-memory', kills: 1 }));
  expect(once.happened).toHaveLength(1);
  const thrice = take(once.state, told({ kind: 'out-of-memory', kills: 3 }));
  expect(thrice.happened).toEqual([]);
  expect(shown(thrice.state)?.note).toBe(
    'A program in it was ended 3 times of late because all of its 512 MB of memory were in use. Give it more memory.',
  );
  expect(shown(take(thrice.state, told({ kind: 'stable' })).state)?.note).toBeNull();
});

test('what went astray is converged once more, except what waits for its owner', () => {
  const astray = told({ kind: 'astray' });
  expect(asksToConverge(running(), astray)).toBe(true);
  expect(take(running(), astray)).toEqual({ state: running(), happened: [] });
  expect(asksToConverge(running(), { ...astray, generation: 1 })).toBe(false);
  expect(asksToConverge(take(running(), told(CRASH)).state, astray)).toBe(false);
});

describe('storage', () => {
  const OVER = { kind: 'storage', usedMb: 6_000, limitMb: 5_120, state: 'over' } as const;
  const over = () => take(running(), told(OVER)).state;

  test('over by a tenth stops this workspace alone, with the numbers, whatever the generation, and says so once', () => {
    const { state, happened } = take(running(), told(OVER, { generation: 1 }));
    expect(state.holds).toEqual([]);
    expect(state.workspaces[0]).toMatchObject({ hold: { name: 'quota', since: NOW }, desired: { state: 'stopped' } });
    expect(shown(state)?.reason).toContain('Its data takes 6,000 MB and it has 5,120 MB of storage');
    expect(happened.map(({ kind }) => kind)).toEqual(['workspace-over-storage']);
    expect(state.outbox).toHaveLength(1);
    expect(take(state, told({ ...OVER, usedMb: 6_010 }))).toEqual({ state, happened: [] });
  });

  test('near the limit is a note; between the limit and a tenth over it a hold stays and none is placed', () => {
    const near = { kind: 'storage', usedMb: 5_300, limitMb: 5_120, state: 'near' } as const;
    const { state } = take(running(), told(near));
    expect(shown(state)).toMatchObject({
      status: 'running',
      note: expect.stringContaining('5,300 MB of its 5,120 MB'),
    });
    expect(take(over(), told(near)).state.workspaces[0]?.hold?.name).toBe('quota');
  });

  test('that is in order again lifts the hold by itself, and it runs as its owner wants', () => {
    const { state, happened } = take(over(), told({ ...OVER, usedMb: 100, state: 'ok' }));
    expect(state.workspaces[0]).toMatchObject({ hold: null, desired: { state: 'running' } });
    expect(happened.map(({ kind }) => kind)).toEqual(['workspace-storage-ok']);
  });

  test('of which there is more now lifts the hold without waiting for its host', () => {
    const room = { ...over(), entitlements: bigger(over()) };
    const size = { ...TEAM_SIZE, storageMb: 8_192 };
    const { state } = resizeWorkspace(room, { ...ABOUT, size }, NOW);
    expect(state.workspaces[0]).toMatchObject({ hold: null, desired: { state: 'running', size } });
  });

  test('recovered it runs for half an hour to make room, and is stopped again if there is none then', () => {
    const { state } = recoverWorkspace(over(), ABOUT, NOW);
    expect(state.workspaces[0]).toMatchObject({ hold: null, desired: { state: 'running' } });
    expect(take(state, told({ ...OVER, usedMb: 7_000 })).state.workspaces[0]?.hold).toBeNull();
    const [due] = workspaceDeadlines(state.workspaces);
    expect(due).toBe(addMs(NOW, 30 * 60_000));
    const later = advanceWorkspaces(state, due ?? '');
    expect(later.state.workspaces[0]).toMatchObject({ makeRoomUntil: null, hold: { name: 'quota' } });
    expect(workspaceDeadlines(later.state.workspaces)).toEqual([]);
  });

  function bigger({ entitlements }: AccountState): AccountState['entitlements'] {
    const { pool } = entitlements;
    return { ...entitlements, pool: pool && { ...pool, storageMb: { value: 10_240, because: 'More.' } } };
  }
});
