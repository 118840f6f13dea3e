import { useRevalidator } from '@remix-run/react';
import { useEffect } from 'react';
import { TIME_ZONE_COOKIE } from './viewer.ts';

const A_YEAR_S = 365 * 86_400;

/**
 * Tells the server this browser's time zone and has the page made anew in it. Where cookies are refused, it stays as it is.
 *
 * @param shown the zone that the page was made in, or `null` when the server had to guess
 */
export function useTimeZone(shown: string | null): void {
  const { revalidate } = useRevalidator();
  useEffect(() => {
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (!own || own === shown) return;
    const wanted = `${TIME_ZONE_COOKIE}=${encodeURIComponent(own)}`;
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in Firefox and Safari
    document.cookie = `${wanted}; path=/; max-age=${A_YEAR_S}; samesite=lax`;
    if (document.cookie.split('; ').includes(wanted)) revalidate();
  }, [shown, revalidate]);
}
