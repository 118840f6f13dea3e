import { useLocation, useRevalidator } from '@remix-run/react';
import { useEffect } from 'react';

/** What Stripe tells us arrives within moments; after the last look the page rests. */
const LOOKS_AFTER_S = [1, 2, 4, 6, 9, 13, 20, 30];

/**
 * Looks again for a while, whenever the page is come to or something is asked for on it: what was done at Stripe, here or on the page
 * before, shows once it has told us.
 */
export function useSoonFresh(): void {
  const { revalidate } = useRevalidator();
  const { key } = useLocation();
  // biome-ignore lint/correctness/useExhaustiveDependencies: each arrival has a key of its own.
  useEffect(() => {
    const timers = LOOKS_AFTER_S.map((seconds) => setTimeout(revalidate, seconds * 1000));
    return () => timers.forEach(clearTimeout);
  }, [key, revalidate]);
}
