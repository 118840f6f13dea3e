import { describe, expect, test } from 'vitest';
import {
  aCatalog,
  anAccount,
  anAddOnSubscription,
  aPayingAccount,
  aSnapshot,
  aSubscription,
  day,
  withEffectsDone,
} from '#test/factories/billing.ts';
import type { AccountState } from './account-state.ts';
import { CommandRefused, closeAccount, createWorkspace, keepAccount, wishForWorkspace } from './commands.ts';
import { deadlinesOf, decide } from './decide.ts';
import type { BillingSnapshot, SubscriptionSnapshot } from './snapshot.ts';
import type { Instant } from './time.ts';
import { upcomingOf } from './view.ts';

const look = (
  state: AccountState,
  at: Instant,
  subscriptions: SubscriptionSnapshot[],
  changes: Partial<BillingSnapshot> = {},
) => decide(state, aSnapshot(at, subscriptions, changes), at, aCatalog());
const close = (state: AccountState, at: Instant) => closeAccount(state, { commandId: 'c1' }, at).state;
const keep = (state: AccountState, at: Instant) => keepAccount(state, { commandId: 'c2' }, at).state;
const kinds = (decision: ReturnType<typeof decide>) =>
  decision.effects.map((each) => (each.kind === 'mail' ? each.template : each.kind));
const desired = (state: AccountState) => state.workspaces[0]?.desired.state;
const team = aSubscription();
const over = (each: SubscriptionSnapshot, at: Instant) => ({
  ...each,
  status: 'canceled' as const,
  endedAt: at,
  cancelReason: 'cancellation_requested' as const,
});
const retained = () => {
  const asked = withEffectsDone(look(close(aPayingAccount(), day(1)), day(1), [team]).state);
  return look(asked, day(1, 1), [over(team, day(1))]);
};

describe('closing an account', () => {
  test('cancels everything at Stripe first, and stops nothing before that was seen', () => {
    const asked = look(close(aPayingAccount(), day(1)), day(1), [team, anAddOnSubscription()]);
    expect(kinds(asked)).toEqual(['end-billing']);
    expect(asked.state).toMatchObject({ standing: 'active', holds: [], closing: { stage: 'canceling' } });
    expect(desired(asked.state)).toBe('running');
    const half = look(withEffectsDone(asked.state), day(1, 0.5), [over(team, day(1)), anAddOnSubscription()]);
    expect([desired(half.state), half.state.closing?.stage]).toEqual(['running', 'canceling']);
  });

  test('asks Stripe again while the cancel is not seen', () => {
    const asked = withEffectsDone(look(close(aPayingAccount(), day(1)), day(1), [team]).state);
    expect(kinds(look(asked, day(1, 0.5), [team]))).toEqual([]);
    expect(kinds(look(asked, day(1, 1), [team]))).toEqual(['end-billing']);
    expect(deadlinesOf(asked)).toContain('2026-03-02T01:00:00.000Z');
  });

  test('then stops the workspaces and says when the data is deleted', () => {
    const decision = retained();
    expect(desired(decision.state)).toBe('stopped');
    expect(decision.state.holds).toMatchObject([{ name: 'closing', reason: /until 2026-04-01/ }]);
    expect(kinds(decision)).toEqual(['account-closing']);
    expect(upcomingOf(decision.state, day(1, 1))[0]).toMatchObject({ kind: 'delete', at: '2026-04-01T01:00:00.000Z' });
    expect(decision.deadlines).toEqual(['2026-04-01T01:00:00.000Z']);
  });

  test('then, after the retention, deletes the data and at last the account', () => {
    const { state } = retained();
    const before = look(withEffectsDone(state), day(30, 23), [over(team, day(1))]);
    expect([desired(before.state), kinds(before)]).toEqual(['stopped', []]);
    const due = look(before.state, day(31, 1), [over(team, day(1))]);
    expect([desired(due.state), kinds(due)]).toEqual(['deleted', ['delete-account']]);
    expect(due.effects[0]?.readyWhen).toBe('workspaces-settled');
    expect(look(due.state, day(32), [over(team, day(1))]).effects).toEqual([]);
  });

  test('of whoever never paid stops and deletes likewise', () => {
    const { state } = look(close(anAccount(), day(1)), day(1), []);
    expect([state.closing?.stage, desired(state)]).toEqual(['retained', 'stopped']);
  });

  test('deletes nothing while a payment is in doubt, and looks again the next day', () => {
    const { state } = look(retained().state, day(31, 1), [over(team, day(1))], { paymentInDoubt: true });
    expect([desired(state), state.closing?.lookAgainAt]).toEqual(['stopped', '2026-04-02T01:00:00.000Z']);
    expect(desired(look(state, day(32, 1), [over(team, day(1))]).state)).toBe('deleted');
  });

  test('cancels what somebody subscribed to meanwhile, and keeps the announced day', () => {
    const anew = aSubscription({ id: 'sub_2', createdAt: day(5) });
    const again = look(withEffectsDone(retained().state), day(5), [anew, over(team, day(1))]);
    expect([kinds(again), again.state.closing?.stage]).toEqual([['end-billing'], 'canceling']);
    const gone = look(withEffectsDone(again.state), day(5, 1), [over(anew, day(5)), over(team, day(1))]);
    expect(gone.state.closing).toMatchObject({ stage: 'retained', deleteAt: '2026-04-01T01:00:00.000Z' });
    expect(kinds(gone)).toEqual([]);
  });

  test('does not act on a read from before it was asked for', () => {
    const state = close(aPayingAccount(), day(1));
    const old = decide(state, aSnapshot(day(0), []), day(1), aCatalog());
    expect([old.state.closing?.stage, kinds(old)]).toEqual(['canceling', []]);
  });

  test('asked for twice is asked for once', () => {
    const state = close(aPayingAccount(), day(1));
    expect(closeAccount(state, { commandId: 'again' }, day(2))).toEqual({ state, happened: [] });
  });
});

describe('taking the closing back', () => {
  test('runs the workspaces again, on the plan without a subscription', () => {
    const kept = keep(retained().state, day(3));
    expect([desired(kept), kept.holds, kept.closing, kept.standing]).toEqual(['running', [], null, 'free']);
    expect(kept.outbox).toEqual([]);
    expect(look(kept, day(40), [over(team, day(1))]).state.closing).toBeNull();
  });

  test('drops a cancel that was not carried out yet', () => {
    const asked = look(close(aPayingAccount(), day(1)), day(1), [team]).state;
    expect(keep(asked, day(1, 1)).outbox).toEqual([]);
  });

  test('is refused once the data is being deleted', () => {
    const { state } = look(retained().state, day(31, 1), [over(team, day(1))]);
    expect(() => keep(state, day(31, 2))).toThrow(CommandRefused);
  });
});

test('in a closing account nothing can be started or created', () => {
  const { state } = retained();
  const start = { commandId: 'c3', workspaceId: 'ws_1', wants: 'running' as const };
  const create = { commandId: 'c4', workspaceId: 'ws_2', name: 'Second', hostId: 'local' };
  expect(() => wishForWorkspace(state, start, day(2))).toThrow(/being closed/);
  expect(() => createWorkspace(state, create, day(2))).toThrow(/being closed/);
});
