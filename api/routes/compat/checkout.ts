import { type RouteHandler, z } from '@hono/zod-openapi';
import { defineOwnAccountRoute } from '../../access/define-route.ts';
import type { ApiContext, ApiEnv } from '../../api-env.ts';
import { billingCommand } from '../../billing/billing-deps.ts';
import { openCheckout } from '../../billing/checkout.ts';
import { openPortal } from '../../billing/portal.ts';
import type { Wish } from '../../billing/purchase.ts';
import type { WithBilling } from '../../billing/with-billing.ts';
import { textOf } from '../../text-schema.ts';
import { jsonAnswer, jsonBody, stripeRefusals } from '../billing/billing-schema.ts';
import { idempotencyHeaders } from '../idempotency-key.ts';
import { compatInterval, organizationId, urlAnswer } from './compat-schema.ts';

const goThere = jsonAnswer('Go to `url` to pay.', urlAnswer);
const buys = { action: 'billing:manage', audit: 'billing.checkout' } as const;
const responses = { 200: goThere, ...stripeRefusals };

interface Deps {
  withBilling: WithBilling;
}

async function checkoutUrl(deps: Deps, c: ApiContext, wish: Wish): Promise<{ url: string }> {
  const command = billingCommand(c.var.account, 'checkout', c.req.header('idempotency-key'));
  c.set('auditNote', { target: wish.planId ?? wish.addOnId ?? '', details: { ...wish } });
  const { url } = await deps.withBilling((billing) => openCheckout(billing, command, wish));
  return { url };
}

/** 2Bot's. */
export const createCheckoutRoute = defineOwnAccountRoute({
  method: 'post',
  path: '/api/billing/create-checkout',
  ...buys,
  summary: 'Buys a plan',
  request: {
    headers: idempotencyHeaders,
    body: jsonBody(z.object({ plan: textOf('id'), interval: compatInterval, organizationId })),
  },
  responses,
});

export function createCreateCheckoutHandler(deps: Deps): RouteHandler<typeof createCheckoutRoute, ApiEnv> {
  return async (c) => {
    const { plan, interval } = c.req.valid('json');
    return c.json(await checkoutUrl(deps, c, { planId: plan, interval }), 200);
  };
}

/** 2Bot's. */
export const workspaceAddOnRoute = defineOwnAccountRoute({
  method: 'post',
  path: '/api/billing/workspace-addon',
  ...buys,
  summary: 'Buys a workspace add-on',
  request: {
    headers: idempotencyHeaders,
    body: jsonBody(z.object({ tier: textOf('id'), interval: compatInterval })),
  },
  responses,
});

export function createWorkspaceAddOnHandler(deps: Deps): RouteHandler<typeof workspaceAddOnRoute, ApiEnv> {
  return async (c) => {
    const { tier, interval } = c.req.valid('json');
    return c.json(await checkoutUrl(deps, c, { addOnId: tier, interval }), 200);
  };
}

/** 2Bot's. */
export const boosterRoute = defineOwnAccountRoute({
  method: 'post',
  path: '/api/billing/org-workspace-booster',
  ...buys,
  summary: "Buys a booster of an organisation's pool",
  request: {
    headers: idempotencyHeaders,
    body: jsonBody(z.object({ organizationId: textOf('id'), boosterId: textOf('id'), interval: compatInterval })),
  },
  responses,
});

export function createBoosterHandler(deps: Deps): RouteHandler<typeof boosterRoute, ApiEnv> {
  return async (c) => {
    const { boosterId, interval } = c.req.valid('json');
    return c.json(await checkoutUrl(deps, c, { addOnId: boosterId, interval }), 200);
  };
}

/** Helvetia Cloud's. */
export const helvetiaCheckoutRoute = defineOwnAccountRoute({
  method: 'post',
  path: '/api/v1/billing/checkout',
  ...buys,
  summary: 'Buys a plan',
  request: {
    headers: idempotencyHeaders,
    body: jsonBody(
      z
        .object({
          plan: textOf('id').optional(),
          planId: textOf('id').optional(),
          interval: compatInterval,
          organizationId,
        })
        .refine(({ plan, planId }) => (plan ?? planId) !== undefined, { message: 'name the plan', path: ['planId'] }),
    ),
  },
  responses,
});

export function createHelvetiaCheckoutHandler(deps: Deps): RouteHandler<typeof helvetiaCheckoutRoute, ApiEnv> {
  return async (c) => {
    const { plan, planId, interval } = c.req.valid('json');
    return c.json(await checkoutUrl(deps, c, { planId: planId ?? plan, interval }), 200);
  };
}

const portal = {
  method: 'post',
  action: 'billing:manage',
  audit: 'billing.portal',
  summary: "Opens Stripe's portal",
  responses: { 200: jsonAnswer('Go to `url`.', urlAnswer), ...stripeRefusals },
} as const;

/** 2Bot's. */
export const createPortalRoute = defineOwnAccountRoute({ ...portal, path: '/api/billing/create-portal' });
/** Helvetia Cloud's. */
export const helvetiaPortalRoute = defineOwnAccountRoute({ ...portal, path: '/api/v1/billing/portal' });

type PortalHandler = RouteHandler<typeof createPortalRoute, ApiEnv> & RouteHandler<typeof helvetiaPortalRoute, ApiEnv>;

export function createCompatPortalHandler(deps: Deps): PortalHandler {
  return async (c) => {
    const { account } = c.var;
    return c.json(await deps.withBilling((billing) => openPortal(billing, account, undefined)), 200);
  };
}
