import { type LoaderFunctionArgs, redirect } from '@remix-run/node';
import { createApiClient } from '../api/api-client.server.ts';
import { cookieHeaders } from '../api/cookie-headers.ts';
import { throwFailure } from '../api/failure.server.ts';
import { lastAccountOf } from '../api/last-account.server.ts';
import type { MeAnswer } from '../api/people-answers.ts';
import { homeAccountOf } from '../people/home-account.ts';

/** The account is the home of whoever has one: the one that was looked at last, else the person's own. */
export async function loader({ request, context }: LoaderFunctionArgs) {
  try {
    const { answer, setCookies } = await createApiClient(context, request).getWithCookies<MeAnswer>('/api/v1/me');
    const account = homeAccountOf(answer.accounts, await lastAccountOf(request));
    const path = account ? `/accounts/${encodeURIComponent(account.accountId)}` : '/me';
    return redirect(path, { headers: cookieHeaders(setCookies) });
  } catch (error) {
    return throwFailure(error, request);
  }
}
