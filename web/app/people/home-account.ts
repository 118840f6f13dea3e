import type { AccountSummary } from '../api/people-answers.ts';

/** The account to begin with: the one that was looked at last, else the person's own, else any; `null` without one. */
export function homeAccountOf(
  accounts: readonly AccountSummary[],
  lastAccountId: string | null,
): AccountSummary | null {
  return (
    accounts.find(({ accountId }) => accountId === lastAccountId) ??
    accounts.find(({ audience }) => audience === 'personal') ??
    accounts[0] ??
    null
  );
}
