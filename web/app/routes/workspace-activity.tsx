import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { Link, useLoaderData, useRevalidator } from '@remix-run/react';
import { useEffect } from 'react';
import type {
  AccountAnswer,
  ExecutionsAnswer,
  HistoryRange,
  LogAnswer,
  UsageHistoryAnswer,
  WorkspaceAnswer,
} from '#api/answers.ts';
import { presentExecutions } from '../activity/executions.ts';
import { ExecutionsCard } from '../activity/executions-card.tsx';
import { HistoryCard, RANGES } from '../activity/history-card.tsx';
import { LiveCard } from '../activity/live-card.tsx';
import { LogCard } from '../activity/log-card.tsx';
import { presentCharts, presentRows } from '../activity/usage-chart.ts';
import { ApiProblem, createApiClient } from '../api/api-client.server.ts';
import { throwFailure } from '../api/failure.server.ts';
import { useTimeZone } from '../format/use-time-zone.ts';
import { viewerOf } from '../format/viewer.ts';
import { runsWorkspaces } from '../people/sections.ts';
import { useAccountSummary } from '../people/use-me.ts';

/** Points that a curve shows, and rows of its table. */
const POINTS = 240;
const ROWS = 24;
/** The history is made anew this often while the page is looked at. */
const REFRESH_MS = 30_000;

export const meta: MetaFunction<typeof loader> = ({ data }) => [{ title: `${data?.name ?? 'Workspace'} · Leasehold` }];

export async function loader({ request, context, params }: LoaderFunctionArgs) {
  const { accountId = '', workspaceId = '' } = params;
  const asked = new URL(request.url).searchParams.get('range') ?? '';
  const range: HistoryRange = asked in RANGES ? (asked as HistoryRange) : '1h';
  const viewer = viewerOf(request.headers);
  const api = createApiClient(context, request);
  const path = `/api/v1/workspaces/${encodeURIComponent(workspaceId)}`;
  try {
    const [account, workspace, curve, table, executions, log] = await Promise.all([
      api.get<AccountAnswer>(`/api/v1/accounts/${encodeURIComponent(accountId)}`),
      api.get<WorkspaceAnswer>(path),
      api.get<UsageHistoryAnswer>(`${path}/history?range=${range}&points=${POINTS}`),
      api.get<UsageHistoryAnswer>(`${path}/history?range=${range}&points=${ROWS}`),
      orNull(api.get<ExecutionsAnswer>(`${path}/executions?limit=10`)),
      orNull(api.get<LogAnswer>(`${path}/logs?tail=200`)),
    ]);
    return {
      accountId,
      workspaceId,
      name: workspace.name,
      live: workspace.live,
      range,
      charts: presentCharts(curve, viewer),
      rows: presentRows(table, viewer),
      executions: executions && presentExecutions(executions, account.now, viewer),
      log: log?.lines ?? null,
      timeZone: viewer.timeZoneKnown ? viewer.timeZone : null,
    };
  } catch (error) {
    return throwFailure(error, request);
  }
}

/** A session that has ended is never swallowed. */
async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 401) throw error;
    return null;
  }
}

/** What a workspace does and did: live figures, history, executions and its log. */
export default function WorkspaceActivity() {
  const { accountId, workspaceId, name, live, range, charts, rows, executions, log, timeZone } =
    useLoaderData<typeof loader>();
  const { role = 'member' } = useAccountSummary(accountId) ?? {};
  useTimeZone(timeZone);
  useRefresh();

  return (
    <>
      <div>
        <p className="text-sm">
          <Link to={`/accounts/${encodeURIComponent(accountId)}`} className="text-muted underline hover:text-ink">
            Overview
          </Link>
        </p>
        <h1 className="mt-1 text-2xl font-semibold tracking-tight break-words">
          {name} <span className="font-normal text-muted">activity</span>
        </h1>
      </div>
      <LiveCard key={workspaceId} accountId={accountId} workspaceId={workspaceId} loaded={live} />
      <HistoryCard range={range} charts={charts} rows={rows} />
      <ExecutionsCard executions={executions} />
      {runsWorkspaces(role) ? (
        <LogCard key={workspaceId} accountId={accountId} workspaceId={workspaceId} loaded={log} />
      ) : null}
    </>
  );
}

/** Made anew while somebody looks. */
function useRefresh(): void {
  const { revalidate } = useRevalidator();
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') revalidate();
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, [revalidate]);
}
