import type { LoaderFunctionArgs } from '@remix-run/node';
import { eventStream } from '../account/event-stream.server.ts';
import { createAccountReader } from '../account/read-account-page.server.ts';
import { ApiProblem, createApiClient } from '../api/api-client.server.ts';
import { seenVersionOf } from '../api/seen-version.server.ts';
import { viewerOf } from '../format/viewer.ts';

const EVERY_MS = 2_000;

/** The account page, again and again, as server-sent events. */
export async function loader({ request, context, params }: LoaderFunctionArgs) {
  const accountId = params.accountId ?? '';
  const signal = AbortSignal.any([request.signal, context.stopping]);
  const minVersion = await seenVersionOf(request, accountId);
  const api = createApiClient(context, request, { signal });
  const reader = createAccountReader(api, accountId, viewerOf(request.headers));
  return eventStream({
    signal,
    everyMs: EVERY_MS,
    async read() {
      try {
        return { send: { event: 'account', data: JSON.stringify(await reader.read(minVersion)) }, last: false };
      } catch (error) {
        // Signed out, or not in the account any more: loading the page anew says which.
        const over = error instanceof ApiProblem && [401, 403, 404].includes(error.status);
        return { send: { event: over ? 'signed-out' : 'unreachable', data: '{}' }, last: over };
      }
    },
  });
}
