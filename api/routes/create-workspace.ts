import { createHash, randomUUID } from 'node:crypto';
import { type RouteHandler, z } from '@hono/zod-openapi';
import type { AccountState } from '#domain/account-state.ts';
import { CommandRefused, type NewWorkspace, createWorkspace as tryToCreate } from '#domain/commands.ts';
import { createWorkspace } from '#workflows/subscription/messages.ts';
import { defineRoute } from '../access/define-route.ts';
import type { FindAccount } from '../access/find-account.ts';
import type { ExplainShortage } from '../accounts/explain-shortage.ts';
import type { ReadModel } from '../accounts/read-model.ts';
import { type Refusal, refused } from '../accounts/refusals.ts';
import type { ReserveHost } from '../accounts/reserve-host.ts';
import type { SendCommand } from '../accounts/send-command.ts';
import type { ApiEnv } from '../api-env.ts';
import type { Principal } from '../auth/principal.ts';
import { problemAnswer } from '../problem-schema.ts';
import type { RateLimits, RateRule } from '../rate-limits.ts';
import { textOf } from '../text-schema.ts';
import { accountParams } from './account.ts';
import { idempotencyHeaders } from './idempotency-key.ts';

const amount = z.number().int();

const bodySchema = z
  .object({
    name: textOf('workspaceName').openapi({ example: 'staging' }),
    size: z
      .object({
        memoryMb: amount.openapi({ example: 256 }),
        cpuPercent: amount.openapi({ description: 'Percent of one core.', example: 50 }),
        storageMb: amount.openapi({ example: 1024 }),
      })
      .optional()
      .openapi({ description: "Its share of the pool; default: the plan's." }),
  })
  .openapi('NewWorkspace');

export const createWorkspaceRoute = defineRoute({
  method: 'post',
  path: '/api/v1/accounts/{accountId}/workspaces',
  action: 'workspace:create',
  audit: 'workspace.create',
  summary: 'A further workspace',
  request: {
    params: accountParams,
    headers: idempotencyHeaders,
    body: { required: true, content: { 'application/json': { schema: bodySchema } } },
  },
  responses: {
    202: {
      description: 'Recorded in this version of the account; its container comes next.',
      content: {
        'application/json': { schema: z.object({ workspaceId: z.string(), version: z.number().int() }) },
      },
    },
    400: problemAnswer('Malformed, or a size that is too small to be of use.'),
    403: problemAnswer('`plan-limit`: which limit, how much is used and allowed, and what lifts it.'),
    409: problemAnswer('The name is taken; `free-room-taken`: what room there is is kept for accounts that pay.'),
    429: problemAnswer('Too many were made in the last hour.'),
    503: problemAnswer('No host, or nobody confirmed it: send it again with the same Idempotency-Key.'),
  },
});

export function createCreateWorkspaceHandler(deps: {
  findAccount: FindAccount;
  readModel: ReadModel;
  sendCommand: SendCommand;
  hosting: ReserveHost;
  explainShortage: ExplainShortage;
  limits: RateLimits;
  /** Workspaces that one person, or one organisation through its keys, may have made in a while. */
  newWorkspaces: RateRule;
}): RouteHandler<typeof createWorkspaceRoute, ApiEnv> {
  const { findAccount, readModel, sendCommand, hosting, explainShortage: explain, limits, newWorkspaces } = deps;

  /** What the plan does not allow is refused with its numbers, also where no host has room for it. */
  async function reserve(accountId: string, asked: Omit<NewWorkspace, 'commandId' | 'hostId'>): Promise<string> {
    const account = await readModel.storedState(accountId);
    try {
      const size = asked.size ?? account?.sharing.defaultAllocation;
      return await hosting.forWorkspace(asked.workspaceId, account?.plan.id ?? null, size);
    } catch (noHost) {
      const refusal = account && refusalOf(account, asked);
      throw (refusal && ((await explain(accountId, refusal)) ?? refused(refusal))) ?? noHost;
    }
  }

  return async (c) => {
    const { accountId } = c.var.account;
    const { name, size } = c.req.valid('json');
    const key = c.req.valid('header')['idempotency-key'] ?? randomUUID();
    const workspaceId = workspaceIdOf(accountId, key);
    // Sent again it needs no host: it was given one.
    const known = await findAccount.byWorkspace(c.var.principal, workspaceId);
    c.set('auditNote', { target: workspaceId, details: { name } });
    if (!known) await limits.count(newWorkspaces, creatorOf(c.var.principal));
    const hostId = known?.workspace.hostId ?? (await reserve(accountId, { workspaceId, name, size }));
    const command = { commandId: `http/${workspaceId}/create`, workspaceId, name, hostId, ...(size ? { size } : {}) };
    const { version } = await sendCommand(accountId, createWorkspace, command, async (refusal) => {
      await hosting.release(workspaceId);
      return explain(accountId, refusal);
    });
    return c.json({ workspaceId, version }, 202);
  };
}

function creatorOf(principal: Principal): string {
  return principal.kind === 'user' ? principal.userId : principal.reference.id;
}

/** One key stands for one workspace of an account, for as long as it exists. */
function workspaceIdOf(accountId: string, key: string): string {
  return `ws_${createHash('sha256').update(`${accountId}\n${key}`).digest('hex').slice(0, 24)}`;
}

/** What the account's workflow would refuse it for, or `null`. */
function refusalOf(account: AccountState, asked: Omit<NewWorkspace, 'commandId' | 'hostId'>): Refusal | null {
  try {
    tryToCreate(account, { ...asked, commandId: '', hostId: '' }, new Date().toISOString());
    return null;
  } catch (error) {
    if (!(error instanceof CommandRefused)) throw error;
    return { type: error.code, message: error.message, details: error.shortage ? [error.shortage] : [] };
  }
}
