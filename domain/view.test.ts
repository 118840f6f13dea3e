import { describe, expect, test } from 'vitest';
import {
  aCatalog,
  anAccount,
  anInvoice,
  anUnpaidSubscription,
  aPayingAccount,
  aSnapshot,
  aSubscription,
  day,
  TEAM_SIZE,
} from '#test/factories/billing.ts';
import type { AccountState, Hold, ObservedWorkspaceState } from './account-state.ts';
import type { WorkspaceStatus } from './account-view.ts';
import { decide } from './decide.ts';
import type { SubscriptionSnapshot } from './snapshot.ts';
import type { Instant } from './time.ts';
import { upcomingOf, viewOf } from './view.ts';

const look = (state: AccountState, at: Instant, subscriptions: SubscriptionSnapshot[], paymentInDoubt = false) =>
  decide(state, aSnapshot(at, subscriptions, { paymentInDoubt }), at, aCatalog()).state;
const unpaid = anUnpaidSubscription();
const endedUnpaid = anUnpaidSubscription({ status: 'canceled', cancelReason: 'payment_failed', invoices: [] });
const inGrace = () => look(aPayingAccount(), day(0), [unpaid]);
const suspended = () => look(inGrace(), day(7), [unpaid]);
const canceled = () => look(look(suspended(), day(30), [unpaid]), day(30), [endedUnpaid]);
const warned = () => look(canceled(), day(53), [endedUnpaid]);
const ahead = (state: AccountState, now: Instant) => upcomingOf(state, now).map((each) => `${each.at} ${each.kind}`);

describe('what happens next', () => {
  test('on the day of a failure: all of the dunning and the next attempt, earliest first', () => {
    expect(ahead(inGrace(), day(0))).toEqual([
      '2026-03-03T00:00:00.000Z payment-retry',
      '2026-03-04T00:00:00.000Z reminder',
      '2026-03-07T00:00:00.000Z reminder',
      '2026-03-08T00:00:00.000Z suspend',
      '2026-03-31T00:00:00.000Z cancel',
      '2026-04-01T00:00:00.000Z deletion-warning',
      '2026-04-23T00:00:00.000Z deletion-warning',
      '2026-04-30T00:00:00.000Z delete',
    ]);
  });

  test('after suspension: cancel, warnings, deletion', () => {
    expect(ahead(suspended(), day(7))).toEqual([
      '2026-03-31T00:00:00.000Z cancel',
      '2026-04-01T00:00:00.000Z deletion-warning',
      '2026-04-23T00:00:00.000Z deletion-warning',
      '2026-04-30T00:00:00.000Z delete',
    ]);
  });

  test('after a cancel, even one of Stripe on day 2, nothing that can no longer happen is announced', () => {
    const warningsAndDeletion = [
      '2026-04-01T00:00:00.000Z deletion-warning',
      '2026-04-23T00:00:00.000Z deletion-warning',
      '2026-04-30T00:00:00.000Z delete',
    ];
    expect(ahead(canceled(), day(30))).toEqual(warningsAndDeletion);
    expect(ahead(look(inGrace(), day(2), [endedUnpaid]), day(2))).toEqual(warningsAndDeletion);
  });

  test('a deletion that a payment in doubt postpones stays announced, with the day of the next look', () => {
    const postponed = look(look(canceled(), day(53), [endedUnpaid]), day(60), [endedUnpaid], true);
    expect(ahead(postponed, day(60))).toEqual(['2026-05-01T00:00:00.000Z delete']);
  });

  test('a deletion whose last warning is late is announced for its new day', () => {
    const warnedLate = look(canceled(), day(58), [endedUnpaid]);
    expect(ahead(warnedLate, day(58))).toEqual(['2026-05-05T00:00:00.000Z delete']);
  });

  test('a cancel that a payment in doubt postpones stays announced, with the day of the next look', () => {
    const postponed = look(suspended(), day(30), [unpaid], true);
    expect(ahead(postponed, day(30))[0]).toBe('2026-04-01T00:00:00.000Z cancel');
  });

  test('after deletion, and on the free plan, nothing', () => {
    expect(ahead(look(warned(), day(60), [endedUnpaid]), day(60))).toEqual([]);
    expect(ahead(anAccount(), day(0))).toEqual([]);
  });

  test.each<[string, Partial<SubscriptionSnapshot>, string[]]>([
    ['renews', {}, ['2026-03-31T00:00:00.000Z renewal']],
    ['was asked to end', { cancelAt: day(10) }, ['2026-03-11T00:00:00.000Z ends']],
    ['is a trial', { status: 'trialing', trialEnd: day(14) }, ['2026-03-15T00:00:00.000Z trial-ends']],
    ['has paid and is paused', { status: 'paused' }, []],
  ])('of a subscription that %s', (_what, changes, expected) => {
    expect(ahead(look(aPayingAccount(), day(0), [aSubscription(changes)]), day(0))).toEqual(expected);
  });
});

