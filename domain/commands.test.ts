import { describe, expect, test } from 'vitest';
import {
  aCatalog,
  anAccount,
  anUnpaidSubscription,
  aPayingAccount,
  aPlan,
  aSnapshot,
  aSubscription,
  day,
} from '#test/factories/billing.ts';
import fc from '#test/fast-check.ts';
import type { AccountState, ObservedWorkspaceState } from './account-state.ts';
import { SMALLEST_SIZE } from './allocation.ts';
import type { Catalog, Plan, WorkspaceSize } from './catalog.ts';
import {
  CommandRefused,
  createWorkspace,
  deleteWorkspace,
  grantOverride,
  liftHold,
  placeHold,
  wishForWorkspace,
  withdrawOverride,
} from './commands.ts';
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
    observed: {
      state: observed,
      generation: each.desired.generation,
      containerId: 'c',
      at: NOW,
      since: NOW,
      reason: null,
      size: each.desired.size,
      pending: null,
      storageLimit: null,
    },
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

  test('given again under its id replaces what it was; withdrawing what is not there is refused with what there is', () => {
    const once = grantOverride(anAccount(), { commandId: 'c_4', override }, NOW).state;
    const more = { ...override, pool: { memoryMb: 1024 }, until: null };
    const { state, happened } = grantOverride(once, { commandId: 'c_5', override: more }, NOW);
    expect(state.overrides).toEqual([more]);
    expect(happened[0]?.text).toBe('Support gave you more: An outage.');
    expect(() => withdrawOverride(state, { commandId: 'c_6', overrideId: 'g_9' }, NOW)).toThrow(
      'There is no grant g_9. What there is: g_1.',
    );
  });
});

