import { randomUUID } from 'node:crypto';
import { type RouteHandler, z } from '@hono/zod-openapi';
import type { UpdateDefinition } from '@temporalio/common';
import {
  type Receipt,
  recoverWorkspace,
  renameWorkspace,
  resizeWorkspace,
  restartWorkspace,
  restoreWorkspace,
  type WorkspaceCommand,
} from '#workflows/subscription/messages.ts';
import { defineRoute } from '../access/define-route.ts';
import type { ExplainShortage } from '../accounts/explain-shortage.ts';
import type { SendCommand } from '../accounts/send-command.ts';
import type { ApiContext, ApiEnv } from '../api-env.ts';
import { problemAnswer } from '../problem-schema.ts';
import { textOf } from '../text-schema.ts';
import { idempotencyHeaders } from './idempotency-key.ts';
import { workspaceParams } from './workspace.ts';

const request = { params: workspaceParams, headers: idempotencyHeaders };

const recorded = {
  202: {
    description: 'Recorded in this version of the account; the workspace follows.',
    content: { 'application/json': { schema: z.object({ version: z.number().int() }) } },
  },
  409: problemAnswer('It was deleted, there is no room for it, or it is over its storage: the detail says what to do.'),
  503: problemAnswer('Nobody confirmed it: send it again with the same Idempotency-Key.'),
};
const beyondPool = problemAnswer('`plan-limit`: which limit, how much is used and allowed, and what lifts it.');

const amount = z.number().int();
export const sizeBodySchema = z
  .object({
    memoryMb: amount.openapi({ example: 256 }),
    cpuPercent: amount.openapi({ description: 'Percent of one core.', example: 50 }),
    storageMb: amount.openapi({ example: 1024 }),
    restart: z.boolean().optional().openapi({
      description:
        'Its programs size their memory when they start: restarted, they use more of it at once. Default: no.',
    }),
  })
  .openapi('NewSize');

export const restartWorkspaceRoute = defineRoute({
  method: 'post',
  path: '/api/v1/workspaces/{id}/restart',
  action: 'workspace:run',
  audit: 'workspace.restart',
  summary: 'Down and up again; one that is down is started',
  request,
  responses: recorded,
});

export const recoverWorkspaceRoute = defineRoute({
  method: 'post',
  path: '/api/v1/workspaces/{id}/recover',
  action: 'workspace:run',
  audit: 'workspace.recover',
  summary: 'Tries a workspace anew that failed or crashed too often; one over its storage runs for half an hour',
  request,
  responses: recorded,
});

export const renameWorkspaceRoute = defineRoute({
  method: 'patch',
  path: '/api/v1/workspaces/{id}',
  action: 'workspace:rename',
  audit: 'workspace.rename',
  summary: 'Another name',
  request: {
    ...request,
    body: {
      required: true,
      content: { 'application/json': { schema: z.object({ name: textOf('workspaceName') }) } },
    },
  },
  responses: { ...recorded, 409: problemAnswer('The name is taken, or it was deleted.') },
});

export const resizeWorkspaceRoute = defineRoute({
  method: 'put',
  path: '/api/v1/workspaces/{id}/size',
  action: 'workspace:resize',
  audit: 'workspace.resize',
  summary: 'Another share of the pool',
  request: { ...request, body: { required: true, content: { 'application/json': { schema: sizeBodySchema } } } },
  responses: { ...recorded, 400: problemAnswer('Malformed, or too small to be of use.'), 403: beyondPool },
});

export const restoreWorkspaceRoute = defineRoute({
  method: 'post',
  path: '/api/v1/workspaces/{id}/restore',
  action: 'workspace:delete',
  audit: 'workspace.restore',
  summary: 'Takes a deletion back, as long as the data is there',
  request,
  responses: { ...recorded, 403: beyondPool },
});

interface Deps {
  sendCommand: SendCommand;
  explainShortage: ExplainShortage;
}

type PlainHandler = RouteHandler<typeof restartWorkspaceRoute, ApiEnv> &
  RouteHandler<typeof recoverWorkspaceRoute, ApiEnv> &
  RouteHandler<typeof restoreWorkspaceRoute, ApiEnv>;

export function createRestartWorkspaceHandler(deps: Deps): PlainHandler {
  return async (c) => c.json(await carryOut(deps, c, 'restart', restartWorkspace, {}), 202);
}

export function createRecoverWorkspaceHandler(deps: Deps): PlainHandler {
  return async (c) => c.json(await carryOut(deps, c, 'recover', recoverWorkspace, {}), 202);
}

export function createRestoreWorkspaceHandler(deps: Deps): PlainHandler {
  return async (c) => c.json(await carryOut(deps, c, 'restore', restoreWorkspace, {}), 202);
}

export function createRenameWorkspaceHandler(deps: Deps): RouteHandler<typeof renameWorkspaceRoute, ApiEnv> {
  return async (c) => {
    const { name } = c.req.valid('json');
    c.set('auditNote', { details: { name } });
    return c.json(await carryOut(deps, c, 'rename', renameWorkspace, { name }), 202);
  };
}

export function createResizeWorkspaceHandler(deps: Deps): RouteHandler<typeof resizeWorkspaceRoute, ApiEnv> {
  return async (c) => {
    const { restart, ...size } = c.req.valid('json');
    c.set('auditNote', { details: { ...size } });
    const wish = { size, ...(restart === undefined ? {} : { restart }) };
    return c.json(await carryOut(deps, c, 'resize', resizeWorkspace, wish), 202);
  };
}

/** One key stands for one command of one kind for one workspace. */
async function carryOut<Wish extends object>(
  { sendCommand, explainShortage }: Deps,
  c: ApiContext,
  verb: string,
  update: UpdateDefinition<Receipt, [WorkspaceCommand & Wish]>,
  wish: Wish,
): Promise<Receipt> {
  const { accountId } = c.var.account;
  const { id } = c.var.workspace;
  const key = c.req.header('idempotency-key') ?? randomUUID();
  const command = { ...wish, commandId: `http/${id}/${verb}/${key}`, workspaceId: id };
  const { version } = await sendCommand(accountId, update, command, (refusal) => explainShortage(accountId, refusal));
  return { version };
}
