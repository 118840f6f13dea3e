import { type RouteHandler, z } from '@hono/zod-openapi';
import { defineRoute } from '../../access/define-route.ts';
import type { ApiEnv } from '../../api-env.ts';
import { listDisputes, listRefunds } from '../../billing/money-back.ts';
import type { WithBilling } from '../../billing/with-billing.ts';
import { accountParams } from '../account.ts';
import { instant } from '../account-schema.ts';
import { cents, jsonAnswer, stripeRefusals } from './billing-schema.ts';

const BILLING = '/api/v1/accounts/{accountId}/billing';

const fields = {
  id: z.string(),
  invoiceId: z.string().nullable(),
  amountCents: cents,
  currency: z.string(),
  status: z.string(),
  reason: z.string().nullable(),
  createdAt: instant,
};

export const refundsRoute = defineRoute({
  method: 'get',
  path: `${BILLING}/refunds`,
  action: 'billing:read',
  summary: 'Money that was given back, newest first',
  request: { params: accountParams },
  responses: {
    200: jsonAnswer(
      'Of the newest hundred charges.',
      z.object({ refunds: z.array(z.object(fields).openapi('Refund')) }),
    ),
    ...stripeRefusals,
  },
});

export function createRefundsHandler(deps: { withBilling: WithBilling }): RouteHandler<typeof refundsRoute, ApiEnv> {
  return async (c) => {
    const { account } = c.var;
    return c.json({ refunds: await deps.withBilling((billing) => listRefunds(billing, account)) }, 200);
  };
}

export const disputesRoute = defineRoute({
  method: 'get',
  path: `${BILLING}/disputes`,
  action: 'billing:read',
  summary: "Payments that the customer's bank took back or asks about, newest first",
  request: { params: accountParams },
  responses: {
    200: jsonAnswer(
      'Of the newest hundred charges.',
      z.object({ disputes: z.array(z.object(fields).openapi('Dispute')) }),
    ),
    ...stripeRefusals,
  },
});

export function createDisputesHandler(deps: { withBilling: WithBilling }): RouteHandler<typeof disputesRoute, ApiEnv> {
  return async (c) => {
    const { account } = c.var;
    return c.json({ disputes: await deps.withBilling((billing) => listDisputes(billing, account)) }, 200);
  };
}
