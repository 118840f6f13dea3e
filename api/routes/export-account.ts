import { type RouteHandler, z } from '@hono/zod-openapi';
import { defineRoute } from '../access/define-route.ts';
import type { ExportAccount } from '../accounts/export-account.ts';
import type { ApiEnv } from '../api-env.ts';
import { accountParams } from './account.ts';

export const exportAccountRoute = defineRoute({
  method: 'get',
  path: '/api/v1/accounts/{accountId}/export',
  action: 'account:export',
  audit: 'account.export',
  summary: 'All that we hold of the account, as a file',
  request: { params: accountParams },
  responses: {
    200: {
      description:
        'The account, its owner with members, invitations or sessions, history, workspaces, keys, audit log and the log of Stripe events. No secrets.',
      content: { 'application/json': { schema: z.record(z.string(), z.unknown()).openapi('AccountExport') } },
    },
  },
});

export function createExportAccountHandler(deps: {
  exportAccount: ExportAccount;
}): RouteHandler<typeof exportAccountRoute, ApiEnv> {
  return async (c) => {
    const { account } = c.var;
    const all = await deps.exportAccount(account);
    const name = `leasehold-${account.accountId.replace(/[^\w.-]/g, '_')}-${new Date().toISOString().slice(0, 10)}.json`;
    c.header('Content-Disposition', `attachment; filename="${name}"`);
    return c.json(all, 200);
  };
}
