import type { AppLoadContext } from '@remix-run/node';
import { ApiProblem, createApiClient } from '../api/api-client.server.ts';

/**
 * Hands a stream of events of the API on to the browser, which reads it as its own. A refusal keeps its status: an EventSource
 * then comes back no more; a 503 while the API does not answer.
 */
export async function passStreamOn(
  { request, context }: { request: Request; context: AppLoadContext },
  path: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  const signal = AbortSignal.any([request.signal, context.stopping]);
  const api = createApiClient(context, request, { signal });
  try {
    return new Response(await api.getStream(path, { accept: 'text/event-stream', ...headers }), {
      headers: {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      },
    });
  } catch (error) {
    return new Response(null, { status: error instanceof ApiProblem ? error.status : 503 });
  }
}
