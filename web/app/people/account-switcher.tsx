import { Link } from '@remix-run/react';
import { Building2, ChevronDown, Plus, UserRound } from 'lucide-react';
import { useRef } from 'react';
import type { AccountSummary } from '../api/people-answers.ts';
import { roleWord } from './role-words.ts';

interface AccountSwitcherProps {
  accounts: readonly AccountSummary[];
  /** The account that is looked at, or `null`. */
  currentId: string | null;
}

/** All accounts of a person, to go from one to another. A plain `<details>`: it opens without JavaScript as well. */
export function AccountSwitcher({ accounts, currentId }: AccountSwitcherProps) {
  const details = useRef<HTMLDetailsElement>(null);
  const current = accounts.find(({ accountId }) => accountId === currentId);

  function close() {
    if (details.current) details.current.open = false;
  }

  return (
    <details
      ref={details}
      className="relative w-full"
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) close();
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        close();
        details.current?.querySelector('summary')?.focus();
      }}
    >
      <summary className="flex min-h-11 w-fit max-w-full list-none items-center gap-2.5 rounded-xl border border-line bg-card px-3.5 py-2 hover:bg-neutral-soft [&::-webkit-details-marker]:hidden">
        <span className="sr-only">Switch account. Now: </span>
        {current ? (
          <>
            <Sign audience={current.audience} />
            <span className="min-w-0 truncate font-semibold">{current.name}</span>
            <RoleBadge account={current} />
          </>
        ) : (
          <span className="font-medium">Your accounts</span>
        )}
        <ChevronDown aria-hidden="true" className="size-4 shrink-0 text-muted" />
      </summary>
      <nav
        aria-label="Accounts"
        className="absolute z-10 mt-2 w-full max-w-sm rounded-2xl border border-line bg-card p-2 shadow-lg"
      >
        <ul>
          {accounts.map((account) => (
            <li key={account.accountId}>
              <Link
                to={`/accounts/${encodeURIComponent(account.accountId)}`}
                aria-current={account.accountId === currentId ? 'true' : undefined}
                className="flex min-h-12 items-center gap-3 rounded-xl px-3 py-2 hover:bg-neutral-soft aria-[current=true]:bg-neutral-soft"
              >
                <Sign audience={account.audience} />
                <span className="min-w-0 grow">
                  <span className="block truncate font-medium">{account.name}</span>
                  <span className="block truncate text-sm text-muted">
                    {account.planName}
                    {account.closing ? ' · being closed' : account.isHeld ? ' · on hold' : ''}
                  </span>
                </span>
                <RoleBadge account={account} />
              </Link>
            </li>
          ))}
          <li className="mt-1 border-t border-line pt-1">
            <Link
              to="/organisations/new"
              className="flex min-h-12 items-center gap-3 rounded-xl px-3 py-2 font-medium hover:bg-neutral-soft"
            >
              <Plus aria-hidden="true" className="size-5 shrink-0 text-muted" />
              New organisation
            </Link>
          </li>
        </ul>
      </nav>
    </details>
  );
}

function Sign({ audience }: Pick<AccountSummary, 'audience'>) {
  const Icon = audience === 'organisation' ? Building2 : UserRound;
  return <Icon aria-hidden="true" className="size-5 shrink-0 text-muted" />;
}

function RoleBadge({ account: { audience, role } }: { account: AccountSummary }) {
  return (
    <span className="shrink-0 rounded-full bg-neutral-soft px-2.5 py-0.5 text-xs font-semibold text-neutral">
      {audience === 'personal' ? 'Personal' : roleWord(role)}
    </span>
  );
}