describe('a further workspace', () => {
  const size = (memoryMb: number) => ({ memoryMb, cpuPercent: 10, storageMb: 256 });
  const catalogOf = (workspaces: number, changes: Partial<Plan> = {}) =>
    aCatalog({
      plans: [
        aPlan({
          id: 'free',
          name: 'Free',
          pool: { memoryMb: 2048, cpuPercent: 200, storageMb: 8192, workspaces },
          ...changes,
        }),
      ],
      addOns: [],
    });
  const account = (catalog: Catalog) => anAccount({}, catalog);
  const create = (state: AccountState, name = 'Second', asked?: WorkspaceSize, workspaceId = name) =>
    createWorkspace(state, { commandId: `c_${name}`, workspaceId, name, hostId: 'local', size: asked }, NOW);
  const looked = (state: AccountState, catalog: Catalog) => decide(state, aSnapshot(NOW, []), NOW, catalog).state;
  const memory = (state: AccountState) => state.workspaces.map((each) => each.allocation?.memoryMb ?? null);
  const remove = (state: AccountState, workspaceId: string) =>
    deleteWorkspace(state, { commandId: `d_${workspaceId}`, workspaceId, immediately: true }, NOW);

  test('gets its share at once, the first one gives way, and a look with the catalog agrees', () => {
    const { state, happened } = create(account(catalogOf(3)), ' Second ', size(512));
    expect(state.workspaces[1]).toMatchObject({
      name: 'Second',
      ownerWants: 'running',
      asked: size(512),
      allocation: size(512),
      desired: { state: 'running', size: size(512), generation: 1 },
      observed: null,
    });
    expect(state.workspaces[0]?.desired).toMatchObject({ state: 'running', size: { memoryMb: 1536 }, generation: 2 });
    expect(happened).toEqual([
      {
        id: 'owner-created/c_ Second ',
        at: NOW,
        kind: 'owner-created',
        text: 'You asked for the workspace Second.',
      },
    ]);
    expect(looked(state, catalogOf(3)).workspaces).toEqual(state.workspaces);
  });

  test("without a size gets the plan's default, or the smallest where the plan has none", () => {
    const catalog = catalogOf(3, { defaultAllocation: size(1024) });
    expect(memory(create(account(catalog)).state)).toEqual([1024, 1024]);
    expect(memory(create(account(catalogOf(3))).state)).toEqual([1920, 128]);
  });

  test('one more than the plan allows is refused with both numbers; a limit below what is used destroys nothing', () => {
    const two = create(account(catalogOf(2))).state;
    const three = create(looked(two, catalogOf(3)), 'Third', size(128)).state;
    const refusal = refusalOf(() => create(two, 'Third'));
    expect([refusal.code, refusal.message]).toEqual([
      'WorkspaceLimitReached',
      'The plan Free allows 2 workspaces; you have 2.',
    ]);
    expect(refusal.shortage).toEqual({ part: 'workspaces', max: 2, used: 2, asked: 1 });

    const lowered = looked(three, catalogOf(1));
    expect(lowered.workspaces.map((each) => each.desired.state)).toEqual(['running', 'stopped', 'stopped']);
    const beyond = refusalOf(() => create(lowered, 'Fourth'));
    expect(beyond.message).toBe('The plan Free allows 1 workspace; you have 3.');
    expect(beyond.shortage).toEqual({ part: 'workspaces', max: 1, used: 3, asked: 1 });
  });

  test('what does not fit is refused with what it needs and what is free, and takes from nobody', () => {
    const state = create(account(catalogOf(3)), 'Second', size(1024)).state;
    const refusal = refusalOf(() => create(state, 'Third', size(1024)));
    expect([refusal.code, refusal.message]).toEqual([
      'PoolExhausted',
      "Third needs 1 GB of memory; 896 MB of the pool's 2 GB is free.",
    ]);
    expect(refusal.shortage).toEqual({ part: 'memoryMb', max: 2048, used: 1152, asked: 1024 });
    expect(memory(create(state, 'Third', size(896)).state)).toEqual([128, 1024, 896]);
  });

  test('of a plan without workspaces is refused, and so is one without a size in a pool without limit', () => {
    expect(refusalOf(() => create(account(catalogOf(1, { pool: null })))).message).toBe(
      'The plan Free has no workspaces.',
    );
    const endless = { memoryMb: -1, cpuPercent: -1, storageMb: -1, workspaces: -1 };
    const state = account(catalogOf(1, { pool: endless }));
    expect(refusalOf(() => create(state)).code).toBe('WorkspaceSizeInvalid');
    expect(memory(create(state, 'Second', size(90_000)).state)).toEqual([null, 90_000]);
  });

  test('is refused under a hold with its reason, with a name that is taken and with a useless size', () => {
    const state = account(catalogOf(3));
    const held = refusalOf(() => create(hold(state, 'admin')));
    expect([held.code, held.message]).toEqual(['WorkspaceSuspended', 'By hand.']);
    expect(refusalOf(() => create(state, 'main', size(128), 'ws_2')).code).toBe('WorkspaceNameTaken');
    expect(refusalOf(() => create(state, 'Second', size(64))).message).toBe(
      'A workspace needs at least 128 MB of memory; you asked for 64 MB.',
    );
    for (const amount of [128.5, Number.NaN, -1])
      expect(refusalOf(() => create(state, 'Second', size(amount))).code).toBe('WorkspaceSizeInvalid');
  });

  test('asked for again under its id is not made again, also once it is deleted', () => {
    const state = create(account(catalogOf(3))).state;
    expect(create(state)).toEqual({ state, happened: [] });
    const gone = remove(state, 'Second').state;
    expect(create(gone)).toEqual({ state: gone, happened: [] });
  });

  test('deleted: its share goes back, its place and its name are free, and its host is told', () => {
    const two = create(account(catalogOf(2)), 'Second', size(512)).state;
    const { state, happened } = remove(two, 'Second');
    expect(state.workspaces[1]?.desired).toMatchObject({ state: 'deleted', generation: 2 });
    expect(memory(state)).toEqual([2048, null]);
    expect(state.workspaces[0]?.desired).toMatchObject({ size: { memoryMb: 2048 }, generation: 3 });
    expect(happened.map((each) => [each.kind, each.text])).toEqual([
      ['owner-deleted', 'You asked to delete Second and its data.'],
    ]);
    expect(memory(create(state, 'Second', size(256), 'another').state)).toEqual([1792, null, 256]);
    expect(remove(state, 'Second')).toEqual({ state, happened: [] });
    expect(refusalOf(() => remove(state, 'ws_9')).code).toBe('UnknownWorkspace');
  });

  test('may be deleted under a hold; the others stay down', () => {
    const held = remove(hold(create(account(catalogOf(2))).state, 'admin'), 'Second').state;
    expect(held.workspaces.map((each) => each.desired.state)).toEqual(['stopped', 'deleted']);
  });

  test('however many come and go, the account remembers the newest that are gone', () => {
    let state = account(catalogOf(2));
    for (let count = 1; count <= 40; count += 1) {
      state = remove(create(state, `W${count}`).state, `W${count}`).state;
      state = observing(state, 'absent');
    }
    expect(state.workspaces.map((each) => each.id)).toEqual([
      'ws_1',
      ...Array.from({ length: 21 }, (_, index) => `W${20 + index}`),
    ]);
  });

  test('is made where nobody loses by it, whatever there is and is asked for', () => {
    const asked = fc.record({
      memoryMb: fc.integer({ min: 128, max: 3000 }),
      cpuPercent: fc.integer({ min: 10, max: 300 }),
      storageMb: fc.integer({ min: 256, max: 9000 }),
    });
    const order = fc.constantFrom('newest-first' as const, 'largest-first' as const);
    const preset = fc.option(asked, { nil: undefined });
    fc.assert(
      fc.property(fc.array(fc.option(asked), { maxLength: 6 }), order, preset, (asks, onShrink, defaultAllocation) => {
        const plan = catalogOf(5, defaultAllocation ? { defaultAllocation } : {});
        let state = account({ ...plan, onShrink });
        for (const [index, ask] of asks.entries()) {
          const before = state;
          try {
            state = create(before, `w${index}`, ask ?? undefined).state;
          } catch (error) {
            if (!(error instanceof CommandRefused)) throw error;
            continue;
          }
          expect(state.workspaces.at(-1)?.allocation).toEqual(ask ?? defaultAllocation ?? SMALLEST_SIZE);
          const fixed = defaultAllocation ? 0 : 1;
          expect(state.workspaces.slice(fixed, -1)).toEqual(before.workspaces.slice(fixed));
          expect(state.workspaces[0]?.allocation).not.toBeNull();
        }
      }),
      { numRuns: 500 },
    );
  });
});
