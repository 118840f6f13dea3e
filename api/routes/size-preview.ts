import { type RouteHandler, z } from '@hono/zod-openapi';
import { previewSize } from '#domain/size-preview.ts';
import { defineRoute } from '../access/define-route.ts';
import type { HostClient } from '../accounts/host-client.ts';
import type { ReadHostRoom } from '../accounts/read-host-room.ts';
import type { ReadModel } from '../accounts/read-model.ts';
import { workspaceNotFound } from '../accounts/refusals.ts';
import type { ApiEnv } from '../api-env.ts';
import { instant, sizeSchema } from './account-schema.ts';
import { workspaceParams } from './workspace.ts';

const part = z.coerce.number().int().positive().optional().openapi({ description: 'Default: as it is.' });

export const sizePreviewRoute = defineRoute({
  method: 'get',
  path: '/api/v1/workspaces/{id}/size-preview',
  action: 'workspace:read',
  summary: 'What another size would mean, before it is asked for',
  request: {
    params: workspaceParams,
    query: z.object({
      memoryMb: part,
      cpuPercent: part,
      storageMb: part,
      restart: z.enum(['true', 'false']).optional().openapi({ description: 'Restarted with it. Default: false.' }),
    }),
  },
  responses: {
    200: {
      description: 'Nothing was changed. What is told is how things are now.',
      content: {
        'application/json': {
          schema: z
            .object({
              outcome: z.enum(['same', 'keeps-running', 'restarts', 'at-next-start', 'deferred', 'refused']),
              from: sizeSchema,
              to: sizeSchema,
              sentences: z.array(z.string()).openapi({ description: 'For people, the most important first.' }),
              growsWithRestart: z
                .boolean()
                .openapi({ description: 'Its programs can use the new memory only after a restart.' }),
              triedAgainAt: instant.nullable().openapi({ description: 'Of `deferred`: the first time.' }),
              refusal: z
                .object({
                  code: z.string(),
                  shortage: z
                    .object({ part: z.string(), max: z.number(), used: z.number(), asked: z.number() })
                    .nullable(),
                })
                .nullable(),
            })
            .openapi('SizePreview'),
        },
      },
    },
  },
});

export function createSizePreviewHandler(deps: {
  readModel: ReadModel;
  hosts: HostClient;
  readHostRoom: ReadHostRoom;
}): RouteHandler<typeof sizePreviewRoute, ApiEnv> {
  return async (c) => {
    const { id, hostId, hostUrl } = c.var.workspace;
    const { accountId } = c.var.account;
    const { memoryMb, cpuPercent, storageMb, restart } = c.req.valid('query');
    const [state, aheadMs, live, host] = await Promise.all([
      deps.readModel.storedState(accountId),
      deps.readModel.clockAheadMs(accountId),
      hostUrl === null ? null : deps.hosts.live(hostUrl, id),
      deps.readHostRoom(hostId, id),
    ]);
    const workspace = state?.workspaces.find((each) => each.id === id);
    if (!state || !workspace) throw workspaceNotFound();
    const now = workspace.allocation ?? workspace.desired.size;
    const size = {
      memoryMb: memoryMb ?? now.memoryMb,
      cpuPercent: cpuPercent ?? now.cpuPercent,
      storageMb: storageMb ?? now.storageMb,
    };
    const memoryUsedMb = live?.status === 'running' ? live.memoryUsedMb : null;
    const at = new Date(Date.now() + aheadMs).toISOString();
    const wish = { workspaceId: id, size, restart: restart === 'true' };
    return c.json(previewSize(state, wish, { memoryUsedMb, host }, at), 200);
  };
}
