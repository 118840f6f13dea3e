import type { LoaderFunctionArgs } from '@remix-run/node';
import { eventStream } from '../account/event-stream.server.ts';
import { createAccountReader } from '../account/read-account-page.server.ts';
import { ApiProblem, createApiClient } from '../api/api-client.server.ts';
import { seenVersionOf } from '../api/seen-version.server.ts';
import { viewerOf } from '../format/viewer.ts';

const EVERY_MS = 2_000;

/** The account page, again and again, as server-sent events. */
export async function loader({ request, context }: LoaderFunctionArgs) {
  const signal = AbortSignal.any([request.signal, context.stopping]);
  const minVersion = await seenVersionOf(request);
  const reader = createAccountReader(createApiClient(context.apiUrl, request, signal), viewerOf(request.headers));
  return eventStream({
    signal,
    everyMs: EVERY_MS,
    async read() {
      try {
        return { send: { event: 'account', data: JSON.stringify(await reader.read(minVersion)) }, last: false };
      } catch (error) {
        const signedOut = error instanceof ApiProblem && error.status === 401;
        return { send: { event: signedOut ? 'signed-out' : 'unreachable', data: '{}' }, last: signedOut };
      }
    },
  });
}
