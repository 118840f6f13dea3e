import { type ActionFunctionArgs, redirect } from '@remix-run/node';
import { createApiClient } from '../api/api-client.server.ts';
import { cookieHeaders } from '../api/cookie-headers.ts';
import { throwFailure } from '../api/failure.server.ts';
import { forgetLastAccount } from '../api/last-account.server.ts';
import { ownPath } from '../api/return-path.ts';
import { forgetSeenVersion } from '../api/seen-version.server.ts';
import { textOf } from '../forms/text-of.ts';

export async function action({ request, context }: ActionFunctionArgs) {
  const next = ownPath(textOf(await request.formData(), 'next'));
  let headers: Headers;
  try {
    const { setCookies } = await createApiClient(context, request).post('/api/auth/sign-out');
    headers = cookieHeaders([...setCookies, await forgetSeenVersion(), await forgetLastAccount()]);
  } catch (error) {
    return throwFailure(error, request);
  }
  return redirect(next ? `/sign-in?${new URLSearchParams({ next })}` : '/sign-in', { headers });
}

export function loader() {
  return redirect('/');
}
