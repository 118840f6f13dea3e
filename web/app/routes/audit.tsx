import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { Link, useLoaderData } from '@remix-run/react';
import type { AccountAnswer } from '#api/answers.ts';
import { type ApiClient, createApiClient } from '../api/api-client.server.ts';
import { throwFailure } from '../api/failure.server.ts';
import type { AuditEntry, Key, Member } from '../api/people-answers.ts';
import { viewerOf } from '../format/viewer.ts';
import { presentAuditEntry } from '../people/audit-view.ts';
import { Badge } from '../ui/badge.tsx';
import { buttonClasses } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { PageTitle } from '../ui/page-title.tsx';

export const meta: MetaFunction = () => [{ title: 'Audit log · Leasehold' }];

const PAGE_SIZE = 50;

export async function loader({ request, context, params }: LoaderFunctionArgs) {
  const viewer = viewerOf(request.headers);
  const api = createApiClient(context, request);
  const path = `/api/v1/accounts/${encodeURIComponent(params.accountId ?? '')}`;
  const before = new URL(request.url).searchParams.get('before');
  const query = new URLSearchParams({ limit: String(PAGE_SIZE), ...(before ? { before } : {}) });
  const now = new Date().toISOString();
  try {
    const [{ entries, next }, names] = await Promise.all([
      api.get<{ entries: AuditEntry[]; next: string | null }>(`${path}/audit?${query}`),
      readNames(api, path),
    ]);
    return {
      lines: entries.map((entry) => presentAuditEntry(entry, names, now, viewer)),
      next,
      isFirst: before === null,
    };
  } catch (error) {
    return throwFailure(error, request);
  }
}

/** Names of what entries are about. They only make it easier to read: whatever can't be had is left out. */
async function readNames(api: ApiClient, path: string): Promise<Map<string, string>> {
  const [members, keys, workspaces] = await Promise.all([
    api.get<{ members: Member[] }>(`${path}/members`).then(
      (answer) => answer.members.map(({ userId, name }) => [userId, name] as const),
      () => [],
    ),
    api.get<{ keys: Key[] }>(`${path}/keys`).then(
      (answer) => answer.keys.map(({ id, name }) => [id, `“${name}”`] as const),
      () => [],
    ),
    api.get<AccountAnswer>(path).then(
      (answer) => answer.workspaces.map(({ id, name }) => [id, name] as const),
      () => [],
    ),
  ]);
  return new Map([...members, ...keys, ...workspaces]);
}

export default function Audit() {
  const { lines, next, isFirst } = useLoaderData<typeof loader>();
  return (
    <>
      <PageTitle title="Audit log">Who did what, from where, and when. Nothing in it can be changed.</PageTitle>
      <Card labelledBy="entries">
        <h2 id="entries" className="sr-only">
          Entries
        </h2>
        {lines.length === 0 ? <p className="text-muted">There is nothing {isFirst ? 'yet' : 'older'}.</p> : null}
        <ol className="divide-y divide-line">
          {lines.map(({ id, at, who, what, outcome, reason, ip, requestId }) => (
            <li
              key={id}
              className="flex flex-wrap items-start justify-between gap-x-6 gap-y-1 py-3.5 first:pt-0 last:pb-0"
            >
              <div className="min-w-0 grow basis-72">
                <p className="leading-snug break-words">
                  <strong className="font-semibold">{who}</strong> {what}
                </p>
                {reason ? <p className="mt-1 text-sm break-words">Because: {reason}</p> : null}
                <p className="mt-1 text-sm break-all text-muted">
                  <time dateTime={at.iso}>
                    {at.day}, {at.time}
                  </time>
                  {ip ? ` · from ${ip}` : ''} · reference {requestId}
                </p>
              </div>
              {outcome ? <Badge tone={outcome.tone}>{outcome.label}</Badge> : null}
            </li>
          ))}
        </ol>
      </Card>
      <nav aria-label="Pages of the log" className="flex flex-wrap gap-3">
        {isFirst ? null : (
          <Link to="." className={buttonClasses('quiet')}>
            Newest
          </Link>
        )}
        {next ? (
          <Link to={`?before=${encodeURIComponent(next)}`} className={buttonClasses('quiet')}>
            Older
          </Link>
        ) : null}
      </nav>
    </>
  );
}
