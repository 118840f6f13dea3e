import { createCookie } from '@remix-run/node';

const A_YEAR_S = 365 * 86_400;

const cookie = createCookie('leasehold_last_account', {
  httpOnly: true,
  path: '/',
  sameSite: 'lax',
  maxAge: A_YEAR_S,
});

/** The account that was looked at last in this browser, or `null`. It says nothing of whether it may be seen. */
export async function lastAccountOf(request: Request): Promise<string | null> {
  const last: unknown = await cookie.parse(request.headers.get('cookie'));
  return typeof last === 'string' && last !== '' ? last : null;
}

export function rememberLastAccount(accountId: string): Promise<string> {
  return cookie.serialize(accountId);
}

export function forgetLastAccount(): Promise<string> {
  return cookie.serialize('', { maxAge: 0 });
}
