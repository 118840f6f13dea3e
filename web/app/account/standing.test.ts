import { expect, test } from 'vitest';
import type { AccountView } from '#api/answers.ts';
import { plainText } from '../format/sentence.ts';
import type { Viewer } from '../format/viewer.ts';
import { accountAnswer, NOW, workspaceView } from './account-answer.fixture.ts';
import { presentStanding } from './standing.ts';

const VIEWER: Viewer = { locale: 'en-GB', timeZone: 'Europe/Zurich', timeZoneKnown: true };
const DEBT = {
  invoiceId: 'in_1',
  amountCents: 900,
  currency: 'usd',
  payUrl: 'https://pay.test/1',
  nextAttemptAt: null,
};

function said(changes: Partial<AccountView>) {
  const panel = presentStanding(accountAnswer(changes), NOW, VIEWER);
  return { ...panel, meaning: plainText(panel.meaning), advice: panel.advice && plainText(panel.advice) };
}

test('grace names the day on which the workspace stops, the time left, the amount and where to pay', () => {
  const suspend = { at: '2026-03-08T13:05:00.000Z', kind: 'suspend', text: 'Workspaces stop.' } as const;
  expect(said({ standing: 'grace', debt: DEBT, upcoming: [suspend] })).toMatchObject({
    label: 'Payment overdue',
    tone: 'warn',
    meaning: 'Your workspace stops on Sunday 8 March, 14:05 unless the payment arrives.',
    countdown: '3 days 1 hour left',
    debt: { amount: '$9.00', payUrl: 'https://pay.test/1' },
  });
});

test('several workspaces are spoken of as several', () => {
  const workspaces = [workspaceView(), workspaceView({ id: 'ws-2', name: 'second' })];
  expect(said({ standing: 'suspended', debt: DEBT, workspaces }).meaning).toBe(
    'Your workspaces are stopped because $9.00 is unpaid. Your data is kept.',
  );
});

test('suspended says that paying brings it back, and when the subscription ends otherwise', () => {
  const cancel = { at: '2026-03-28T11:00:00.000Z', kind: 'cancel', text: 'The subscription ends.' } as const;
  expect(said({ standing: 'suspended', debt: DEBT, upcoming: [cancel] }).advice).toBe(
    'Pay, and what ran before runs again. Otherwise the subscription ends on Saturday 28 March, 12:00.',
  );
});

test('a subscription that its owner ended says until when it runs', () => {
  const ends = { at: '2026-03-08T13:05:00.000Z', kind: 'ends', text: 'Starter ends.' } as const;
  expect(said({ upcoming: [ends] }).meaning).toBe('All is paid. Starter ends on Sunday 8 March, 14:05, as you asked.');
});

test('ended says until when the data is kept', () => {
  const gone = { at: '2026-04-05T10:00:00.000Z', kind: 'delete', text: 'Data is deleted.' } as const;
  expect(said({ standing: 'canceled', upcoming: [gone] }).meaning).toBe(
    'Your subscription has ended. Your data is kept until Sunday 5 April, 12:00.',
  );
});

test('every standing has words, with and without dates', () => {
  const standings: AccountView['standing'][] = [
    'free',
    'incomplete',
    'trialing',
    'active',
    'grace',
    'paused',
    'suspended',
    'canceled',
  ];
  for (const standing of standings) {
    const { label, meaning } = said({ standing });
    expect(label).not.toBe('');
    expect(meaning).toMatch(/^[A-Z].*\.$/);
    expect(meaning).not.toContain('undefined');
  }
});

test('a hold of support is told with its reason; the unpaid bill is not told twice', () => {
  const holds: AccountView['holds'] = [
    { name: 'billing', since: NOW, reason: 'Unpaid.' },
    { name: 'admin', since: NOW, reason: 'Unusual traffic.' },
  ];
  expect(said({ holds }).holds).toMatchObject([{ name: 'admin', reason: 'Unusual traffic.' }]);
});

test('suspended names what runs again once it is paid, and nothing that its owner had stopped', () => {
  const workspaces = [
    workspaceView({ status: 'suspended' }),
    workspaceView({ id: 'ws-2', name: 'second', status: 'suspended', ownerWants: 'stopped' }),
  ];
  expect(said({ standing: 'suspended', debt: DEBT, workspaces }).comesBack).toEqual(['main']);
  expect(said({ standing: 'grace', debt: DEBT }).comesBack).toEqual([]);
});

test('an account that is being closed says until when its data is kept, and that it can be taken back', () => {
  const closing = { stage: 'retained', deleteAt: '2026-04-05T10:00:00.000Z' } as const;
  const panel = said({ closing, holds: [{ name: 'closing', since: NOW, reason: 'Closing.' }] });
  expect(panel.meaning).toBe('This account is being closed. Its data is kept until Sunday 5 April, 12:00.');
  expect(panel.advice).toContain('take it back');
  expect(panel.holds).toEqual([]);
  expect(said({ closing: { stage: 'canceling', deleteAt: null } }).meaning).toContain('cancelled at Stripe');
  expect(said({ closing: { stage: 'deleting', deleteAt: null } }).meaning).toContain('being deleted');
});
