import { expect, test } from 'vitest';
import { anAccount, day } from '#test/factories/billing.ts';
import type { AccountState, WorkspaceState } from './account-state.ts';
import { deleteWorkspace, wishForWorkspace } from './commands.ts';
import {
  arrive,
  beginMove,
  cancelMove,
  chooseMoveTime,
  cleanedUp,
  deferMove,
  giveUpMove,
  hostsTaken,
  isMoveDue,
  isOnTheMove,
  moveTimes,
  type PlanMove,
  planMove,
} from './moves.ts';

const NOW = day(1);
const ID = 'ws_1';
const COMMAND: PlanMove = {
  commandId: 'drain/local',
  workspaceId: ID,
  fromHostId: 'local',
  toHostId: null,
  withinDays: 7,
  reason: 'Its machine is being replaced.',
};

function workspaceOf({ workspaces: [workspace] }: AccountState): WorkspaceState {
  if (!workspace) throw new Error('The account has a workspace.');
  return workspace;
}

function stopped(): AccountState {
  return wishForWorkspace(anAccount(), { commandId: 'stop', workspaceId: ID, wants: 'stopped' }, NOW).state;
}

function moving(state: AccountState): AccountState {
  return beginMove(planMove(state, { ...COMMAND, withinDays: 0 }, NOW).state, ID, 'host-b', NOW);
}

test('the owner of a running one is asked, once; it moves at the end of the time', () => {
  const { state, happened } = planMove(anAccount(), COMMAND, NOW);
  const [mail] = state.outbox;
  expect(mail).toMatchObject({
    kind: 'mail',
    template: 'move-planned',
    facts: { moveAt: day(8), reason: COMMAND.reason },
  });
  expect(happened).toHaveLength(1);
  expect(workspaceOf(state)).toMatchObject({ move: { stage: 'planned', at: day(8), latestAt: day(8) } });
  expect(workspaceOf(state).desired).toEqual(workspaceOf(anAccount()).desired);
  expect([isMoveDue(workspaceOf(state), day(7)), isMoveDue(workspaceOf(state), day(8))]).toEqual([false, true]);
  expect(moveTimes(state.workspaces)).toEqual([day(8)]);
  expect(planMove(state, { ...COMMAND, commandId: 'again' }, day(2))).toEqual({ state, happened: [] });
});

test('one that is down moves at once, and nobody is written to', () => {
  const { state } = planMove(stopped(), COMMAND, NOW);
  expect(state.outbox).toEqual([]);
  expect(isMoveDue(workspaceOf(state), NOW)).toBe(true);
});

test('one that waits for its time moves as soon as its owner stops it', () => {
  const planned = planMove(anAccount(), COMMAND, NOW).state;
  const { state } = wishForWorkspace(planned, { commandId: 'stop', workspaceId: ID, wants: 'stopped' }, day(2));
  expect(isMoveDue(workspaceOf(state), day(2))).toBe(true);
});

test('one that lives elsewhere by now, or is deleted, is left alone', () => {
  const elsewhere = { ...COMMAND, fromHostId: 'another' };
  expect(workspaceOf(planMove(anAccount(), elsewhere, NOW).state).move).toBeNull();
  expect(() => planMove(anAccount(), { ...COMMAND, workspaceId: 'nobody' }, NOW)).toThrow('no workspace nobody');
});

test('the owner chooses now or a time before the last one', () => {
  const { state } = planMove(anAccount(), COMMAND, NOW);
  const choose = (at: string | null) => chooseMoveTime(state, { commandId: 'c', workspaceId: ID, at }, day(2)).state;
  expect(workspaceOf(choose(null)).move?.at).toBe(day(2));
  expect(workspaceOf(choose(day(1))).move?.at).toBe(day(2));
  expect(workspaceOf(choose(day(5))).move).toMatchObject({ at: day(5), latestAt: day(8) });
  expect(() => choose(day(9))).toThrow('has to move by 2026-03-09 00:00 UTC');
  expect(() => chooseMoveTime(anAccount(), { commandId: 'c', workspaceId: ID, at: null }, NOW)).toThrow('No move');
  expect(() => chooseMoveTime(moving(anAccount()), { commandId: 'c', workspaceId: ID, at: null }, NOW)).toThrow(
    'begun',
  );
});

