import { createCookie } from '@remix-run/node';

/** Longer than a change needs to reach every reader, short enough to be forgotten. */
const MAX_AGE_S = 60;

const cookie = createCookie('leasehold_seen_version', {
  httpOnly: true,
  path: '/',
  sameSite: 'lax',
  maxAge: MAX_AGE_S,
});

/** The least version of an account that this browser must see, after it changed something in it; else `null`. */
export async function seenVersionOf(request: Request, accountId: string): Promise<number | null> {
  const seen: unknown = await cookie.parse(request.headers.get('cookie'));
  if (!Array.isArray(seen) || seen[0] !== accountId) return null;
  return Number.isSafeInteger(seen[1]) ? seen[1] : null;
}

/** A `set-cookie` header that asks for `version` of the account, or a newer one, from now on. */
export function rememberSeenVersion(accountId: string, version: number): Promise<string> {
  return cookie.serialize([accountId, version]);
}

/** A `set-cookie` header that asks for no version any more. */
export function forgetSeenVersion(): Promise<string> {
  return cookie.serialize('', { maxAge: 0 });
}
