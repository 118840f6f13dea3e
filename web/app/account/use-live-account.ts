import { useRevalidator } from '@remix-run/react';
import { useEffect, useState } from 'react';
import type { AccountPage } from './account-page.ts';

/** The page as it is now, following the account while it is open. */
export interface LiveAccount {
  page: AccountPage;
  /** Nothing new comes in at the moment. */
  interrupted: boolean;
}

/**
 * @param loaded what the loader brought
 * @param timeZone that the page is made in; the stream begins anew when it becomes known
 */
export function useLiveAccount(loaded: AccountPage, timeZone: string | null): LiveAccount {
  const [page, setPage] = useState(loaded);
  const [interrupted, setInterrupted] = useState(false);
  const { revalidate } = useRevalidator();
  const { accountId } = loaded;

  useEffect(() => setPage((shown) => newerOf(shown, loaded)), [loaded]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the stream is made in the zone of its first request
  useEffect(() => {
    const source = new EventSource(`/accounts/${encodeURIComponent(accountId)}/live`);
    source.addEventListener('account', (message) => {
      const next = JSON.parse(message.data) as AccountPage;
      setInterrupted(false);
      setPage((shown) => newerOf(shown, next));
    });
    source.addEventListener('unreachable', () => setInterrupted(true));
    source.addEventListener('signed-out', () => {
      source.close();
      revalidate();
    });
    source.addEventListener('error', () => setInterrupted(true));
    return () => source.close();
  }, [revalidate, timeZone, accountId]);

  return { page, interrupted };
}

/** An older version never overwrites a newer one of the same account. */
function newerOf(shown: AccountPage, next: AccountPage): AccountPage {
  return next.accountId === shown.accountId && next.version < shown.version ? shown : next;
}
