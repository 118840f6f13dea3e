import { createCookie } from '@remix-run/node';

/** Longer than a change needs to reach every reader, short enough to be forgotten. */
const MAX_AGE_S = 60;

const cookie = createCookie('leasehold_seen_version', {
  httpOnly: true,
  path: '/',
  sameSite: 'lax',
  maxAge: MAX_AGE_S,
});

/** The least version of the account that this browser must see, after it changed something; else `null`. */
export async function seenVersionOf(request: Request): Promise<number | null> {
  const value: unknown = await cookie.parse(request.headers.get('cookie'));
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}

/** A `set-cookie` header that asks for `version` or a newer one from now on; `null` forgets it. */
export function rememberSeenVersion(version: number | null): Promise<string> {
  return version === null ? cookie.serialize('', { maxAge: 0 }) : cookie.serialize(version);
}
