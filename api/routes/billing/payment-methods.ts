import { type RouteHandler, z } from '@hono/zod-openapi';
import { defineRoute } from '../../access/define-route.ts';
import type { ApiEnv } from '../../api-env.ts';
import { billingCommand } from '../../billing/billing-deps.ts';
import { addMethod, listMethods, removeMethod, setDefaultMethod, startSetup } from '../../billing/payment-methods.ts';
import type { WithBilling } from '../../billing/with-billing.ts';
import { problemAnswer } from '../../problem-schema.ts';
import { accountParams } from '../account.ts';
import { idempotencyHeaders } from '../idempotency-key.ts';
import { changeRefusals, jsonAnswer, jsonBody, methodParams, stripeId, stripeRefusals } from './billing-schema.ts';

const BILLING = '/api/v1/accounts/{accountId}/billing';
const PATH = `${BILLING}/payment-methods` as const;
const notFound = problemAnswer('`payment-method-not-found`: none of the account.');
const declined = problemAnswer('`card-declined` with `declineCode` and `advice`.');

export const methodSchema = z
  .object({
    id: z.string(),
    type: z.string(),
    brand: z.string().nullable(),
    last4: z.string().nullable(),
    expMonth: z.number().nullable(),
    expYear: z.number().nullable(),
    isDefault: z.boolean().openapi({ description: 'It is what will be charged.' }),
  })
  .openapi('PaymentMethod');

export const methodsRoute = defineRoute({
  method: 'get',
  path: PATH,
  action: 'billing:read',
  summary: 'Payment methods, newest first',
  request: { params: accountParams },
  responses: { 200: jsonAnswer('All.', z.object({ paymentMethods: z.array(methodSchema) })), ...stripeRefusals },
});

export function createMethodsHandler(deps: { withBilling: WithBilling }): RouteHandler<typeof methodsRoute, ApiEnv> {
  return async (c) => {
    const { account } = c.var;
    return c.json({ paymentMethods: await deps.withBilling((billing) => listMethods(billing, account)) }, 200);
  };
}

export const addMethodRoute = defineRoute({
  method: 'post',
  path: PATH,
  action: 'billing:manage',
  audit: 'billing.payment-method-add',
  summary: 'Adds a payment method that stripe.js made; the first one becomes the default',
  request: {
    params: accountParams,
    headers: idempotencyHeaders,
    body: jsonBody(z.object({ paymentMethodId: stripeId }).openapi('NewPaymentMethod')),
  },
  responses: {
    201: jsonAnswer('Added.', methodSchema),
    ...changeRefusals,
    402: declined,
    404: notFound,
  },
});

export function createAddMethodHandler(deps: {
  withBilling: WithBilling;
}): RouteHandler<typeof addMethodRoute, ApiEnv> {
  return async (c) => {
    const { paymentMethodId } = c.req.valid('json');
    const command = billingCommand(c.var.account, 'add-method', c.req.valid('header')['idempotency-key']);
    c.set('auditNote', { target: paymentMethodId });
    return c.json(await deps.withBilling((billing) => addMethod(billing, command, paymentMethodId)), 201);
  };
}

export const defaultMethodRoute = defineRoute({
  method: 'put',
  path: `${PATH}/{paymentMethodId}/default`,
  action: 'billing:manage',
  audit: 'billing.payment-method-default',
  summary: 'Charges this one from now on, for every subscription',
  request: { params: methodParams, headers: idempotencyHeaders },
  responses: { 200: jsonAnswer('It is the default.', methodSchema), ...changeRefusals, 404: notFound },
});

export function createDefaultMethodHandler(deps: {
  withBilling: WithBilling;
}): RouteHandler<typeof defaultMethodRoute, ApiEnv> {
  return async (c) => {
    const { paymentMethodId } = c.req.valid('param');
    const key = c.req.valid('header')['idempotency-key'];
    const command = billingCommand(c.var.account, `default/${paymentMethodId}`, key);
    return c.json(await deps.withBilling((billing) => setDefaultMethod(billing, command, paymentMethodId)), 200);
  };
}

export const removeMethodRoute = defineRoute({
  method: 'delete',
  path: `${PATH}/{paymentMethodId}`,
  action: 'billing:manage',
  audit: 'billing.payment-method-remove',
  summary: 'Takes a payment method away',
  description: 'When it was the default, the newest of the others is from then on.',
  request: { params: methodParams, headers: idempotencyHeaders },
  responses: {
    200: jsonAnswer('Gone.', z.object({ defaultId: z.string().nullable() })),
    ...changeRefusals,
    404: notFound,
    409: problemAnswer('`last-payment-method` while a subscription is charged. `billing-busy`, `stripe-refused`.'),
  },
});

export function createRemoveMethodHandler(deps: {
  withBilling: WithBilling;
}): RouteHandler<typeof removeMethodRoute, ApiEnv> {
  return async (c) => {
    const { paymentMethodId } = c.req.valid('param');
    const key = c.req.valid('header')['idempotency-key'];
    const command = billingCommand(c.var.account, `remove/${paymentMethodId}`, key);
    return c.json(await deps.withBilling((billing) => removeMethod(billing, command, paymentMethodId)), 200);
  };
}

export const setupIntentRoute = defineRoute({
  method: 'post',
  path: `${BILLING}/setup-intent`,
  action: 'billing:manage',
  audit: 'billing.setup-intent',
  summary: "Begins to ask for a card with stripe.js; Stripe's portal does it without",
  request: { params: accountParams, headers: idempotencyHeaders },
  responses: { 201: jsonAnswer('For stripe.js.', z.object({ clientSecret: z.string() })), ...changeRefusals },
});

export function createSetupIntentHandler(deps: {
  withBilling: WithBilling;
}): RouteHandler<typeof setupIntentRoute, ApiEnv> {
  return async (c) => {
    const command = billingCommand(c.var.account, 'setup', c.req.valid('header')['idempotency-key']);
    return c.json(await deps.withBilling((billing) => startSetup(billing, command)), 201);
  };
}
