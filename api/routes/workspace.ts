import { type RouteHandler, z } from '@hono/zod-openapi';
import { defineRoute } from '../access/define-route.ts';
import type { HostClient } from '../accounts/host-client.ts';
import type { ReadAccount } from '../accounts/read-account.ts';
import { workspaceNotFound } from '../accounts/refusals.ts';
import type { ApiEnv } from '../api-env.ts';
import { liveWorkspaceSchema, workspaceSchema } from './account-schema.ts';

export const workspaceParams = z.object({ id: z.string().min(1).max(200).openapi({ example: 'ws_main' }) });

export const workspaceRoute = defineRoute({
  method: 'get',
  path: '/api/v1/workspaces/{id}',
  action: 'workspace:read',
  summary: 'A workspace and its live figures',
  request: { params: workspaceParams },
  responses: {
    200: {
      description: '`live` is null when its host does not answer within 1.5 s.',
      content: { 'application/json': { schema: workspaceSchema.extend({ live: liveWorkspaceSchema.nullable() }) } },
    },
  },
});

export function createWorkspaceHandler(deps: {
  readAccount: ReadAccount;
  hosts: HostClient;
}): RouteHandler<typeof workspaceRoute, ApiEnv> {
  return async (c) => {
    const { id, hostUrl } = c.var.workspace;
    const [account, live] = await Promise.all([
      deps.readAccount(c.var.account.accountId),
      hostUrl === null ? null : deps.hosts.live(hostUrl, id),
    ]);
    const workspace = account?.workspaces.find((each) => each.id === id);
    if (!workspace) throw workspaceNotFound();
    return c.json({ ...workspace, live }, 200);
  };
}
