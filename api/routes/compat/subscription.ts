import { type RouteHandler, z } from '@hono/zod-openapi';
import { defineOwnAccountRoute } from '../../access/define-route.ts';
import type { ApiEnv } from '../../api-env.ts';
import { billingCommand } from '../../billing/billing-deps.ts';
import { changePlan } from '../../billing/change-plan.ts';
import { endSubscription } from '../../billing/end-subscription.ts';
import { listInvoices } from '../../billing/invoices.ts';
import { addMethod } from '../../billing/payment-methods.ts';
import { readSubscription, type SubscriptionDeps } from '../../billing/read-subscription.ts';
import { subscribe } from '../../billing/subscribe.ts';
import type { WithBilling } from '../../billing/with-billing.ts';
import { textOf } from '../../text-schema.ts';
import {
  changeRefusals,
  endingSchema,
  immediateQuery,
  jsonAnswer,
  jsonBody,
  stepFields,
  stripeId,
  stripeRefusals,
} from '../billing/billing-schema.ts';
import { invoiceSchema } from '../billing/invoices.ts';
import { methodSchema } from '../billing/payment-methods.ts';
import { idempotencyHeaders } from '../idempotency-key.ts';
import { compatInterval, organizationId, organizationQuery } from './compat-schema.ts';

const PATH = '/api/v1/billing/subscription';

const subscriptionAnswer = z.object({
  plan: z.string(),
  planId: z.string(),
  status: z.string(),
  currentPeriodStart: z.string().nullable(),
  currentPeriodEnd: z.string().nullable(),
  cancelAtPeriodEnd: z.boolean(),
  trialEnd: z.string().nullable(),
  limits: z.record(z.string(), z.number()).openapi({ description: '-1 is unlimited.' }),
});

const read = {
  method: 'get',
  action: 'billing:read',
  summary: 'What is bought, also of whoever pays nothing',
  request: { query: organizationQuery },
  responses: { 200: jsonAnswer('As last read from Stripe.', subscriptionAnswer) },
} as const;

/** 2Bot's. */
export const botSubscriptionRoute = defineOwnAccountRoute({ ...read, path: '/api/billing/subscription' });
/** Helvetia Cloud's and Objecta Labs'. */
export const ownSubscriptionRoute = defineOwnAccountRoute({ ...read, path: PATH });

type ReadHandler = RouteHandler<typeof botSubscriptionRoute, ApiEnv> &
  RouteHandler<typeof ownSubscriptionRoute, ApiEnv>;

export function createOwnSubscriptionHandler(deps: SubscriptionDeps): ReadHandler {
  return async (c) => {
    const answer = await readSubscription(deps, c.var.account.accountId);
    const { status, currentPeriodStart, currentPeriodEnd, cancelAtPeriodEnd, trialEnd, pool, limits } = answer;
    return c.json(
      {
        plan: answer.plan.id,
        planId: answer.plan.id,
        ...{ status, currentPeriodStart, currentPeriodEnd, cancelAtPeriodEnd, trialEnd },
        limits: { ...pool, ...limits },
      },
      200,
    );
  };
}

interface Deps {
  withBilling: WithBilling;
}

/** Objecta Labs'. */
export const ownSubscribeRoute = defineOwnAccountRoute({
  method: 'post',
  path: PATH,
  action: 'billing:manage',
  audit: 'billing.subscribe',
  summary: 'Buys a plan with a payment method',
  request: {
    headers: idempotencyHeaders,
    body: jsonBody(
      z.object({ planId: textOf('id'), paymentMethodId: stripeId, interval: compatInterval, organizationId }),
    ),
  },
  responses: {
    201: jsonAnswer(
      'Begun; or `incomplete`, and the customer confirms the payment.',
      z.object({ subscriptionId: z.string(), status: z.string(), ...stepFields }),
    ),
    ...changeRefusals,
  },
});

export function createOwnSubscribeHandler(deps: Deps): RouteHandler<typeof ownSubscribeRoute, ApiEnv> {
  return async (c) => {
    const { planId, paymentMethodId, interval } = c.req.valid('json');
    const command = billingCommand(c.var.account, 'subscribe', c.req.valid('header')['idempotency-key']);
    c.set('auditNote', { target: planId, details: { planId, interval } });
    const wish = { planId, paymentMethodId, interval };
    const begun = await deps.withBilling((billing) => subscribe(billing, command, wish));
    const { subscriptionId, status, clientSecret, nextActionUrl } = begun;
    return c.json({ subscriptionId, status, clientSecret, nextActionUrl }, 201);
  };
}

