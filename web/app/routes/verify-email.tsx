import { type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { createApiClient } from '../api/api-client.server.ts';
import { cookieHeaders } from '../api/cookie-headers.ts';
import { hasSession } from '../api/has-session.server.ts';
import { refusalOf } from '../api/refusal.server.ts';
import { buttonClasses } from '../ui/button.tsx';
import { CalmPage } from '../ui/calm-page.tsx';

export const meta: MetaFunction = () => [{ title: 'Confirm your address · Leasehold' }];

/** Where the link of the mail leads. It signs in, the first time that it is opened. */
export async function loader({ request, context }: LoaderFunctionArgs) {
  const token = new URL(request.url).searchParams.get('token') ?? '';
  try {
    const { setCookies } = await createApiClient(context, request).getWithCookies(
      `/api/auth/verify-email?${new URLSearchParams({ token })}`,
    );
    if (setCookies.length > 0) return redirect('/', { headers: cookieHeaders(setCookies) });
  } catch (thrown) {
    return { error: refusalOf(thrown, request).error };
  }
  return redirect((await hasSession(context, request)) ? '/' : '/sign-in?reason=verified');
}

export default function VerifyEmail() {
  const { error } = useLoaderData<typeof loader>();
  return (
    <CalmPage title="That link did not work">
      <p className="mt-3 leading-relaxed text-muted">{error}</p>
      <p className="mt-3 leading-relaxed text-muted">Signing in with your password sends you a new one.</p>
      <a href="/sign-in" className={`mt-6 w-full ${buttonClasses('primary')}`}>
        Sign in
      </a>
    </CalmPage>
  );
}
