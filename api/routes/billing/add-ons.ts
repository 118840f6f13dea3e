import { type RouteHandler, z } from '@hono/zod-openapi';
import { defineRoute } from '../../access/define-route.ts';
import type { ApiEnv } from '../../api-env.ts';
import { billingCommand } from '../../billing/billing-deps.ts';
import { changeAddOn } from '../../billing/change-add-on.ts';
import { endSubscription, keepSubscription } from '../../billing/end-subscription.ts';
import type { WithBilling } from '../../billing/with-billing.ts';
import { problemAnswer } from '../../problem-schema.ts';
import { idempotencyHeaders } from '../idempotency-key.ts';
import {
  changedFields,
  changeRefusals,
  endingSchema,
  immediateQuery,
  jsonAnswer,
  jsonBody,
  quantitySchema,
  subscriptionParams,
} from './billing-schema.ts';

const PATH = '/api/v1/accounts/{accountId}/billing/add-ons/{subscriptionId}';
const notFound = problemAnswer('`subscription-not-found`: no add-on of the account.');

export const changeAddOnRoute = defineRoute({
  method: 'patch',
  path: PATH,
  action: 'billing:manage',
  audit: 'billing.add-on-change',
  summary: 'Has more or fewer of an add-on',
  description: 'More are charged and given at once. Fewer begin with the next period.',
  request: {
    params: subscriptionParams,
    headers: idempotencyHeaders,
    body: jsonBody(z.object({ quantity: quantitySchema }).openapi('AddOnChange')),
  },
  responses: {
    200: jsonAnswer('What it came to.', z.object(changedFields).openapi('ChangedAddOn')),
    ...changeRefusals,
    402: problemAnswer('`card-declined` with `declineCode` and `advice`. `debt-first`.'),
    403: problemAnswer('`offer-refused`: why not.'),
    404: notFound,
  },
});

export function createChangeAddOnHandler(deps: {
  withBilling: WithBilling;
}): RouteHandler<typeof changeAddOnRoute, ApiEnv> {
  return async (c) => {
    const { subscriptionId } = c.req.valid('param');
    const { quantity } = c.req.valid('json');
    const key = c.req.valid('header')['idempotency-key'];
    const command = billingCommand(c.var.account, `change/${subscriptionId}`, key);
    c.set('auditNote', { details: { quantity } });
    return c.json(
      await deps.withBilling((billing) => changeAddOn(billing, command, { subscriptionId, quantity })),
      200,
    );
  };
}

export const cancelAddOnRoute = defineRoute({
  method: 'post',
  path: `${PATH}/cancel`,
  action: 'billing:manage',
  audit: 'billing.add-on-cancel',
  summary: 'Cancels an add-on, with the period that is paid or at once',
  request: { params: subscriptionParams, headers: idempotencyHeaders, query: immediateQuery },
  responses: { 200: jsonAnswer('When it ends.', endingSchema), ...changeRefusals, 404: notFound },
});

export function createCancelAddOnHandler(deps: {
  withBilling: WithBilling;
}): RouteHandler<typeof cancelAddOnRoute, ApiEnv> {
  return async (c) => {
    const { subscriptionId } = c.req.valid('param');
    const { immediate } = c.req.valid('query');
    const key = c.req.valid('header')['idempotency-key'];
    const command = billingCommand(c.var.account, `cancel/${subscriptionId}`, key);
    c.set('auditNote', { details: { immediate } });
    const wish = { target: { addOn: subscriptionId }, immediate };
    return c.json(await deps.withBilling((billing) => endSubscription(billing, command, wish)), 200);
  };
}

export const keepAddOnRoute = defineRoute({
  method: 'post',
  path: `${PATH}/undo`,
  action: 'billing:manage',
  audit: 'billing.add-on-keep',
  summary: 'Takes back a cancel or a change of an add-on that is to come',
  request: { params: subscriptionParams, headers: idempotencyHeaders },
  responses: { 200: jsonAnswer('It goes on.', endingSchema), ...changeRefusals, 404: notFound },
});

export function createKeepAddOnHandler(deps: {
  withBilling: WithBilling;
}): RouteHandler<typeof keepAddOnRoute, ApiEnv> {
  return async (c) => {
    const { subscriptionId } = c.req.valid('param');
    const key = c.req.valid('header')['idempotency-key'];
    const command = billingCommand(c.var.account, `keep/${subscriptionId}`, key);
    const target = { addOn: subscriptionId };
    return c.json(await deps.withBilling((billing) => keepSubscription(billing, command, target)), 200);
  };
}
