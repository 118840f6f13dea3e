import { type RouteHandler, z } from '@hono/zod-openapi';
import { defineRoute } from '../../access/define-route.ts';
import type { ApiEnv } from '../../api-env.ts';
import { billingCommand } from '../../billing/billing-deps.ts';
import { changePlan } from '../../billing/change-plan.ts';
import { endSubscription, keepSubscription } from '../../billing/end-subscription.ts';
import { readSubscription, type SubscriptionDeps } from '../../billing/read-subscription.ts';
import { subscribe } from '../../billing/subscribe.ts';
import type { WithBilling } from '../../billing/with-billing.ts';
import { problemAnswer } from '../../problem-schema.ts';
import { textOf } from '../../text-schema.ts';
import { accountParams } from '../account.ts';
import { accountSchema, instant, plannedChangeSchema } from '../account-schema.ts';
import { idempotencyHeaders } from '../idempotency-key.ts';
import {
  changedFields,
  changeRefusals,
  endingSchema,
  fitSchema,
  immediateQuery,
  intervalSchema,
  jsonAnswer,
  jsonBody,
  stepFields,
  stripeId,
} from './billing-schema.ts';

const PATH = '/api/v1/accounts/{accountId}/billing/subscription';
const declined = problemAnswer('`card-declined` with `declineCode` and `advice`. `debt-first`.');
const notOffered = problemAnswer('`offer-refused`: why not.');

export const subscriptionSchema = z
  .object({
    plan: z.object({ id: z.string(), name: z.string() }),
    status: z.string().openapi({ description: "Stripe's; `free` without a subscription." }),
    standing: accountSchema.shape.standing,
    subscriptionId: z.string().nullable(),
    interval: z.string().nullable(),
    amountCents: z.number().int().nullable(),
    currency: z.string().nullable(),
    currentPeriodStart: instant.nullable(),
    currentPeriodEnd: instant.nullable(),
    cancelAtPeriodEnd: z.boolean(),
    cancelAt: instant.nullable(),
    trialEnd: instant.nullable(),
    plannedChange: plannedChangeSchema,
    debt: accountSchema.shape.debt,
    pool: z.record(z.string(), z.number()).nullable().openapi({ description: '-1 is unlimited.' }),
    limits: z.record(z.string(), z.number()),
    addOns: z.array(accountSchema.shape.addOns.element.extend({ subscriptionId: z.string() })),
    creditCents: z.number().int(),
  })
  .openapi('Subscription');

export const subscriptionRoute = defineRoute({
  method: 'get',
  path: PATH,
  action: 'billing:read',
  summary: 'What is bought, until when, and what may be used; also of an account that pays nothing',
  request: { params: accountParams },
  responses: { 200: jsonAnswer('As last read from Stripe.', subscriptionSchema) },
});

export function createSubscriptionHandler(deps: SubscriptionDeps): RouteHandler<typeof subscriptionRoute, ApiEnv> {
  return async (c) => c.json(await readSubscription(deps, c.var.account.accountId), 200);
}

export const subscribeRoute = defineRoute({
  method: 'post',
  path: PATH,
  action: 'billing:manage',
  audit: 'billing.subscribe',
  summary: 'Buys a plan with a payment method that stripe.js made',
  request: {
    params: accountParams,
    headers: idempotencyHeaders,
    body: jsonBody(
      z
        .object({ planId: textOf('id'), interval: intervalSchema.default('month'), paymentMethodId: stripeId })
        .openapi('NewSubscription'),
    ),
  },
  responses: {
    201: jsonAnswer(
      'Begun; or `incomplete`, and the customer confirms the payment by `clientSecret` or at `nextActionUrl`.',
      z
        .object({
          subscriptionId: z.string(),
          status: z.string(),
          invoiceId: z.string().nullable(),
          trialDays: z.number().int(),
          fit: fitSchema,
          ...stepFields,
        })
        .openapi('BegunSubscription'),
    ),
    ...changeRefusals,
    402: declined,
    403: notOffered,
    404: problemAnswer('`offer-not-found`, `payment-method-not-found`.'),
  },
});

export function createSubscribeHandler(deps: {
  withBilling: WithBilling;
}): RouteHandler<typeof subscribeRoute, ApiEnv> {
  return async (c) => {
    const wish = c.req.valid('json');
    const command = billingCommand(c.var.account, 'subscribe', c.req.valid('header')['idempotency-key']);
    c.set('auditNote', { target: wish.planId, details: { planId: wish.planId, interval: wish.interval } });
    return c.json(await deps.withBilling((billing) => subscribe(billing, command, wish)), 201);
  };
}

export const changePlanRoute = defineRoute({
  method: 'patch',
  path: PATH,
  action: 'billing:manage',
  audit: 'billing.change',
  summary: 'Changes the plan, or how often it is billed',
  description: 'More is charged and given at once. Less begins with the next period.',
  request: {
    params: accountParams,
    headers: idempotencyHeaders,
    body: jsonBody(
      z
        .object({
          planId: textOf('id'),
          interval: intervalSchema.optional().openapi({ description: 'Default: as now.' }),
        })
        .openapi('PlanChange'),
    ),
  },
  responses: {
    200: jsonAnswer('What it came to.', z.object({ ...changedFields, fit: fitSchema }).openapi('ChangedPlan')),
    ...changeRefusals,
    402: declined,
    403: notOffered,
    404: problemAnswer('`offer-not-found`.'),
  },
});

export function createChangePlanHandler(deps: {
  withBilling: WithBilling;
}): RouteHandler<typeof changePlanRoute, ApiEnv> {
  return async (c) => {
    const wish = c.req.valid('json');
    const command = billingCommand(c.var.account, 'change', c.req.valid('header')['idempotency-key']);
    c.set('auditNote', { target: wish.planId, details: { planId: wish.planId, interval: wish.interval ?? null } });
    return c.json(await deps.withBilling((billing) => changePlan(billing, command, wish)), 200);
  };
}

export const cancelRoute = defineRoute({
  method: 'delete',
  path: PATH,
  action: 'billing:manage',
  audit: 'billing.cancel',
  summary: 'Cancels the plan, with the period that is paid or at once',
  request: { params: accountParams, headers: idempotencyHeaders, query: immediateQuery },
  responses: { 200: jsonAnswer('When it ends.', endingSchema), ...changeRefusals },
});

export function createCancelHandler(deps: { withBilling: WithBilling }): RouteHandler<typeof cancelRoute, ApiEnv> {
  return async (c) => {
    const { immediate } = c.req.valid('query');
    const command = billingCommand(c.var.account, 'cancel', c.req.valid('header')['idempotency-key']);
    c.set('auditNote', { details: { immediate } });
    const wish = { target: 'plan' as const, immediate };
    return c.json(await deps.withBilling((billing) => endSubscription(billing, command, wish)), 200);
  };
}

export const keepRoute = defineRoute({
  method: 'post',
  path: `${PATH}/undo`,
  action: 'billing:manage',
  audit: 'billing.keep',
  summary: 'Takes back a cancel or a change that is to come',
  request: { params: accountParams, headers: idempotencyHeaders },
  responses: { 200: jsonAnswer('It goes on.', endingSchema), ...changeRefusals },
});

export function createKeepHandler(deps: { withBilling: WithBilling }): RouteHandler<typeof keepRoute, ApiEnv> {
  return async (c) => {
    const command = billingCommand(c.var.account, 'keep', c.req.valid('header')['idempotency-key']);
    return c.json(await deps.withBilling((billing) => keepSubscription(billing, command, 'plan')), 200);
  };
}
