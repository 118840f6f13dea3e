import { useRouteLoaderData } from '@remix-run/react';
import type { AccountSummary, MeAnswer } from '../api/people-answers.ts';

/** Who is signed in. Only on pages below `routes/signed-in.tsx`. */
export function useMe(): MeAnswer {
  const me = useRouteLoaderData<MeAnswer>('routes/signed-in');
  if (!me) throw new Error('This page is not below routes/signed-in.tsx.');
  return me;
}

/** What the person is in an account; `null` while it is not among theirs. */
export function useAccountSummary(accountId: string | undefined): AccountSummary | null {
  return useMe().accounts.find((each) => each.accountId === accountId) ?? null;
}