describe('the account', () => {
  test('shows plan, standing, debt and its own time', () => {
    const second = anInvoice({ id: 'in_2', createdAt: day(2), finalizedAt: day(2) });
    const state = look(inGrace(), day(2), [anUnpaidSubscription({ invoices: [anInvoice(), second] })]);
    expect(viewOf({ ...state, version: 12 }, day(2))).toMatchObject({
      accountId: 'acc_1',
      version: 12,
      now: '2026-03-03T00:00:00.000Z',
      plan: { id: 'team', name: 'Team', size: TEAM_SIZE },
      standing: 'grace',
      standingSince: '2026-03-01T00:00:00.000Z',
      debt: { invoiceId: 'in_2', amountCents: 5800 },
    });
  });

  test('shows nobody what is only for us: the owner, the customer at Stripe, the outbox', () => {
    const text = JSON.stringify(viewOf(suspended(), day(7)));
    for (const secret of ['user_1', 'cus_1', 'mail/']) expect(text).not.toContain(secret);
  });
});

describe('a workspace', () => {
  const hold: Hold = { name: 'admin', since: day(0), reason: 'Abuse.' };

  /** A workspace that the owner wants so, held or not, of which the host reported a state for this or an older wish. */
  function view(
    ownerWants: 'running' | 'stopped',
    held: boolean,
    observed: ObservedWorkspaceState | null,
    current = true,
  ) {
    const state = anAccount({ holds: held ? [hold] : [] });
    const workspaces = state.workspaces.map((each) => ({
      ...each,
      ownerWants,
      desired: {
        ...each.desired,
        state: ownerWants === 'running' && !held ? ('running' as const) : ('stopped' as const),
        generation: 5,
      },
      observed: observed && {
        state: observed,
        generation: current ? 5 : 4,
        containerId: 'container_1',
        at: day(0),
        since: day(0),
        reason: observed === 'failed' ? 'No memory left.' : null,
        size: each.desired.size,
        pending: null,
        storageLimit: null,
      },
    }));
    return viewOf({ ...state, workspaces }, day(0)).workspaces[0];
  }

  test.each<
    ['running' | 'stopped', boolean, ObservedWorkspaceState | null, boolean, WorkspaceStatus, boolean, boolean]
  >([
    ['running', false, null, true, 'starting', false, true],
    ['running', false, 'absent', true, 'starting', false, true],
    ['running', false, 'stopped', false, 'starting', false, true],
    ['running', false, 'running', true, 'running', false, true],
    ['running', false, 'failed', true, 'failed', true, true],
    ['running', false, 'failed', false, 'starting', false, true],
    ['stopped', false, 'running', false, 'stopping', true, false],
    ['stopped', false, 'stopped', true, 'stopped', true, false],
    ['stopped', false, 'stopped', false, 'stopping', true, false],
    ['running', true, 'running', false, 'stopping', false, true],
    ['running', true, 'stopped', true, 'suspended', false, true],
    ['stopped', true, 'stopped', true, 'suspended', false, false],
  ])('wanted %s, held %s, reported %s (of this wish: %s) is %s; start %s, stop %s', (...row) => {
    const [ownerWants, held, observed, current, status, canStart, canStop] = row;
    expect(view(ownerWants, held, observed, current)).toMatchObject({ status, canStart, canStop });
  });

  test('that is suspended or failed says why, any other says nothing', () => {
    expect(view('running', true, 'stopped')?.reason).toBe('Abuse.');
    expect(view('running', false, 'failed')?.reason).toBe('No memory left.');
    expect(view('running', false, 'running')?.reason).toBeNull();
  });

  describe('whose new size has to wait', () => {
    const reason = 'This host has 4,096 MB, 1,024 MB of them free; 16,384 MB are needed. The workspace keeps 512 MB.';
    const wanted = { ...TEAM_SIZE, memoryMb: 16_384 };

    function waiting(state: 'running' | 'stopped', changes: Partial<AccountState> = {}, generation = 5) {
      const account = anAccount(changes);
      const workspaces = account.workspaces.map((each) => ({
        ...each,
        desired: { ...each.desired, state, size: wanted, generation: 5 },
        observed: {
          state,
          generation,
          containerId: 'container_1',
          at: day(0),
          since: day(0),
          reason: null,
          size: TEAM_SIZE,
          pending: { size: wanted, reason },
          storageLimit: null,
        },
      }));
      return viewOf({ ...account, workspaces }, day(0)).workspaces[0];
    }

    test('runs and shows the size in force, the one that waits and why', () => {
      expect(waiting('running')).toMatchObject({
        status: 'resize-pending',
        size: TEAM_SIZE,
        pendingSize: wanted,
        reason,
      });
    });

    test('says why it is suspended before it says why it is small', () => {
      const suspended = { status: 'suspended', size: TEAM_SIZE, pendingSize: wanted, reason: 'Abuse.' };
      expect(waiting('stopped', { holds: [hold] })).toMatchObject(suspended);
    });

    test('says nothing of a size that a newer wish has replaced', () => {
      expect(waiting('running', {}, 4)).toMatchObject({ size: TEAM_SIZE, pendingSize: null, reason: null });
    });
  });

  test('that is deleted can be neither started nor stopped', () => {
    const [workspace] = viewOf(look(warned(), day(60), [endedUnpaid]), day(60)).workspaces;
    expect(workspace).toMatchObject({ status: 'deleting', canStart: false, canStop: false, canRestore: false });
  });
});
