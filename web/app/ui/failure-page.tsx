import { isRouteErrorResponse } from '@remix-run/react';
import { buttonClasses } from './button.tsx';
import { CalmPage } from './calm-page.tsx';

/** What a failed loader tells of itself. */
export interface Failure {
  title: string;
  /** What happened and what to do. */
  detail: string;
  /** Names the request in our logs. */
  requestId: string | null;
}

/** Anything that was thrown, as a page that says what to do. */
export function FailurePage({ error }: { error: unknown }) {
  const { title, detail, requestId } = failureOf(error);
  return (
    <CalmPage title={title}>
      <p className="mt-3 leading-relaxed text-muted">{detail}</p>
      {requestId ? <p className="mt-3 text-sm text-muted">Reference for support: {requestId}</p> : null}
      <a href="/" className={`mt-6 w-full ${buttonClasses('primary')}`}>
        {isRouteErrorResponse(error) && error.status === 404 ? 'Go to your account' : 'Try again'}
      </a>
    </CalmPage>
  );
}

function failureOf(error: unknown): Failure {
  if (isRouteErrorResponse(error)) {
    if (isFailure(error.data)) return error.data;
    if (error.status === 404) {
      return {
        title: 'There is nothing here',
        detail: 'The address may be mistyped, or the page has moved.',
        requestId: null,
      };
    }
  }
  return {
    title: 'Something went wrong on our side',
    detail: 'Your workspace and your data are not affected. Please try again in a moment.',
    requestId: null,
  };
}

function isFailure(data: unknown): data is Failure {
  return typeof data === 'object' && data !== null && 'title' in data && 'detail' in data;
}
