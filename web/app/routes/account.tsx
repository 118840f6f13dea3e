import { randomUUID } from 'node:crypto';
import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction, replace } from '@remix-run/node';
import { Link, useActionData, useLoaderData, useParams } from '@remix-run/react';
import { carryOutWorkspaceForm } from '../account/carry-out-workspace-form.server.ts';
import { NewWorkspaceCard } from '../account/new-workspace-card.tsx';
import { PlanCard } from '../account/plan-card.tsx';
import { planLimitOf } from '../account/plan-limit.ts';
import { createAccountReader } from '../account/read-account-page.server.ts';
import { StandingCard } from '../account/standing-card.tsx';
import { TimelineCard } from '../account/timeline-card.tsx';
import { useLiveAccount } from '../account/use-live-account.ts';
import { WorkspaceCard } from '../account/workspace-card.tsx';
import { refusedIn, type WorkspaceFormAnswer } from '../account/workspace-refused.ts';
import { createApiClient } from '../api/api-client.server.ts';
import { throwFailure } from '../api/failure.server.ts';
import { type Refusal, refusalOf } from '../api/refusal.server.ts';
import { rememberSeenVersion, seenVersionOf } from '../api/seen-version.server.ts';
import { useTimeZone } from '../format/use-time-zone.ts';
import { viewerOf } from '../format/viewer.ts';
import { textOf } from '../forms/text-of.ts';
import { managesWorkspaces, ownsAccount, runsWorkspaces } from '../people/sections.ts';
import { useAccountSummary } from '../people/use-me.ts';
import { Notice } from '../ui/notice.tsx';

export const meta: MetaFunction = () => [{ title: 'Your account · Leasehold' }];

export async function loader({ request, context, params }: LoaderFunctionArgs) {
  const accountId = params.accountId ?? '';
  const viewer = viewerOf(request.headers);
  try {
    const reader = createAccountReader(createApiClient(context, request), accountId, viewer);
    const page = await reader.read(await seenVersionOf(request, accountId));
    return { page, formKey: randomUUID(), timeZone: viewer.timeZoneKnown ? viewer.timeZone : null };
  } catch (error) {
    return throwFailure(error, request);
  }
}

/** All that can be done to workspaces. A wish is recorded when this returns; the page then follows the workspace. */
export async function action({ request, context, params }: ActionFunctionArgs) {
  const accountId = params.accountId ?? '';
  const form = await request.formData();
  const workspaceId = textOf(form, 'workspaceId');
  const refuse = ({ error, status, code, told }: Refusal) => {
    const sent = { workspaceId, intent: textOf(form, 'intent'), name: textOf(form, 'name') };
    return data<WorkspaceFormAnswer>({ ...sent, error, limit: planLimitOf(code, told) }, { status });
  };

  try {
    const outcome = await carryOutWorkspaceForm(createApiClient(context, request), accountId, form);
    if ('error' in outcome) return refuse(outcome);
    if ('preview' in outcome)
      return data<WorkspaceFormAnswer>({ workspaceId, intent: 'preview', preview: outcome.preview });
    return replace(`/accounts/${encodeURIComponent(accountId)}`, {
      headers: { 'set-cookie': await rememberSeenVersion(accountId, outcome.version) },
    });
  } catch (error) {
    return refuse(refusalOf(error, request));
  }
}

export default function Account() {
  const loaded = useLoaderData<typeof loader>();
  const answered = useActionData<typeof action>();
  const { page, interrupted } = useLiveAccount(loaded.page, loaded.timeZone);
  const { accountId } = useParams();
  const account = useAccountSummary(accountId);
  useTimeZone(loaded.timeZone);

  const { role = 'member' } = account ?? {};
  return (
    <>
      <h1 className="sr-only">{account?.name ?? 'Your account'}</h1>
      {page.clockNote ? <Notice tone="info">{page.clockNote}</Notice> : null}
      {page.ageNote ? (
        <Notice tone="warn" role="status">
          {page.ageNote}
        </Notice>
      ) : null}
      {interrupted ? (
        <Notice tone="warn" role="status">
          Live updates are interrupted; this is how it was at {page.asOf}. The page keeps trying.
        </Notice>
      ) : null}
      <StandingCard standing={page.standing} />
      {page.closing && ownsAccount(role) ? (
        <Notice tone="info">
          You have changed your mind?{' '}
          <Link to="settings" className="font-semibold underline">
            Take the account back
          </Link>
        </Notice>
      ) : null}
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1.55fr)_minmax(0,1fr)]">
        <TimelineCard timeline={page.timeline} />
        <div className="flex min-w-0 flex-col gap-5">
          {page.workspaces.map((workspace) => (
            <WorkspaceCard
              key={workspace.id}
              workspace={workspace}
              answered={answered}
              mayRun={runsWorkspaces(role)}
              mayManage={managesWorkspaces(role)}
            />
          ))}
          {managesWorkspaces(role) && !page.closing ? (
            <NewWorkspaceCard refused={refusedIn(answered)} formKey={loaded.formKey} accountId={page.accountId} />
          ) : null}
          <PlanCard plan={page.plan} />
        </div>
      </div>
      <noscript>
        <p className="text-sm text-muted">
          This page does not refresh itself without JavaScript.{' '}
          <a href={`/accounts/${page.accountId}`} className="underline">
            Refresh it
          </a>{' '}
          to see changes.
        </p>
      </noscript>
    </>
  );
}
