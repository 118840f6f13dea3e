import { expect, test } from 'vitest';
import type { AccountReport, RunSummary, StoredSummary } from './inspect-account.ts';
import { planRepair } from './plan-repair.ts';
import type { RecordedUpdate } from './run-history.ts';
import { taskProblemOf } from './task-problem.ts';

const AT = new Date('2026-12-01T10:00:00.000Z');
const STORED: StoredSummary = {
  version: 7,
  standing: 'active',
  planId: 'team',
  holds: [],
  waitingEffects: [],
  savedAt: AT,
  updatedAt: AT,
  nextDeadline: null,
  eventsNotActedOn: 0,
  setAside: [],
};
const FAILS = { problem: taskProblemOf('NonDeterministicError'), message: null };
const hold = (id: string, version: number): RecordedUpdate => ({
  updateId: id,
  name: 'placeHold',
  args: [{ commandId: id }],
  answer: { version },
});
const run = (changes: Partial<RunSummary> = {}): RunSummary => ({
  runId: 'run-1',
  status: 'RUNNING',
  events: 3,
  task: null,
  fails: null,
  history: { input: { accountId: 'a' }, updates: [], hostReports: [], failure: null },
  ...changes,
});
const report = (changes: Partial<AccountReport> = {}): AccountReport => ({
  accountId: 'a',
  stored: STORED,
  deletedAt: null,
  run: run(),
  workers: 1,
  ...changes,
});

test('nothing is done to an account that is well, deleted, unknown, paused or without a worker', () => {
  const cases: [Partial<AccountReport>, boolean][] = [
    [{}, true],
    [{ stored: null, run: null, deletedAt: AT }, true],
    [{ stored: null, run: null }, false],
    [{ run: run({ status: 'PAUSED' }) }, false],
    [{ workers: 0 }, false],
  ];
  for (const [changes, isWell] of cases)
    expect(planRepair(report(changes), [])).toMatchObject({ kind: 'none', isWell });
});

test('a run that fails is ended, and the fresh one takes over what PostgreSQL does not have', () => {
  const history = {
    ...run().history,
    input: {
      accountId: 'a',
      carried: {
        state: { version: 6 },
        unsaved: null,
        recentCommands: [{ id: 'older', receipt: { version: 2 } }],
      } as never,
    },
    updates: [hold('saved', 7), hold('unsaved', 8)],
  };
  const hints = [{ eventId: 'evt_1', type: 'invoice.paid' }];
  expect(planRepair(report({ run: run({ fails: FAILS, history }) }), hints)).toMatchObject({
    kind: 'fresh-run',
    endsRunId: 'run-1',
    input: {
      accountId: 'a',
      recovered: {
        fromRunId: 'run-1',
        hints,
        recentCommands: [
          { id: 'older', receipt: { version: 2 } },
          { id: 'saved', receipt: { version: 7 } },
        ],
        updates: [{ updateId: 'unsaved', name: 'placeHold', args: [{ commandId: 'unsaved' }] }],
      },
    },
  });
});

test('what a repair took over and did not send, the next one sends: to the run when it is well, else to the one after it', () => {
  const pending = { updateId: 'kept', name: 'placeHold', args: [{ commandId: 'kept' }] };
  const recovered = { fromRunId: 'run-0', hints: [], hostReports: [], recentCommands: [], updates: [pending] };
  const history = { ...run().history, input: { accountId: 'a', recovered } };
  expect(planRepair(report({ run: run({ history }) }), [])).toMatchObject({ kind: 'resend', updates: [pending] });
  expect(planRepair(report({ run: run({ history, fails: FAILS }) }), [])).toMatchObject({
    kind: 'fresh-run',
    input: { recovered: { updates: [pending] } },
  });
  const sent = { ...history, updates: [hold('kept', 8)] };
  expect(planRepair(report({ run: run({ history: sent }) }), [])).toMatchObject({ kind: 'none', isWell: true });
});

test('an account that was never saved is opened again as its run was', () => {
  const opening = { ownerUserId: 'u', stripeCustomerId: null, workspaces: [] };
  const history = { ...run().history, input: { accountId: 'a', opening } };
  const plan = planRepair(report({ stored: null, run: run({ history, fails: FAILS }) }), []);
  expect(plan).toMatchObject({ kind: 'fresh-run', input: { accountId: 'a', opening } });
});

test('an account whose workflow is gone gets one', () => {
  expect(planRepair(report({ run: null }), [])).toMatchObject({ kind: 'fresh-run', endsRunId: null });
  expect(planRepair(report({ run: run({ status: 'TERMINATED' }) }), [])).toMatchObject({
    kind: 'fresh-run',
    endsRunId: null,
  });
});

test('what the run before had carried and nobody has saved is carried on, and counts as where Updates begin', () => {
  const carried = {
    state: { version: 9 },
    unsaved: { happened: [], actedOn: [] },
    recentCommands: [
      { id: 'carried', receipt: { version: 9 } },
      { id: 'never', receipt: { version: 10 } },
    ],
  } as never;
  const history = { ...run().history, input: { accountId: 'a', carried }, updates: [hold('later', 10)] };
  const plan = planRepair(report({ run: run({ fails: FAILS, history }) }), []);
  expect(plan).toMatchObject({
    input: { carried, recovered: { recentCommands: [{ id: 'carried' }], updates: [{ updateId: 'later' }] } },
  });
  expect(plan).not.toMatchObject({ input: { recovered: { recentCommands: [{ id: 'carried' }, { id: 'never' }] } } });
});
