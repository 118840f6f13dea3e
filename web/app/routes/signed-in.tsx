import { data, type LoaderFunctionArgs } from '@remix-run/node';
import { Form, Link, Outlet, useLoaderData, useLocation, useParams, useRouteError } from '@remix-run/react';
import { createApiClient } from '../api/api-client.server.ts';
import { cookieHeaders } from '../api/cookie-headers.ts';
import { throwFailure } from '../api/failure.server.ts';
import type { MeAnswer } from '../api/people-answers.ts';
import { AccountSwitcher } from '../people/account-switcher.tsx';
import { asRole } from '../people/role-words.ts';
import { FailurePage } from '../ui/failure-page.tsx';
import { Notice } from '../ui/notice.tsx';
import { Wordmark } from '../ui/wordmark.tsx';

/** Who is signed in, and what they belong to: the head of every page behind the sign-in. */
export async function loader({ request, context }: LoaderFunctionArgs) {
  try {
    const { answer, setCookies } = await createApiClient(context, request).getWithCookies<MeAnswer>('/api/v1/me');
    return data(answer, { headers: cookieHeaders(setCookies) });
  } catch (error) {
    return throwFailure(error, request);
  }
}

const HEAD_LINK =
  'inline-flex min-h-11 items-center rounded-xl px-2 text-sm font-medium whitespace-nowrap sm:px-3 text-muted hover:bg-neutral-soft hover:text-ink';

export default function SignedIn() {
  const me = useLoaderData<typeof loader>();
  const { accountId } = useParams();
  const { pathname, key } = useLocation();

  return (
    <div className="mx-auto w-full max-w-6xl px-4 pb-16 sm:px-6">
      <a href="#main" className="sr-only focus:not-sr-only focus:absolute focus:p-3">
        Skip to the content
      </a>
      <header className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 py-4">
        <Link to="/" aria-label="Leasehold, your account" className="rounded-lg">
          <Wordmark />
        </Link>
        <div className="flex items-center gap-1">
          <Link to="/me" aria-current={pathname === '/me' ? 'page' : undefined} className={HEAD_LINK}>
            <span className="max-w-20 truncate sm:max-w-56">{me.user?.name || 'You'}</span>
          </Link>
          <Form method="post" action="/sign-out">
            <button type="submit" className={HEAD_LINK}>
              Sign out
            </button>
          </Form>
        </div>
        <AccountSwitcher key={key} accounts={me.accounts} currentId={accountId ?? null} />
      </header>
      {me.invitations
        .filter(({ id }) => pathname !== `/invitations/${id}`)
        .map(({ id, inviterName, organisationName, role }) => (
          <section key={id} aria-label={`Invitation to ${organisationName}`} className="mb-5">
            <Notice tone="info">
              {inviterName} invites you to {organisationName} as {asRole(role)}.{' '}
              <Link to={`/invitations/${id}`} className="font-semibold underline">
                See the invitation
              </Link>
            </Notice>
          </section>
        ))}
      <Outlet />
    </div>
  );
}

export function ErrorBoundary() {
  return <FailurePage error={useRouteError()} />;
}
