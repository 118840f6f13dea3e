import { randomUUID } from 'node:crypto';
import { createRoute, type RouteHandler, z } from '@hono/zod-openapi';
import { wishWorkspace } from '#workflows/subscription/messages.ts';
import type { ReadModel } from '../accounts/read-model.ts';
import { workspaceNotFound } from '../accounts/refusals.ts';
import type { SendCommand } from '../accounts/send-command.ts';
import type { ApiEnv } from '../api-env.ts';
import { problemAnswer } from '../problem-schema.ts';
import { idempotencyHeaders } from './idempotency-key.ts';
import { sessionSecurity } from './session-security.ts';
import { workspaceParams } from './workspace.ts';

const request = { params: workspaceParams, headers: idempotencyHeaders };

const responses = {
  202: {
    description: 'Recorded in this version of the account; the workspace follows.',
    content: { 'application/json': { schema: z.object({ version: z.number().int() }) } },
  },
  401: problemAnswer('Not signed in.'),
  402: problemAnswer('Suspended: amount, link to pay and what comes back.'),
  404: problemAnswer('No such workspace of yours.'),
  409: problemAnswer('It was deleted.'),
  503: problemAnswer('Nobody confirmed it: send it again with the same Idempotency-Key.'),
};

export const startWorkspaceRoute = createRoute({
  method: 'post',
  path: '/api/v1/workspaces/{id}/start',
  summary: 'The owner wants it to run',
  security: sessionSecurity,
  request,
  responses,
});

export const stopWorkspaceRoute = createRoute({
  method: 'post',
  path: '/api/v1/workspaces/{id}/stop',
  summary: 'The owner wants it to stop',
  security: sessionSecurity,
  request,
  responses,
});

type WishHandler = RouteHandler<typeof startWorkspaceRoute, ApiEnv> & RouteHandler<typeof stopWorkspaceRoute, ApiEnv>;

export function createWishHandler(
  deps: { readModel: ReadModel; sendCommand: SendCommand },
  wants: 'running' | 'stopped',
): WishHandler {
  return async (c) => {
    const { id } = c.req.valid('param');
    const owned = await deps.readModel.workspaceOf(c.var.visitor.userId, id);
    if (!owned) throw workspaceNotFound();
    const key = c.req.valid('header')['idempotency-key'] ?? randomUUID();
    // One key stands for one wish: reused for the opposite one it must not be answered with the first receipt.
    const commandId = `http/${id}/${wants}/${key}`;
    const { version } = await deps.sendCommand(owned.accountId, wishWorkspace, { commandId, workspaceId: id, wants });
    return c.json({ version }, 202);
  };
}