/** Objecta Labs'. */
export const ownChangeRoute = defineOwnAccountRoute({
  method: 'patch',
  path: PATH,
  action: 'billing:manage',
  audit: 'billing.change',
  summary: 'Changes the plan',
  request: {
    headers: idempotencyHeaders,
    body: jsonBody(z.object({ planId: textOf('id'), organizationId })),
  },
  responses: {
    200: jsonAnswer(
      '`done`, `needs-customer` or `scheduled` for `at`.',
      z.object({
        outcome: z.string(),
        subscriptionId: z.string(),
        status: z.string(),
        at: z.string().nullable(),
        ...stepFields,
      }),
    ),
    ...changeRefusals,
  },
});

export function createOwnChangeHandler(deps: Deps): RouteHandler<typeof ownChangeRoute, ApiEnv> {
  return async (c) => {
    const { planId } = c.req.valid('json');
    const command = billingCommand(c.var.account, 'change', c.req.valid('header')['idempotency-key']);
    c.set('auditNote', { target: planId, details: { planId } });
    const changed = await deps.withBilling((billing) => changePlan(billing, command, { planId }));
    const { outcome, subscriptionId, status, at, clientSecret, nextActionUrl } = changed;
    return c.json({ outcome, subscriptionId, status, at, clientSecret, nextActionUrl }, 200);
  };
}

/** Objecta Labs'. */
export const ownCancelRoute = defineOwnAccountRoute({
  method: 'delete',
  path: PATH,
  action: 'billing:manage',
  audit: 'billing.cancel',
  summary: 'Cancels the plan, with the period that is paid or at once',
  request: { headers: idempotencyHeaders, query: immediateQuery.extend({ organizationId }) },
  responses: { 200: jsonAnswer('When it ends.', endingSchema), ...changeRefusals },
});

export function createOwnCancelHandler(deps: Deps): RouteHandler<typeof ownCancelRoute, ApiEnv> {
  return async (c) => {
    const { immediate } = c.req.valid('query');
    const command = billingCommand(c.var.account, 'cancel', c.req.valid('header')['idempotency-key']);
    c.set('auditNote', { details: { immediate } });
    const wish = { target: 'plan' as const, immediate };
    return c.json(await deps.withBilling((billing) => endSubscription(billing, command, wish)), 200);
  };
}

/** Helvetia Cloud's and Objecta Labs'. */
export const ownInvoicesRoute = defineOwnAccountRoute({
  method: 'get',
  path: '/api/v1/billing/invoices',
  action: 'billing:read',
  summary: 'Invoices, newest first',
  request: {
    query: organizationQuery.extend({
      before: stripeId.optional(),
      limit: z.coerce.number().int().min(1).max(100).default(20),
    }),
  },
  responses: {
    200: jsonAnswer('A page.', z.object({ invoices: z.array(invoiceSchema), next: z.string().nullable() })),
    ...stripeRefusals,
  },
});

export function createOwnInvoicesHandler(deps: Deps): RouteHandler<typeof ownInvoicesRoute, ApiEnv> {
  return async (c) => {
    const { before, limit } = c.req.valid('query');
    const { account } = c.var;
    return c.json(await deps.withBilling((billing) => listInvoices(billing, account, { before, limit })), 200);
  };
}

/** Objecta Labs'. */
export const ownMethodRoute = defineOwnAccountRoute({
  method: 'post',
  path: '/api/v1/billing/payment-method',
  action: 'billing:manage',
  audit: 'billing.payment-method-add',
  summary: 'Adds a payment method; the first one becomes the default',
  request: {
    headers: idempotencyHeaders,
    body: jsonBody(z.object({ paymentMethodId: stripeId, organizationId })),
  },
  responses: { 201: jsonAnswer('Added.', methodSchema), ...changeRefusals },
});

export function createOwnMethodHandler(deps: Deps): RouteHandler<typeof ownMethodRoute, ApiEnv> {
  return async (c) => {
    const { paymentMethodId } = c.req.valid('json');
    const command = billingCommand(c.var.account, 'add-method', c.req.valid('header')['idempotency-key']);
    c.set('auditNote', { target: paymentMethodId });
    return c.json(await deps.withBilling((billing) => addMethod(billing, command, paymentMethodId)), 201);
  };
}
