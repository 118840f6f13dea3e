import { describe, expect, test } from 'vitest';
import {
  aCatalog,
  anAccount,
  anUnpaidSubscription,
  aPayingAccount,
  aSnapshot,
  aSubscription,
  day,
} from '#test/factories/billing.ts';
import type { AccountState, ObservedWorkspaceState } from './account-state.ts';
import { CommandRefused, grantOverride, liftHold, placeHold, wishForWorkspace, withdrawOverride } from './commands.ts';
import { decide } from './decide.ts';

const NOW = day(1);

const wish = (state: AccountState, wants: 'running' | 'stopped', workspaceId = 'ws_1') =>
  wishForWorkspace(state, { commandId: 'c_1', workspaceId, wants }, NOW);
const hold = (state: AccountState, name: 'admin' | 'dispute' | 'quota') =>
  placeHold(state, { commandId: 'c_2', hold: name, reason: 'By hand.' }, NOW).state;
const lift = (state: AccountState, name: 'admin' | 'dispute' | 'quota') =>
  liftHold(state, { commandId: 'c_3', hold: name }, NOW).state;
const desired = (state: AccountState) => state.workspaces[0]?.desired;
const observing = (state: AccountState, observed: ObservedWorkspaceState): AccountState => ({
  ...state,
  workspaces: state.workspaces.map((each) => ({
    ...each,
    observed: { state: observed, generation: each.desired.generation, containerId: 'c', at: NOW, reason: null },
  })),
});
const refusalOf = (act: () => unknown) => {
  try {
    act();
  } catch (error) {
    if (error instanceof CommandRefused) return error;
    throw error;
  }
  throw new Error('The command was not refused.');
};

function suspendedAccount(): AccountState {
  const inGrace = decide(aPayingAccount(), aSnapshot(day(0), [anUnpaidSubscription()]), day(0), aCatalog()).state;
  return decide(inGrace, aSnapshot(day(7), [anUnpaidSubscription()]), day(7), aCatalog()).state;
}

function deletedAccount(): AccountState {
  const state = anAccount();
  return {
    ...state,
    workspaces: state.workspaces.map((each) => ({ ...each, desired: { ...each.desired, state: 'deleted' as const } })),
  };
}

describe("the owner's wish", () => {
  test('a stop and a start are done once each, and written down', () => {
    const stopped = wish(anAccount(), 'stopped');
    expect(stopped.state.workspaces[0]).toMatchObject({
      ownerWants: 'stopped',
      desired: { state: 'stopped', generation: 2 },
    });
    expect(stopped.happened).toEqual([
      {
        id: 'owner-stopped/c_1',
        at: '2026-03-02T00:00:00.000Z',
        kind: 'owner-stopped',
        text: 'You asked to stop Main.',
      },
    ]);
    expect(desired(wish(stopped.state, 'running').state)).toMatchObject({ state: 'running', generation: 3 });
  });

  test('the same wish again changes nothing that a host would act on', () => {
    expect(desired(wish(anAccount(), 'running').state)).toEqual(desired(anAccount()));
  });

  test('a start after a failure is a new attempt; beside a workspace that runs it is none', () => {
    expect(desired(wish(observing(anAccount(), 'failed'), 'running').state)?.generation).toBe(2);
    expect(desired(wish(observing(anAccount(), 'running'), 'running').state)?.generation).toBe(1);
  });

  test('a start under a hold is refused with the reason; the wish is as before', () => {
    const refusal = refusalOf(() => wish(suspendedAccount(), 'running'));
    expect(refusal.code).toBe('WorkspaceSuspended');
    expect(refusal.message).toContain('A payment is overdue');
    expect(refusalOf(() => wish(hold(anAccount(), 'admin'), 'running')).message).toBe('By hand.');
  });

  test('a stop under a hold is taken down, so the payment does not start what its owner has stopped', () => {
    const stopped = wish(suspendedAccount(), 'stopped').state;
    const paid = decide(stopped, aSnapshot(day(8), [aSubscription()]), day(8), aCatalog()).state;
    expect(paid.standing).toBe('active');
    expect(desired(paid)?.state).toBe('stopped');
  });

  test('a workspace that is unknown or deleted is refused by its own code', () => {
    expect(refusalOf(() => wish(anAccount(), 'running', 'ws_9')).code).toBe('UnknownWorkspace');
    expect(refusalOf(() => wish(deletedAccount(), 'running')).code).toBe('WorkspaceDeleted');
    expect(refusalOf(() => wish(deletedAccount(), 'stopped')).code).toBe('WorkspaceDeleted');
  });
});

