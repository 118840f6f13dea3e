import { randomUUID } from 'node:crypto';
import { type RouteHandler, z } from '@hono/zod-openapi';
import { keepAccount } from '#workflows/subscription/messages.ts';
import { defineRoute } from '../access/define-route.ts';
import { signedIn } from '../access/find-account.ts';
import { refuseWhileClosing } from '../accounts/refuse-while-closing.ts';
import type { SendCommand } from '../accounts/send-command.ts';
import type { ApiEnv } from '../api-env.ts';
import type { PeopleDeps } from '../people/people-deps.ts';
import { problemAnswer } from '../problem-schema.ts';
import { accountParams } from './account.ts';
import { idempotencyHeaders } from './idempotency-key.ts';

export const keepAccountRoute = defineRoute({
  method: 'post',
  path: '/api/v1/accounts/{accountId}/keep',
  action: 'account:close',
  audit: 'account.keep',
  summary: 'The owner stays after all',
  description: 'What was cancelled at Stripe stays cancelled.',
  request: { params: accountParams, headers: idempotencyHeaders },
  responses: {
    202: {
      description: 'Recorded in this version of the account.',
      content: { 'application/json': { schema: z.object({ version: z.number().int() }) } },
    },
    409: problemAnswer(
      "`account-deleting`: it is too late. `account-closing`: keep your own account before an organisation's.",
    ),
    503: problemAnswer('Nobody confirmed it: send it again with the same Idempotency-Key.'),
  },
});

export function createKeepAccountHandler(deps: {
  people: PeopleDeps;
  sendCommand: SendCommand;
}): RouteHandler<typeof keepAccountRoute, ApiEnv> {
  return async (c) => {
    const { accountId, organisationId } = c.var.account;
    if (organisationId !== null) await refuseWhileClosing(deps.people.prisma, signedIn(c.var.principal).userId);
    const key = c.req.valid('header')['idempotency-key'] ?? randomUUID();
    const commandId = `http/${accountId}/keep/${key}`;
    const { version } = await deps.sendCommand(accountId, keepAccount, { commandId });
    return c.json({ version }, 202);
  };
}
