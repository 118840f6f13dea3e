import { type RouteHandler, z } from '@hono/zod-openapi';
import { defineRoute } from '../access/define-route.ts';
import type { ApiEnv } from '../api-env.ts';
import { eventStream } from '../workspaces/event-stream.ts';
import type { LiveHub } from '../workspaces/live-hub.ts';
import { workspaceParams } from './workspace.ts';

export const workspaceLiveRoute = defineRoute({
  method: 'get',
  path: '/api/v1/workspaces/{id}/live/stream',
  action: 'workspace:read',
  summary: 'Live figures of a workspace, about once a second',
  description:
    'Server-sent events: `live` with a `LiveWorkspace`, `unreachable` while the host does not answer. A comment every 15 s when there is nothing to say. It ends after 5 minutes: connect again, as an EventSource does by itself.',
  request: { params: workspaceParams },
  responses: {
    200: { description: 'Goes on.', content: { 'text/event-stream': { schema: z.string() } } },
  },
});

export function createWorkspaceLiveHandler(deps: {
  liveHub: LiveHub;
  stopping: AbortSignal;
}): RouteHandler<typeof workspaceLiveRoute, ApiEnv> {
  return async (c) => {
    const { workspace } = c.var;
    return eventStream((signal) => deps.liveHub.watch(workspace, signal), { signal: deps.stopping });
  };
}
