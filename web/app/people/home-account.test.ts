import { expect, test } from 'vitest';
import type { AccountSummary } from '../api/people-answers.ts';
import { homeAccountOf } from './home-account.ts';

const account = (accountId: string, audience: AccountSummary['audience']): AccountSummary => ({
  accountId,
  audience,
  name: accountId,
  role: 'owner',
  planName: 'Free',
  standing: 'free',
  isHeld: false,
  closing: null,
});
const own = account('u-1', 'personal');
const team = account('o-1', 'organisation');

test('one begins where one was last, else at home', () => {
  expect(homeAccountOf([team, own], 'o-1')).toBe(team);
  expect(homeAccountOf([team, own], null)).toBe(own);
});

test('an account that one does not belong to any more is not begun with', () => {
  expect(homeAccountOf([team, own], 'o-2')).toBe(own);
  expect(homeAccountOf([team], 'o-2')).toBe(team);
  expect(homeAccountOf([], 'o-2')).toBeNull();
});
