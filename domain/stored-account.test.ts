import { expect, test } from 'vitest';
import {
  aCatalog,
  anUnpaidSubscription,
  aPayingAccount,
  aSnapshot,
  aSubscription,
  day,
  TEAM_SIZE,
} from '#test/factories/billing.ts';
import { decide } from './decide.ts';
import { presentState, presentView, type StoredState, type StoredView } from './stored-account.ts';
import { presentSnapshot } from './stored-snapshot.ts';
import { viewOf } from './view.ts';

const inDunning = () => decide(aPayingAccount(), aSnapshot(day(0), [anUnpaidSubscription()]), day(0), aCatalog()).state;

/** As the first version stored it. */
function oldState(): StoredState {
  const {
    audience: _1,
    addOns: _2,
    overrides: _3,
    entitlements: _4,
    ignoredSubscriptions: _5,
    sharing: _9,
    ...state
  } = aPayingAccount();
  const plan = { id: 'team', name: 'Team', workspace: TEAM_SIZE };
  const workspaces = state.workspaces.map(({ asked: _6, allocation: _7, allocationNote: _8, ...each }) => each);
  return JSON.parse(JSON.stringify({ ...state, plan, workspaces }));
}

test('a state of the first version keeps its machines as they are, and the next look completes it', () => {
  const state = presentState(oldState());
  expect(state).toMatchObject({ audience: 'personal', addOns: [], overrides: [], ignoredSubscriptions: [] });
  expect(state.workspaces[0]).toMatchObject({ asked: null, allocation: TEAM_SIZE, allocationNote: null });
  expect(viewOf(state, day(0)).plan.size).toEqual({ ...TEAM_SIZE, workspaces: 1 });
  const next = decide(state, aSnapshot(day(0), [aSubscription()]), day(0), aCatalog()).state;
  expect(next.workspaces[0]?.desired).toEqual(state.workspaces[0]?.desired);
  expect(state.sharing).toEqual({ defaultAllocation: TEAM_SIZE, onShrink: 'newest-first' });
  expect(next.sharing).toEqual({ defaultAllocation: undefined, onShrink: 'newest-first' });
  expect(next.entitlements.pool?.memoryMb.because).toBe('512 MB = team 512 MB');
});

test('a state and a view of today come back as they were', () => {
  expect(presentState(aPayingAccount())).toEqual(aPayingAccount());
  const view = viewOf(aPayingAccount(), day(0));
  expect(presentView(view)).toEqual(view);
});

test('what a host of an older version reported lacks size and what waits', () => {
  const state = aPayingAccount();
  const observed = { state: 'running' as const, generation: 1, containerId: 'c', at: day(0), reason: null };
  const stored: StoredState = { ...state, workspaces: state.workspaces.map((each) => ({ ...each, observed })) };
  expect(presentState(stored).workspaces[0]?.observed).toEqual({
    ...observed,
    since: day(0),
    size: null,
    pending: null,
    storageLimit: null,
  });
  expect(viewOf(presentState(stored), day(0)).workspaces[0]).toMatchObject({ size: TEAM_SIZE, pendingSize: null });
});

test('a view of the first version shows what its machines have', () => {
  const { audience: _1, addOns: _2, entitlements: _3, ...old } = viewOf(aPayingAccount(), day(0));
  const stored: StoredView = { ...old, workspaces: old.workspaces.map(({ pendingSize: _4, ...each }) => each) };
  expect(presentView(stored)).toMatchObject({
    workspaces: [{ pendingSize: null }],
    audience: 'personal',
    addOns: [],
    entitlements: { planId: 'team', pool: { memoryMb: { value: 512 }, workspaces: { value: 1 } } },
  });
});

test('what older versions kept of cards and links is dropped, and what they lacked is there', () => {
  const { card: _1, cardWarnings: _2, duplicates: _3, disputes: _4, invoicesSince: _5, ...state } = inDunning();
  const { toldInvoices: _6, plannedChange: _7, ...old } = state;
  const { extensions: _8, ...dunning } = state.dunning ?? {};
  const paymentMethod = { brand: 'visa', last4: '4242', expMonth: 3, expYear: 2028 };
  const debt = { ...state.debt, payUrl: 'https://pay.test/in_1' };
  const stored = JSON.parse(JSON.stringify({ ...old, paymentMethod, debt, dunning })) as StoredState;
  const loaded = presentState(stored);
  expect(loaded).toEqual({ ...inDunning(), invoicesSince: null });
  expect(JSON.stringify(loaded)).not.toMatch(/4242|https:/);
  const view = { ...viewOf(inDunning(), day(0)), paymentMethod, debt } as StoredView;
  expect(presentView(view)).toEqual(viewOf(inDunning(), day(0)));
});

test('a snapshot of an older version lacks cards, disputes and plans, and loses what is personal', () => {
  const { card: _1, disputes: _2, finalizedInvoices: _3, ...old } = aSnapshot(day(0), []);
  const { plannedChange: _4, refundedInvoiceId: _5, ...subscription } = anUnpaidSubscription();
  const invoices = subscription.invoices.map((each) => ({ ...each, payUrl: 'https://pay.test/in_1' }));
  const paymentMethod = { brand: 'visa', last4: '4242' };
  const stored = { ...old, paymentMethod, subscriptions: [{ ...subscription, invoices }] };
  expect(presentSnapshot(stored)).toEqual(aSnapshot(day(0), [anUnpaidSubscription()]));
});
