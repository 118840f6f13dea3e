import { randomUUID } from 'node:crypto';
import { type RouteHandler, z } from '@hono/zod-openapi';
import { closeAccount } from '#workflows/subscription/messages.ts';
import { defineRoute } from '../access/define-route.ts';
import { refuseSoleOwner } from '../accounts/refuse-sole-owner.ts';
import type { SendCommand } from '../accounts/send-command.ts';
import type { ApiEnv } from '../api-env.ts';
import type { PeopleDeps } from '../people/people-deps.ts';
import { problemAnswer } from '../problem-schema.ts';
import { textOf } from '../text-schema.ts';
import { accountParams } from './account.ts';
import { idempotencyHeaders } from './idempotency-key.ts';

export const closeAccountRoute = defineRoute({
  method: 'delete',
  path: '/api/v1/accounts/{accountId}',
  action: 'account:close',
  audit: 'account.close',
  summary: 'The owner leaves',
  description:
    'Everything is cancelled at Stripe first, then the workspaces stop, then, after the retention, the account is deleted, and with it the person or the organisation whose it is. Until then it can be kept.',
  request: {
    params: accountParams,
    headers: idempotencyHeaders,
    body: {
      content: {
        'application/json': {
          schema: z.object({
            reason: textOf('reason').optional().openapi({ description: 'For the audit log.' }),
          }),
        },
      },
    },
  },
  responses: {
    202: {
      description: 'Recorded in this version of the account.',
      content: { 'application/json': { schema: z.object({ version: z.number().int() }) } },
    },
    409: problemAnswer(
      '`owns-organisations` names the organisations that nobody else owns: hand them over or close them first.',
    ),
    503: problemAnswer('Nobody confirmed it: send it again with the same Idempotency-Key.'),
  },
});

export function createCloseAccountHandler(deps: {
  people: PeopleDeps;
  sendCommand: SendCommand;
}): RouteHandler<typeof closeAccountRoute, ApiEnv> {
  return async (c) => {
    const { accountId, userId } = c.var.account;
    const { reason } = c.req.valid('json');
    c.set('auditNote', reason ? { reason } : {});
    if (userId !== null) await refuseSoleOwner(deps.people.prisma, userId);
    const key = c.req.valid('header')['idempotency-key'] ?? randomUUID();
    const commandId = `http/${accountId}/close/${key}`;
    const { version } = await deps.sendCommand(accountId, closeAccount, { commandId });
    return c.json({ version }, 202);
  };
}
