import { type RouteHandler, z } from '@hono/zod-openapi';
import { decideAccess } from '#domain/access.ts';
import { defineRoute } from '../access/define-route.ts';
import { callerOf } from '../access/guard.ts';
import type { HostClient } from '../accounts/host-client.ts';
import type { ReadAccount } from '../accounts/read-account.ts';
import type { ReadIncident } from '../accounts/read-incident.ts';
import { workspaceNotFound } from '../accounts/refusals.ts';
import type { ApiEnv } from '../api-env.ts';
import { textOf } from '../text-schema.ts';
import { incidentSchema, liveWorkspaceSchema, workspaceSchema } from './account-schema.ts';

export const workspaceParams = z.object({ id: textOf('id').openapi({ example: 'ws_main' }) });

export const workspaceRoute = defineRoute({
  method: 'get',
  path: '/api/v1/workspaces/{id}',
  action: 'workspace:read',
  summary: 'A workspace and its live figures',
  request: { params: workspaceParams },
  responses: {
    200: {
      description: '`live` is null when its host does not answer within 1.5 s.',
      content: {
        'application/json': {
          schema: workspaceSchema.extend({
            incident: incidentSchema
              .nullable()
              .openapi({ description: 'The newest one; without its lines for whoever may not read logs.' }),
            live: liveWorkspaceSchema.nullable(),
          }),
        },
      },
    },
  },
});

export function createWorkspaceHandler(deps: {
  readAccount: ReadAccount;
  readIncident: ReadIncident;
  hosts: HostClient;
}): RouteHandler<typeof workspaceRoute, ApiEnv> {
  return async (c) => {
    const { id, hostUrl } = c.var.workspace;
    const [account, incident, live] = await Promise.all([
      deps.readAccount(c.var.account.accountId),
      deps.readIncident(id),
      hostUrl === null ? null : deps.hosts.live(hostUrl, id),
    ]);
    const workspace = account?.workspaces.find((each) => each.id === id);
    if (!workspace) throw workspaceNotFound();
    const { principal } = c.var;
    const { role } = c.var.account;
    const access = decideAccess({
      action: 'workspace:logs',
      caller: callerOf(principal),
      role,
      account: c.var.account,
    });
    const told = incident && (access.allowed ? incident : { ...incident, lastLines: [] });
    return c.json({ ...workspace, incident: told, live }, 200);
  };
}
