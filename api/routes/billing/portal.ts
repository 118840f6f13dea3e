import { type RouteHandler, z } from '@hono/zod-openapi';
import { defineRoute } from '../../access/define-route.ts';
import type { ApiEnv } from '../../api-env.ts';
import { openPortal, PORTAL_FLOWS } from '../../billing/portal.ts';
import type { WithBilling } from '../../billing/with-billing.ts';
import { problemAnswer } from '../../problem-schema.ts';
import { accountParams } from '../account.ts';
import { jsonAnswer, jsonBody, stripeRefusals } from './billing-schema.ts';

export const portalRoute = defineRoute({
  method: 'post',
  path: '/api/v1/accounts/{accountId}/billing/portal',
  action: 'billing:manage',
  audit: 'billing.portal',
  summary: "Opens Stripe's portal: cards, invoices and a cancel",
  request: {
    params: accountParams,
    body: jsonBody(z.object({ flow: z.enum(PORTAL_FLOWS).optional() }).openapi('PortalWish')),
  },
  responses: {
    201: jsonAnswer('Go to `url`; it is good for a few minutes.', z.object({ url: z.string() })),
    ...stripeRefusals,
    409: problemAnswer('`no-customer`: nothing was ever bought. `no-subscription` to cancel.'),
  },
});

export function createPortalHandler(deps: { withBilling: WithBilling }): RouteHandler<typeof portalRoute, ApiEnv> {
  return async (c) => {
    const { flow } = c.req.valid('json');
    const { account } = c.var;
    return c.json(await deps.withBilling((billing) => openPortal(billing, account, flow)), 201);
  };
}
