import { type RouteHandler, z } from '@hono/zod-openapi';
import { defineOwnAccountRoute, defineRoute } from '../../access/define-route.ts';
import type { AskedAccount } from '../../access/find-account.ts';
import type { ApiEnv } from '../../api-env.ts';
import type { UsageAnswer } from '../../billing/answers.ts';
import { readUsage, type UsageWindow } from '../../billing/usage.ts';
import type { WithBilling } from '../../billing/with-billing.ts';
import { accountParams } from '../account.ts';
import { instant } from '../account-schema.ts';
import { organizationQuery } from '../compat/compat-schema.ts';
import { jsonAnswer, stripeRefusals } from './billing-schema.ts';

const quantity = z.number();
const decimal = z.string().openapi({ example: '0.005' });

const windowQuery = z.object({
  startDate: z.iso.date().optional().openapi({ description: 'UTC. Default: 29 days before the last one.' }),
  endDate: z.iso.date().optional().openapi({ description: 'UTC, counted as well. Default: today.' }),
});

const read = {
  method: 'get',
  action: 'billing:read',
  summary: 'What was used of what is billed by use, by day',
  responses: {
    200: jsonAnswer(
      'As Stripe has counted it, up to 100 days; days without use are left out. What was not reported to Stripe is not in it.',
      z
        .object({
          from: instant,
          to: instant,
          metrics: z
            .array(
              z.object({
                id: z.string(),
                name: z.string(),
                unit: z.string().openapi({ description: 'For people: what one unit is.', example: 'GB-hour' }),
                unitPrice: decimal.openapi({ description: 'Of one unit, in major units of the currency.' }),
                included: decimal.openapi({ description: 'Units a month that cost nothing.' }),
                quantity,
                days: z.array(z.object({ from: instant, to: instant, quantity })),
              }),
            )
            .openapi({ description: 'Those that the catalog bills; empty when it bills none.' }),
        })
        .openapi('Usage'),
    ),
    ...stripeRefusals,
  },
} as const;

export const usageRoute = defineRoute({
  ...read,
  path: '/api/v1/accounts/{accountId}/billing/usage',
  request: { params: accountParams, query: windowQuery },
});

/** Helvetia Cloud's and Objecta Labs'. */
export const ownUsageRoute = defineOwnAccountRoute({
  ...read,
  path: '/api/v1/billing/usage',
  request: { query: organizationQuery.extend(windowQuery.shape) },
});

export function createUsageHandler(deps: { withBilling: WithBilling }): RouteHandler<typeof usageRoute, ApiEnv> {
  return async (c) => c.json(await usageOf(deps, c.var.account, c.req.valid('query')), 200);
}

export function createOwnUsageHandler(deps: { withBilling: WithBilling }): RouteHandler<typeof ownUsageRoute, ApiEnv> {
  return async (c) => c.json(await usageOf(deps, c.var.account, c.req.valid('query')), 200);
}

function usageOf(deps: { withBilling: WithBilling }, account: AskedAccount, window: UsageWindow): Promise<UsageAnswer> {
  return deps.withBilling((billing) => readUsage(billing, account, window));
}
