import { useRevalidator } from '@remix-run/react';
import { useEffect, useRef } from 'react';

const EVERY_MS = 2_000;
/** What Stripe tells us arrives within moments; after so many looks the page rests. */
const LOOKS = 15;

/** Looks again for a while: what was done at Stripe shows here once it has told us. */
export function useSoonFresh(done: string | null): void {
  const { revalidate } = useRevalidator();
  const looks = useRef(0);
  useEffect(() => {
    if (done === null) return;
    looks.current = 0;
    const timer = setInterval(() => {
      looks.current += 1;
      if (looks.current >= LOOKS) clearInterval(timer);
      revalidate();
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, [done, revalidate]);
}
