import { createRoute, type RouteHandler, z } from '@hono/zod-openapi';
import type { HostClient } from '../accounts/host-client.ts';
import type { ReadAccount } from '../accounts/read-account.ts';
import type { ReadModel } from '../accounts/read-model.ts';
import { workspaceNotFound } from '../accounts/refusals.ts';
import type { ApiEnv } from '../api-env.ts';
import { problemAnswer } from '../problem-schema.ts';
import { liveWorkspaceSchema, workspaceSchema } from './account-schema.ts';
import { sessionSecurity } from './session-security.ts';

export const workspaceParams = z.object({ id: z.string().min(1).max(200).openapi({ example: 'ws_main' }) });

export const workspaceRoute = createRoute({
  method: 'get',
  path: '/api/v1/workspaces/{id}',
  summary: 'A workspace and its live figures',
  security: sessionSecurity,
  request: { params: workspaceParams },
  responses: {
    200: {
      description: '`live` is null when its host does not answer within 1.5 s.',
      content: { 'application/json': { schema: workspaceSchema.extend({ live: liveWorkspaceSchema.nullable() }) } },
    },
    401: problemAnswer('Not signed in.'),
    404: problemAnswer('No such workspace of yours.'),
  },
});

export function createWorkspaceHandler(deps: {
  readModel: ReadModel;
  readAccount: ReadAccount;
  hosts: HostClient;
}): RouteHandler<typeof workspaceRoute, ApiEnv> {
  return async (c) => {
    const owned = await deps.readModel.workspaceOf(c.var.visitor.userId, c.req.valid('param').id);
    if (!owned) throw workspaceNotFound();
    const [account, live] = await Promise.all([
      deps.readAccount(owned.accountId),
      owned.hostUrl === null ? null : deps.hosts.live(owned.hostUrl, owned.id),
    ]);
    const workspace = account?.workspaces.find((each) => each.id === owned.id);
    if (!workspace) throw workspaceNotFound();
    return c.json({ ...workspace, live }, 200);
  };
}
