import { randomUUID } from 'node:crypto';
import { type RouteHandler, z } from '@hono/zod-openapi';
import { chooseMoveTime } from '#workflows/subscription/messages.ts';
import { defineRoute } from '../access/define-route.ts';
import type { SendCommand } from '../accounts/send-command.ts';
import type { ApiEnv } from '../api-env.ts';
import { problemAnswer } from '../problem-schema.ts';
import { idempotencyHeaders } from './idempotency-key.ts';
import { workspaceParams } from './workspace.ts';

const bodySchema = z
  .object({
    at: z.iso
      .datetime()
      .nullable()
      .openapi({ description: 'When it moves, at the latest `move.latestAt`; null for now.', example: null }),
  })
  .openapi('MoveTime');

export const moveWorkspaceRoute = defineRoute({
  method: 'post',
  path: '/api/v1/workspaces/{id}/move',
  action: 'workspace:stop',
  audit: 'workspace.move',
  summary: 'The owner chooses when a workspace that has to move to another host does so',
  request: {
    params: workspaceParams,
    headers: idempotencyHeaders,
    body: { required: true, content: { 'application/json': { schema: bodySchema } } },
  },
  responses: {
    202: {
      description: 'Recorded in this version of the account. The workspace stops for some minutes while it moves.',
      content: { 'application/json': { schema: z.object({ version: z.number().int() }) } },
    },
    409: problemAnswer('`no-move-planned`, or `move-too-late`: after the last time that it can stay.'),
    503: problemAnswer('Nobody confirmed it: send it again with the same Idempotency-Key.'),
  },
});

export function createMoveWorkspaceHandler(deps: {
  sendCommand: SendCommand;
}): RouteHandler<typeof moveWorkspaceRoute, ApiEnv> {
  return async (c) => {
    const { id } = c.req.valid('param');
    const { at } = c.req.valid('json');
    const when = at === null ? null : new Date(at).toISOString();
    const key = c.req.valid('header')['idempotency-key'] ?? randomUUID();
    c.set('auditNote', { target: id, details: { at: when ?? 'now' } });
    const command = { commandId: `http/${id}/move/${when}/${key}`, workspaceId: id, at: when };
    const { version } = await deps.sendCommand(c.var.account.accountId, chooseMoveTime, command);
    return c.json({ version }, 202);
  };
}