test('a move that has not begun is taken back with its mail; one that has goes on', () => {
  const { state } = planMove(anAccount(), COMMAND, NOW);
  const back = cancelMove(state, { commandId: 'undrain', workspaceId: ID }, day(2)).state;
  expect([workspaceOf(back).move, back.outbox]).toEqual([null, []]);
  const begun = moving(anAccount());
  expect(cancelMove(begun, { commandId: 'undrain', workspaceId: ID }, NOW).state).toBe(begun);
});

test('while it moves it is to be down, whatever its owner wishes; then it is what it was, with a newer wish', () => {
  const state = moving(anAccount());
  const before = workspaceOf(anAccount()).desired;
  expect(workspaceOf(state)).toMatchObject({ hostId: 'local', ownerWants: 'running' });
  expect(workspaceOf(state).desired).toMatchObject({ state: 'stopped', generation: before.generation + 1 });
  const pressed = wishForWorkspace(state, { commandId: 'start', workspaceId: ID, wants: 'running' }, NOW).state;
  expect(workspaceOf(pressed).desired.state).toBe('stopped');

  const there = workspaceOf(arrive(state, ID, NOW).state);
  expect(there).toMatchObject({ hostId: 'host-b', move: null, leftOn: ['local'], desired: { state: 'running' } });
  expect(there.desired.generation).toBeGreaterThan(before.generation + 1);
});

test('one that was down arrives down, with a newer wish, so that its new host looks at it', () => {
  const state = moving(stopped());
  const there = workspaceOf(arrive(state, ID, NOW).state);
  expect(there.desired.state).toBe('stopped');
  expect(there.desired.generation).toBeGreaterThan(workspaceOf(state).desired.generation);
});

test('it takes room on both hosts until nothing of it is left on the old one', () => {
  const state = moving(anAccount());
  expect(hostsTaken(workspaceOf(state))).toEqual(['local', 'host-b']);
  const there = arrive(state, ID, NOW).state;
  expect(hostsTaken(workspaceOf(there)).sort()).toEqual(['host-b', 'local']);
  expect(isOnTheMove(workspaceOf(there))).toBe(true);
  const clean = workspaceOf(cleanedUp(there, ID, 'local', NOW));
  expect([hostsTaken(clean), isOnTheMove(clean)]).toEqual([['host-b'], false]);
});

test('a move that does not succeed is taken back: it runs where it was, and is tried again with any host', () => {
  const state = deferMove(moving(anAccount()), ID, 'The copy failed.', NOW);
  expect(workspaceOf(state)).toMatchObject({
    hostId: 'local',
    leftOn: ['host-b'],
    desired: { state: 'running' },
    move: { stage: 'planned', toHostId: null, trouble: 'The copy failed.' },
  });
  expect(isMoveDue(workspaceOf(state), NOW)).toBe(false);
  expect(isMoveDue(workspaceOf(state), day(1, 1))).toBe(true);
  // The same host again: what is there is no left-over any more.
  expect(workspaceOf(beginMove(state, ID, 'host-b', NOW)).leftOn).toEqual([]);
});

test('deleted in the middle of its move, it is deleted on both hosts', () => {
  const state = moving(anAccount({ deleteWorkspacesAfterDays: 0 }));
  const deleted = deleteWorkspace(state, { commandId: 'delete', workspaceId: ID }, NOW).state;
  expect(workspaceOf(deleted).desired.state).toBe('deleted');
  const givenUp = workspaceOf(giveUpMove(deleted, ID, NOW));
  expect(givenUp).toMatchObject({ move: null, leftOn: ['host-b'], desired: { state: 'deleted' } });
});
