import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction, replace } from '@remix-run/node';
import { Form, useActionData, useLoaderData, useRouteError } from '@remix-run/react';
import type { WishAnswer } from '#api/answers.ts';
import { PlanCard } from '../account/plan-card.tsx';
import { createAccountReader } from '../account/read-account-page.server.ts';
import { StandingCard } from '../account/standing-card.tsx';
import { TimelineCard } from '../account/timeline-card.tsx';
import { useLiveAccount } from '../account/use-live-account.ts';
import { WorkspaceCard } from '../account/workspace-card.tsx';
import { ApiProblem, ApiUnreachable, createApiClient } from '../api/api-client.server.ts';
import { throwFailure } from '../api/failure.server.ts';
import { refusalText } from '../api/refusal-text.ts';
import { rememberSeenVersion, seenVersionOf } from '../api/seen-version.server.ts';
import { useTimeZone } from '../format/use-time-zone.ts';
import { viewerOf } from '../format/viewer.ts';
import { FailurePage } from '../ui/failure-page.tsx';
import { Notice } from '../ui/notice.tsx';
import { Wordmark } from '../ui/wordmark.tsx';

export const meta: MetaFunction = () => [{ title: 'Your account · Leasehold' }];

export async function loader({ request, context }: LoaderFunctionArgs) {
  const viewer = viewerOf(request.headers);
  try {
    const reader = createAccountReader(createApiClient(context.apiUrl, request), viewer);
    const page = await reader.read(await seenVersionOf(request));
    return { page, timeZone: viewer.timeZoneKnown ? viewer.timeZone : null };
  } catch (error) {
    return throwFailure(error);
  }
}

/** Start and Stop. The wish is recorded when this returns; the page then follows the workspace. */
export async function action({ request, context }: ActionFunctionArgs) {
  const form = await request.formData();
  const workspaceId = String(form.get('workspaceId') ?? '');
  const intent = String(form.get('intent') ?? '');
  const refuse = (error: string, status: number) => data({ workspaceId, error }, { status });

  if (!workspaceId || (intent !== 'start' && intent !== 'stop')) return refuse('That button is not known.', 400);
  try {
    const api = createApiClient(context.apiUrl, request);
    const path = `/api/v1/workspaces/${encodeURIComponent(workspaceId)}/${intent}`;
    const { answer } = await api.post<WishAnswer>(path);
    return replace('/account', { headers: { 'set-cookie': await rememberSeenVersion(answer.version) } });
  } catch (error) {
    if (error instanceof ApiUnreachable) {
      return refuse('That did not reach us, so nothing was changed. Please try again in a moment.', 503);
    }
    if (error instanceof ApiProblem && error.status !== 401) return refuse(refusalText(error), error.status);
    return throwFailure(error);
  }
}

export default function Account() {
  const loaded = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const { page, interrupted } = useLiveAccount(loaded.page, loaded.timeZone);
  useTimeZone(loaded.timeZone);

  return (
    <div className="mx-auto w-full max-w-6xl px-4 pb-16 sm:px-6">
      <header className="flex items-center justify-between gap-4 py-5">
        <Wordmark />
        <Form method="post" action="/sign-out">
          <button
            type="submit"
            className="min-h-11 rounded-xl px-3 text-sm font-medium text-muted hover:bg-neutral-soft hover:text-ink"
          >
            Sign out
          </button>
        </Form>
      </header>
      <main className="flex flex-col gap-5">
        <h1 className="sr-only">Your account</h1>
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
        <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1.55fr)_minmax(0,1fr)]">
          <TimelineCard timeline={page.timeline} />
          <div className="flex flex-col gap-5">
            {page.workspaces.map((workspace) => (
              <WorkspaceCard key={workspace.id} workspace={workspace} refused={refused} />
            ))}
            <PlanCard plan={page.plan} />
          </div>
        </div>
        <noscript>
          <p className="text-sm text-muted">
            This page does not refresh itself without JavaScript.{' '}
            <a href="/account" className="underline">
              Refresh it
            </a>{' '}
            to see changes.
          </p>
        </noscript>
      </main>
    </div>
  );
}

export function ErrorBoundary() {
  return <FailurePage error={useRouteError()} />;
}
