import type { Handler } from 'hono';
import { SUPPORT_PAGE_POLICY, supportPage } from '#support/support-page.ts';
import type { ApiEnv } from '../api-env.ts';
import { Problem } from '../problem.ts';
import type { LookAtAccounts } from '../troubled-accounts.ts';

const LOOPBACK_NAME = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i;

/** The page of accounts in trouble, for people on this machine. */
export function createSupportHandler(deps: { lookAtAccounts: LookAtAccounts }): Handler<ApiEnv> {
  return async (c) => {
    // A page of a stranger whose name was made to point here would be asked for under that name.
    if (!LOOPBACK_NAME.test(c.req.header('host') ?? '127.0.0.1'))
      throw new Problem(403, 'loopback-only', 'Not under this name', 'Ask for it as http://127.0.0.1/support.');
    const page = supportPage(await deps.lookAtAccounts(), new Date().toISOString());
    return c.html(page, 200, {
      'Content-Security-Policy': SUPPORT_PAGE_POLICY,
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    });
  };
}