describe('holds by hand', () => {
  test('a hold stops what runs, lifting it starts it again, and both are written down', () => {
    const held = placeHold(anAccount(), { commandId: 'c_2', hold: 'dispute', reason: 'A dispute is open.' }, NOW);
    expect(desired(held.state)).toMatchObject({ state: 'stopped', generation: 2 });
    expect(held.happened).toEqual([
      {
        id: 'hold-placed/c_2',
        at: '2026-03-02T00:00:00.000Z',
        kind: 'hold-placed',
        text: 'Your workspaces are on hold (dispute): A dispute is open.',
      },
    ]);
    const lifted = liftHold(held.state, { commandId: 'c_3', hold: 'dispute' }, NOW);
    expect(desired(lifted.state)).toMatchObject({ state: 'running', generation: 3 });
    expect(lifted.happened.map((each) => each.id)).toEqual(['hold-lifted/c_3']);
  });

  test('of two holds, lifting one starts nothing', () => {
    const both = hold(hold(anAccount(), 'admin'), 'quota');
    expect(desired(lift(both, 'admin'))?.state).toBe('stopped');
    expect(desired(lift(lift(both, 'admin'), 'quota'))?.state).toBe('running');
  });

  test("lifting a hold by hand leaves billing's", () => {
    const both = hold(suspendedAccount(), 'admin');
    expect(lift(both, 'admin').holds.map((each) => each.name)).toEqual(['billing']);
    expect(desired(lift(both, 'admin'))?.state).toBe('stopped');
  });

  test('lifting does not start what its owner had stopped', () => {
    const stopped = wish(anAccount(), 'stopped').state;
    expect(desired(lift(hold(stopped, 'admin'), 'admin'))?.state).toBe('stopped');
  });

  test('lifting a hold that is not there changes nothing and is not written down', () => {
    const state = anAccount();
    const lifted = liftHold(state, { commandId: 'c_3', hold: 'admin' }, NOW);
    expect(lifted.state).toBe(state);
    expect(lifted.happened).toEqual([]);
  });
});

describe('room in the pool', () => {
  test('a start without room is refused with the reason; a stop is not', () => {
    const state = anAccount();
    const workspaces = state.workspaces.map((each) => ({ ...each, allocation: null, allocationNote: 'No room.' }));
    const refusal = refusalOf(() => wish({ ...state, workspaces }, 'running'));
    expect([refusal.code, refusal.message]).toEqual(['WorkspaceHasNoRoom', 'No room.']);
    expect(desired(wish({ ...state, workspaces }, 'stopped').state)?.state).toBe('stopped');
  });
});

describe('what support gives', () => {
  const override = { id: 'g_1', reason: 'An outage.', pool: { memoryMb: 512 }, until: day(9) };

  test('is written down and counts from the next look on; once withdrawn it counts no more', () => {
    const granted = grantOverride(aPayingAccount(), { commandId: 'c_4', override }, NOW);
    expect(granted.happened).toEqual([
      {
        id: 'granted/c_4',
        at: '2026-03-02T00:00:00.000Z',
        kind: 'granted',
        text: 'Support gave you more until 2026-03-10: An outage.',
      },
    ]);
    const looked = decide(granted.state, aSnapshot(NOW, [aSubscription()]), NOW, aCatalog()).state;
    expect(desired(looked)?.size.memoryMb).toBe(1024);
    const withdrawn = withdrawOverride(looked, { commandId: 'c_5', overrideId: 'g_1' }, NOW);
    expect(withdrawn.happened.map((each) => each.id)).toEqual(['grant-ended/c_5']);
    const after = decide(withdrawn.state, aSnapshot(NOW, [aSubscription()]), NOW, aCatalog());
    expect([desired(after.state)?.size.memoryMb, after.happened]).toEqual([512, []]);
  });

  test('given again under its id replaces what it was; withdrawing what is not there changes nothing', () => {
    const once = grantOverride(anAccount(), { commandId: 'c_4', override }, NOW).state;
    const more = { ...override, pool: { memoryMb: 1024 }, until: null };
    const { state, happened } = grantOverride(once, { commandId: 'c_5', override: more }, NOW);
    expect(state.overrides).toEqual([more]);
    expect(happened[0]?.text).toBe('Support gave you more: An outage.');
    expect(withdrawOverride(state, { commandId: 'c_6', overrideId: 'g_9' }, NOW)).toEqual({ state, happened: [] });
  });
});
