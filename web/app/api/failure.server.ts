import { data, redirect } from '@remix-run/node';
import type { Failure } from '../ui/failure-page.tsx';
import { ApiProblem, ApiUnreachable } from './api-client.server.ts';
import { signInPathFor } from './return-path.ts';

const UNREACHABLE_STATUS = 503;

/**
 * Throws what a page shows instead of itself: signing in when there is no session, after which one comes back; the API's
 * own words when it has some; a calm page when it can't be reached. Anything else goes on as it is.
 */
export function throwFailure(error: unknown, request: Request): never {
  if (error instanceof ApiProblem) {
    if (error.status === 401) throw redirect(signInPathFor(request));
    throw data(failure(titleFor(error.status), error.detail, error.requestId), { status: error.status });
  }
  if (error instanceof ApiUnreachable) {
    throw data(
      failure(
        'This can’t be shown right now',
        'Our service does not answer at the moment. What runs keeps running, and nothing is lost. Please try again in a minute.',
        null,
      ),
      { status: UNREACHABLE_STATUS },
    );
  }
  throw error;
}

function titleFor(status: number): string {
  if (status === 404) return 'There is nothing here';
  if (status === 403) return 'That is not yours to see';
  if (status === 429) return 'A little too fast';
  return 'This can’t be shown right now';
}

function failure(title: string, detail: string, requestId: string | null): Failure {
  return { title, detail, requestId };
}
