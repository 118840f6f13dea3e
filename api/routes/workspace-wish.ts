import { randomUUID } from 'node:crypto';
import { type RouteHandler, z } from '@hono/zod-openapi';
import { wishWorkspace } from '#workflows/subscription/messages.ts';
import { defineRoute } from '../access/define-route.ts';
import type { SendCommand } from '../accounts/send-command.ts';
import type { ApiEnv } from '../api-env.ts';
import { problemAnswer } from '../problem-schema.ts';
import { idempotencyHeaders } from './idempotency-key.ts';
import { workspaceParams } from './workspace.ts';

const request = { params: workspaceParams, headers: idempotencyHeaders };

const responses = {
  202: {
    description: 'Recorded in this version of the account; the workspace follows.',
    content: { 'application/json': { schema: z.object({ version: z.number().int() }) } },
  },
  409: problemAnswer('It was deleted.'),
  503: problemAnswer('Nobody confirmed it: send it again with the same Idempotency-Key.'),
};

export const startWorkspaceRoute = defineRoute({
  method: 'post',
  path: '/api/v1/workspaces/{id}/start',
  action: 'workspace:run',
  audit: 'workspace.start',
  summary: 'The owner wants it to run',
  request,
  responses,
});

export const stopWorkspaceRoute = defineRoute({
  method: 'post',
  path: '/api/v1/workspaces/{id}/stop',
  action: 'workspace:stop',
  audit: 'workspace.stop',
  summary: 'The owner wants it to stop',
  request,
  responses,
});

type WishHandler = RouteHandler<typeof startWorkspaceRoute, ApiEnv> & RouteHandler<typeof stopWorkspaceRoute, ApiEnv>;

export function createWishHandler(deps: { sendCommand: SendCommand }, wants: 'running' | 'stopped'): WishHandler {
  return async (c) => {
    const { id } = c.req.valid('param');
    const { accountId } = c.var.account;
    const key = c.req.valid('header')['idempotency-key'] ?? randomUUID();
    // One key stands for one wish: reused for the opposite one it must not be answered with the first receipt.
    const commandId = `http/${id}/${wants}/${key}`;
    const { version } = await deps.sendCommand(accountId, wishWorkspace, { commandId, workspaceId: id, wants });
    return c.json({ version }, 202);
  };
}
