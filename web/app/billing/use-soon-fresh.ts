import { useLocation, useNavigation, useRevalidator } from '@remix-run/react';
import { useEffect, useRef } from 'react';

/** What Stripe tells us arrives within moments; after the last look the page rests. */
const LOOKS_AFTER_S = { done: [1, 2, 4, 6, 9, 13, 20, 30], arrived: [2, 6, 15, 30] };

/**
 * Looks again for a while: what was done at Stripe, here or on the page before, shows once it has told us. A look never comes between
 * the user and what is under way.
 *
 * @param why `done` after something was done, `arrived` when the page was only come to, `null` for no look: it would take away what a
 *   form was answered
 */
export function useSoonFresh(why: 'done' | 'arrived' | null): void {
  const { revalidate, state } = useRevalidator();
  const isIdle = useRef(true);
  isIdle.current = useNavigation().state === 'idle' && state === 'idle';
  const { key } = useLocation();
  // biome-ignore lint/correctness/useExhaustiveDependencies: each arrival has a key of its own.
  useEffect(() => {
    if (why === null) return;
    const look = () => {
      if (isIdle.current) revalidate();
    };
    const timers = LOOKS_AFTER_S[why].map((seconds) => setTimeout(look, seconds * 1000));
    return () => timers.forEach(clearTimeout);
  }, [why, key, revalidate]);
}
