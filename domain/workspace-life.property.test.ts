import { expect, test } from 'vitest';
import { aPayingAccount, day, TEAM_SIZE } from '#test/factories/billing.ts';
import fc from '#test/fast-check.ts';
import type { AccountState, ObservedWorkspace, WorkspaceState } from './account-state.ts';
import { CommandRefused, deleteWorkspace, liftHold, placeHold, wishForWorkspace } from './commands.ts';
import type { HostSighting } from './host-report.ts';
import { takeHostReport } from './host-reports.ts';
import { addMs, type Instant } from './time.ts';
import { viewOf } from './view.ts';
import {
  recoverWorkspace,
  renameWorkspace,
  resizeWorkspace,
  restartWorkspace,
  restoreWorkspace,
} from './workspace-commands.ts';
import { advanceWorkspaces, afterObserved, workspaceDeadlines } from './workspace-progress.ts';
import { isSettled, wishWorkspaces } from './workspace-wishes.ts';

const NOW = day(1);
const ID = 'ws_1';

type Step = (state: AccountState, now: Instant, commandId: string) => AccountState;

const about = (commandId: string) => ({ commandId, workspaceId: ID });
const size = { ...TEAM_SIZE, memoryMb: 256 };

const COMMANDS: Record<string, Step> = {
  start: (state, now, id) => wishForWorkspace(state, { ...about(id), wants: 'running' }, now).state,
  stop: (state, now, id) => wishForWorkspace(state, { ...about(id), wants: 'stopped' }, now).state,
  restart: (state, now, id) => restartWorkspace(state, about(id), now).state,
  recover: (state, now, id) => recoverWorkspace(state, about(id), now).state,
  rename: (state, now, id) => renameWorkspace(state, { ...about(id), name: id }, now).state,
  resize: (state, now, id) => resizeWorkspace(state, { ...about(id), size }, now).state,
  'resize with a restart': (state, now, id) =>
    resizeWorkspace(state, { ...about(id), size: TEAM_SIZE, restart: true }, now).state,
  delete: (state, now, id) => deleteWorkspace(state, about(id), now).state,
  restore: (state, now, id) => restoreWorkspace(state, about(id), now).state,
  hold: (state, now, commandId) => placeHold(state, { commandId, hold: 'admin', reason: 'Abuse.' }, now).state,
  'lift the hold': (state, now, commandId) => liftHold(state, { commandId, hold: 'admin' }, now).state,
};

const SIGHTINGS: HostSighting[] = [
  { kind: 'crash-looping', crashes: 5, exitCode: 1, outOfMemory: false },
  { kind: 'out-of-memory', kills: 2 },
  { kind: 'storage', usedMb: 9_000, limitMb: 5_120, state: 'over' },
  { kind: 'storage', usedMb: 5_200, limitMb: 5_120, state: 'near' },
  { kind: 'storage', usedMb: 10, limitMb: 5_120, state: 'ok' },
  { kind: 'stable' },
  { kind: 'astray' },
];

const first = (state: AccountState): WorkspaceState => {
  const [workspace] = state.workspaces;
  if (!workspace) throw new Error('The account has lost its workspace.');
  return workspace;
};

/** A host that does as it is told, or that says that it can't. */
function observe(state: AccountState, now: Instant, able = true): AccountState {
  const { desired } = first(state);
  const done = desired.state === 'deleted' ? ('absent' as const) : desired.state;
  const observed: ObservedWorkspace = {
    ...{ state: able ? done : 'failed', generation: desired.generation, containerId: 'c', at: now, since: now },
    ...{ reason: able ? null : 'No.', size: desired.size, pending: null, storageLimit: 'hard' },
  };
  return afterObserved(state, ID, observed, now);
}

const anyStep: fc.Arbitrary<{ name: string; step: Step }> = fc.oneof(
  fc.constantFrom(...Object.entries(COMMANDS)).map(([name, step]) => ({ name, step })),
  fc.tuple(fc.constantFrom(...SIGHTINGS), fc.integer({ min: -1, max: 0 })).map(([saw, age]) => ({
    name: `host: ${saw.kind}`,
    step: (state: AccountState, now: Instant, reportId: string) => {
      const generation = first(state).desired.generation + age;
      return takeHostReport(state, { reportId, workspaceId: ID, generation, saw }, now).state;
    },
  })),
  fc.boolean().map((able) => ({
    name: `host: ${able ? 'done' : 'failed'}`,
    step: (state: AccountState, now: Instant) => observe(state, now, able),
  })),
  fc.constant({ name: 'time', step: (state: AccountState, now: Instant) => due(state, now) }),
);

/** As a look does it. */
function due(state: AccountState, now: Instant): AccountState {
  const next = advanceWorkspaces(state, now).state;
  return { ...next, workspaces: wishWorkspaces(next, now) };
}

/** Lives through steps an hour apart; what is refused changes nothing. */
function live(steps: { step: Step }[], check: (before: AccountState, after: AccountState, now: Instant) => void) {
  let state = observe(aPayingAccount(), NOW);
  let now = NOW;
  for (const [index, { step }] of steps.entries()) {
    now = addMs(now, 3_600_000);
    const before = state;
    try {
      state = step(state, now, `c_${index}`);
    } catch (error) {
      if (!(error instanceof CommandRefused)) throw error;
    }
    check(before, state, now);
  }
  return { state, now };
}

const anySteps = fc.array(anyStep, { maxLength: 25 });

test('whatever is pressed and reported in whatever order: it runs only when its owner wants it to and nothing stands against it', () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      live(steps, (_, state) => {
        const { desired, ownerWants, hold, deletion, allocation } = first(state);
        if (desired.state !== 'running') return;
        expect([ownerWants, hold, deletion, state.holds]).toEqual(['running', null, null, []]);
        expect(allocation).not.toBeNull();
      });
    }),
  );
});

test('a wish that changes is a newer one, and no wish ever gets older; what is deleted stays deleted', () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      live(steps, (before, after) => {
        const [was, is] = [first(before).desired, first(after).desired];
        expect(is.generation).toBeGreaterThanOrEqual(was.generation);
        if (is.generation === was.generation) expect(is).toEqual(was);
        if (was.state === 'deleted') expect(is.state).toBe('deleted');
      });
    }),
  );
});

test('nothing is ever stuck: with a host that does as it is told, every state that passes does pass, or its owner can end it', () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      const lived = live(steps, () => {});
      let { state } = lived;
      for (let round = 0; round < 4 && (!isSettled(first(state)) || first(state).restart); round += 1) {
        state = observe(state, lived.now);
      }
      const [view] = viewOf(state, lived.now).workspaces;
      const passing = ['starting', 'stopping', 'restarting', 'resizing'];
      expect(passing).not.toContain(view?.status);
      expect(first(state).restart).toBeNull();
      if (view?.status === 'failed' || view?.status === 'crash-looping') {
        const waysOut = [view.canRecover, view.canDelete, state.holds.length > 0, view.canStop, view.canStart];
        expect(waysOut).toContain(true);
      }
      if (view?.status === 'suspended' && state.holds.length === 0) expect(view.canRecover).toBe(true);
      for (const at of workspaceDeadlines(state.workspaces)) {
        expect(workspaceDeadlines(due(state, at).workspaces)).not.toContain(at);
      }
    }),
  );
});
