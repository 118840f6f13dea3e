import { type RouteHandler, z } from '@hono/zod-openapi';
import type { LogLine } from '#activities/contracts.ts';
import { defineRoute } from '../access/define-route.ts';
import { type HostClient, HostRefusal } from '../accounts/host-client.ts';
import type { ApiEnv } from '../api-env.ts';
import { Problem } from '../problem.ts';
import { problemAnswer } from '../problem-schema.ts';
import { eventStream, type ServerEvent } from '../workspaces/event-stream.ts';
import { instant } from './account-schema.ts';
import { workspaceParams } from './workspace.ts';

const MOST_LINES = 1_000;

const lineSchema = z
  .object({
    at: instant.openapi({ description: 'When it was written, to the nanosecond.' }),
    stream: z.enum(['stdout', 'stderr']),
    text: z.string().openapi({ description: 'Cut off after 4,096 characters.' }),
  })
  .openapi('LogLine');

export const workspaceLogsRoute = defineRoute({
  method: 'get',
  path: '/api/v1/workspaces/{id}/logs',
  action: 'workspace:logs',
  summary: 'What a workspace wrote to its log',
  description:
    'With `follow` as server-sent events: `line` with a `LogLine`, whose id is its instant, and `ended` when the workspace stops. It ends after 5 minutes: connect again with `Last-Event-ID`, as an EventSource does by itself, and no line is missing. Ten readers may follow one log.',
  request: {
    params: workspaceParams,
    query: z.object({
      tail: z.coerce.number().int().min(0).max(MOST_LINES).default(200).openapi({ description: 'Lines of the past.' }),
      follow: z.stringbool().default(false).openapi({ type: 'boolean' }),
    }),
    headers: z.object({ 'last-event-id': z.iso.datetime().optional() }),
  },
  responses: {
    200: {
      description: 'Oldest first. The last 10 MB are kept, also while it is stopped, until it is made anew or deleted.',
      content: {
        'application/json': { schema: z.object({ lines: z.array(lineSchema) }) },
        'text/event-stream': { schema: z.string() },
      },
    },
    400: problemAnswer('Malformed.'),
    429: problemAnswer('Ten readers follow it already.'),
    503: problemAnswer('Its host does not answer.'),
  },
});

export function createWorkspaceLogsHandler(deps: {
  hosts: HostClient;
  stopping: AbortSignal;
}): RouteHandler<typeof workspaceLogsRoute, ApiEnv> {
  return async (c) => {
    const { id, hostUrl } = c.var.workspace;
    const { tail, follow } = c.req.valid('query');
    const after = c.req.valid('header')['last-event-id'];
    if (hostUrl === null) throw hostUnreachable();
    const left = new AbortController();
    const order = { tail: after === undefined ? tail : MOST_LINES, follow, after };
    const lines = await deps.hosts.readLog(hostUrl, id, order, left.signal).catch((error: unknown) => {
      throw refusalOf(error);
    });
    if (follow) {
      return eventStream(
        (signal) => {
          signal.addEventListener('abort', () => left.abort(), { once: true });
          return eventsOf(lines, signal);
        },
        { signal: deps.stopping },
      );
    }
    const all: LogLine[] = [];
    try {
      for await (const line of lines) all.push(line);
    } catch (error) {
      throw hostUnreachable(error);
    }
    return c.json({ lines: all }, 200);
  };
}

async function* eventsOf(lines: AsyncIterable<LogLine>, signal: AbortSignal): AsyncGenerator<ServerEvent> {
  try {
    for await (const line of lines) yield { event: 'line', id: line.at, data: line };
    yield { event: 'ended', data: null };
  } catch (error) {
    // A host that goes away ends the stream; whoever reads connects again.
    if (!signal.aborted) yield { event: 'unreachable', data: null };
    else if (!(error instanceof Error)) throw error;
  }
}

function refusalOf(error: unknown): Problem {
  if (error instanceof HostRefusal && error.status === 429) {
    return new Problem(429, 'rate-limited', 'Too many follow this log', error.message, { retryAfterSeconds: 10 });
  }
  return hostUnreachable(error);
}

function hostUnreachable(cause?: unknown): Problem {
  return new Problem(
    503,
    'host-unreachable',
    'The host of the workspace does not answer',
    'Its log can not be read right now. Try again in a few seconds.',
    { retryAfterSeconds: 5, cause },
  );
}
