import { randomUUID } from 'node:crypto';
import { createRoute, type RouteHandler, z } from '@hono/zod-openapi';
import { deleteWorkspace } from '#workflows/subscription/messages.ts';
import type { ReadModel } from '../accounts/read-model.ts';
import { workspaceNotFound } from '../accounts/refusals.ts';
import type { SendCommand } from '../accounts/send-command.ts';
import type { ApiEnv } from '../api-env.ts';
import { problemAnswer } from '../problem-schema.ts';
import { idempotencyHeaders } from './idempotency-key.ts';
import { sessionSecurity } from './session-security.ts';
import { workspaceParams } from './workspace.ts';

export const deleteWorkspaceRoute = createRoute({
  method: 'delete',
  path: '/api/v1/workspaces/{id}',
  summary: 'Ends a workspace and its data for good',
  security: sessionSecurity,
  request: { params: workspaceParams, headers: idempotencyHeaders },
  responses: {
    202: {
      description: 'Recorded in this version of the account; container, network and data go next. Also under a hold.',
      content: { 'application/json': { schema: z.object({ version: z.number().int() }) } },
    },
    401: problemAnswer('Not signed in.'),
    404: problemAnswer('No such workspace of yours.'),
    503: problemAnswer('Nobody confirmed it: send it again with the same Idempotency-Key.'),
  },
});

export function createDeleteWorkspaceHandler(deps: {
  readModel: ReadModel;
  sendCommand: SendCommand;
}): RouteHandler<typeof deleteWorkspaceRoute, ApiEnv> {
  return async (c) => {
    const { id } = c.req.valid('param');
    const owned = await deps.readModel.workspaceOf(c.var.visitor.userId, id);
    if (!owned) throw workspaceNotFound();
    const key = c.req.valid('header')['idempotency-key'] ?? randomUUID();
    const commandId = `http/${id}/delete/${key}`;
    const { version } = await deps.sendCommand(owned.accountId, deleteWorkspace, { commandId, workspaceId: id });
    return c.json({ version }, 202);
  };
}
