import { randomUUID } from 'node:crypto';
import { type RouteHandler, z } from '@hono/zod-openapi';
import { deleteWorkspace } from '#workflows/subscription/messages.ts';
import { defineRoute } from '../access/define-route.ts';
import type { SendCommand } from '../accounts/send-command.ts';
import type { ApiEnv } from '../api-env.ts';
import { problemAnswer } from '../problem-schema.ts';
import { idempotencyHeaders } from './idempotency-key.ts';
import { workspaceParams } from './workspace.ts';

export const deleteWorkspaceRoute = defineRoute({
  method: 'delete',
  path: '/api/v1/workspaces/{id}',
  action: 'workspace:delete',
  audit: 'workspace.delete',
  summary: 'Ends a workspace; its data is kept for a while, as the catalog has it',
  request: {
    params: workspaceParams,
    headers: idempotencyHeaders,
    query: z.object({
      immediately: z
        .enum(['true', 'false'])
        .optional()
        .openapi({ description: 'Its data goes at once, and nothing can be taken back. Default: false.' }),
    }),
  },
  responses: {
    202: {
      description:
        'Recorded in this version of the account; it stops. `deleteAt` of the workspace says until when it can be taken back.',
      content: { 'application/json': { schema: z.object({ version: z.number().int() }) } },
    },
    503: problemAnswer('Nobody confirmed it: send it again with the same Idempotency-Key.'),
  },
});

export function createDeleteWorkspaceHandler(deps: {
  sendCommand: SendCommand;
}): RouteHandler<typeof deleteWorkspaceRoute, ApiEnv> {
  return async (c) => {
    const { id } = c.req.valid('param');
    const { accountId } = c.var.account;
    const key = c.req.valid('header')['idempotency-key'] ?? randomUUID();
    const immediately = c.req.valid('query').immediately === 'true';
    const commandId = `http/${id}/delete/${immediately ? 'immediately/' : ''}${key}`;
    const command = { commandId, workspaceId: id, immediately };
    const { version } = await deps.sendCommand(accountId, deleteWorkspace, command);
    return c.json({ version }, 202);
  };
}
