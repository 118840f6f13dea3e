import { randomUUID } from 'node:crypto';
import { type RouteHandler, z } from '@hono/zod-openapi';
import type { WorkspaceStatus } from '#domain/account-view.ts';
import { restartWorkspace, wishWorkspace } from '#workflows/subscription/messages.ts';
import { defineOwnAccountRoute } from '../../access/define-route.ts';
import type { FindAccount } from '../../access/find-account.ts';
import type { HostClient } from '../../accounts/host-client.ts';
import type { ReadAccount } from '../../accounts/read-account.ts';
import { workspaceNotFound } from '../../accounts/refusals.ts';
import type { SendCommand } from '../../accounts/send-command.ts';
import type { ApiContext, ApiEnv } from '../../api-env.ts';
import { problemAnswer } from '../../problem-schema.ts';
import { jsonAnswer } from '../billing/billing-schema.ts';
import { idempotencyHeaders } from '../idempotency-key.ts';
import { organizationQuery } from './compat-schema.ts';

/** In the three words that its clients know. */
const STATUS: Partial<Record<WorkspaceStatus, 'running' | 'starting'>> = {
  running: 'running',
  resizing: 'running',
  'resize-pending': 'running',
  starting: 'starting',
  restarting: 'starting',
};

interface Deps {
  findAccount: FindAccount;
  readAccount: ReadAccount;
  sendCommand: SendCommand;
  hosts: HostClient;
}

const recorded = jsonAnswer('Recorded; the workspace follows.', z.object({ status: z.string(), version: z.number() }));

/** 2Bot's. An account's one workspace; of several the first. */
export const workspaceStatusRoute = defineOwnAccountRoute({
  method: 'get',
  path: '/api/workspace/status',
  action: 'workspace:read',
  summary: 'The workspace and its live figures',
  request: { query: organizationQuery },
  responses: {
    200: jsonAnswer(
      '`resources` is zero where it does not run or its host does not answer.',
      z.object({
        status: z.enum(['running', 'stopped', 'starting']),
        containerId: z.string().nullable(),
        resources: z.object({ ramUsedMb: z.number(), ramLimitMb: z.number(), cpuPercent: z.number() }),
        uptime: z.number().openapi({ description: 'Seconds.' }),
      }),
    ),
  },
});

export function createWorkspaceStatusHandler(deps: Deps): RouteHandler<typeof workspaceStatusRoute, ApiEnv> {
  return async (c) => {
    const workspace = await firstWorkspace(deps, c);
    const found = await deps.findAccount.byWorkspace(c.var.principal, workspace.id);
    const hostUrl = found?.workspace.hostUrl ?? null;
    const live = hostUrl === null ? null : await deps.hosts.live(hostUrl, workspace.id);
    const status = STATUS[workspace.status] ?? 'stopped';
    return c.json(
      {
        status,
        containerId: workspace.containerId,
        resources: {
          ramUsedMb: live?.memoryUsedMb ?? 0,
          ramLimitMb: live?.memoryLimitMb ?? workspace.size.memoryMb,
          cpuPercent: live?.cpuPercent ?? 0,
        },
        uptime: live?.uptimeSeconds ?? 0,
      },
      200,
    );
  };
}

const request = { headers: idempotencyHeaders, query: organizationQuery };
const responses = {
  202: recorded,
  409: problemAnswer('It was deleted, or there is no room for it.'),
  503: problemAnswer('Nobody confirmed it: send it again with the same Idempotency-Key.'),
};

/** 2Bot's. */
export const workspaceStartRoute = defineOwnAccountRoute({
  method: 'post',
  path: '/api/workspace/start',
  action: 'workspace:run',
  audit: 'workspace.start',
  summary: 'Starts the workspace',
  request,
  responses,
});

/** 2Bot's. */
export const workspaceStopRoute = defineOwnAccountRoute({
  method: 'post',
  path: '/api/workspace/stop',
  action: 'workspace:stop',
  audit: 'workspace.stop',
  summary: 'Stops the workspace',
  request,
  responses,
});

/** 2Bot's. */
export const workspaceRestartRoute = defineOwnAccountRoute({
  method: 'post',
  path: '/api/workspace/restart',
  action: 'workspace:run',
  audit: 'workspace.restart',
  summary: 'Stops the workspace and starts it again',
  request,
  responses,
});

export function createStartHandler(deps: Deps): RouteHandler<typeof workspaceStartRoute, ApiEnv> {
  return async (c) => {
    const { id } = await firstWorkspace(deps, c);
    return c.json({ status: 'starting', version: await wish(deps, c, id, 'running') }, 202);
  };
}

export function createStopHandler(deps: Deps): RouteHandler<typeof workspaceStopRoute, ApiEnv> {
  return async (c) => {
    const { id } = await firstWorkspace(deps, c);
    return c.json({ status: 'stopped', version: await wish(deps, c, id, 'stopped') }, 202);
  };
}

export function createRestartHandler(deps: Deps): RouteHandler<typeof workspaceRestartRoute, ApiEnv> {
  return async (c) => {
    const { id } = await firstWorkspace(deps, c);
    const key = c.req.header('idempotency-key') ?? randomUUID();
    const command = { commandId: `http/${id}/restart/${key}`, workspaceId: id };
    const { version } = await deps.sendCommand(c.var.account.accountId, restartWorkspace, command);
    return c.json({ status: 'starting', version }, 202);
  };
}

async function firstWorkspace(deps: Deps, c: ApiContext) {
  const account = await deps.readAccount(c.var.account.accountId);
  const workspace = account?.workspaces.find(({ status }) => status !== 'deleted' && status !== 'deleting');
  if (!workspace) throw workspaceNotFound();
  c.set('auditNote', { target: workspace.id });
  return workspace;
}

async function wish(deps: Deps, c: ApiContext, id: string, wants: 'running' | 'stopped'): Promise<number> {
  const key = c.req.header('idempotency-key') ?? randomUUID();
  const command = { commandId: `http/${id}/${wants}/${key}`, workspaceId: id, wants };
  const { version } = await deps.sendCommand(c.var.account.accountId, wishWorkspace, command);
  return version;
}
