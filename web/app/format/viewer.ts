/** Cookie in which the browser tells its time zone; the server can't know it otherwise. */
export const TIME_ZONE_COOKIE = 'viewer_time_zone';

/** How somebody reads dates. All dates are made on the server, so that what is sent and what is shown never differ. */
export interface Viewer {
  /** English words in the order and clock of the reader's region: `de-CH` becomes `en-CH`. */
  locale: string;
  /** IANA name; `UTC` as long as the browser has not told, or without JavaScript. */
  timeZone: string;
  timeZoneKnown: boolean;
}

/** Reads locale and time zone off a request; anything strange is treated as absent. */
export function viewerOf(headers: Headers): Viewer {
  const timeZone = timeZoneIn(headers.get('cookie') ?? '');
  return {
    locale: englishAsReadIn(headers.get('accept-language') ?? ''),
    timeZone: timeZone ?? 'UTC',
    timeZoneKnown: timeZone !== null,
  };
}

function englishAsReadIn(acceptLanguage: string): string {
  const first = acceptLanguage.split(',')[0]?.split(';')[0]?.trim() ?? '';
  try {
    const region = new Intl.Locale(first).maximize().region;
    return region && /^[A-Z]{2}$/.test(region) ? `en-${region}` : 'en-GB';
  } catch {
    return 'en-GB';
  }
}

function timeZoneIn(cookies: string): string | null {
  const prefix = `${TIME_ZONE_COOKIE}=`;
  const value = cookies
    .split(';')
    .map((each) => each.trim())
    .find((each) => each.startsWith(prefix));
  if (!value) return null;
  try {
    const timeZone = decodeURIComponent(value.slice(prefix.length));
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
}
