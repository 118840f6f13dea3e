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
  summary: 'Ends a workspace and its data for good',
  request: { params: workspaceParams, headers: idempotencyHeaders },
  responses: {
    202: {
      description: 'Recorded in this version of the account; container, network and data go next. Also under a hold.',
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
    const commandId = `http/${id}/delete/${key}`;
    const { version } = await deps.sendCommand(accountId, deleteWorkspace, { commandId, workspaceId: id });
    return c.json({ version }, 202);
  };
}
