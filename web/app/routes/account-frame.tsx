import { data, type LoaderFunctionArgs } from '@remix-run/node';
import { NavLink, Outlet, type ShouldRevalidateFunction, useParams } from '@remix-run/react';
import { rememberLastAccount } from '../api/last-account.server.ts';
import { sectionsFor } from '../people/sections.ts';
import { useAccountSummary } from '../people/use-me.ts';

/** Remembers where one was: the next visit begins there. */
export async function loader({ params }: LoaderFunctionArgs) {
  return data(null, { headers: { 'set-cookie': await rememberLastAccount(params.accountId ?? '') } });
}

export const shouldRevalidate: ShouldRevalidateFunction = ({ currentParams, nextParams }) =>
  currentParams.accountId !== nextParams.accountId;

/** The pages of one account, as far as one's role opens them. */
export default function AccountFrame() {
  const { accountId = '' } = useParams();
  const account = useAccountSummary(accountId);
  const sections = account ? sectionsFor(account) : [];

  return (
    <>
      <nav aria-label="Account" className="mb-5 border-b border-line">
        <ul className="-mb-px flex flex-wrap gap-x-1">
          {sections.map(({ path, text }) => (
            <li key={path}>
              <NavLink
                to={`/accounts/${encodeURIComponent(accountId)}${path ? `/${path}` : ''}`}
                end
                className="inline-flex min-h-11 items-center border-b-2 border-transparent px-3 text-sm font-medium text-muted hover:text-ink aria-[current=page]:border-accent aria-[current=page]:text-ink"
              >
                {text}
              </NavLink>
            </li>
          ))}
        </ul>
      </nav>
      <main id="main" tabIndex={-1} className="flex flex-col gap-5 outline-none">
        <Outlet />
      </main>
    </>
  );
}
