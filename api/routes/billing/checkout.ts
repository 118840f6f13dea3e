import { type RouteHandler, z } from '@hono/zod-openapi';
import { defineRoute } from '../../access/define-route.ts';
import type { ApiEnv } from '../../api-env.ts';
import { billingCommand } from '../../billing/billing-deps.ts';
import { openCheckout } from '../../billing/checkout.ts';
import type { WithBilling } from '../../billing/with-billing.ts';
import { problemAnswer } from '../../problem-schema.ts';
import { textOf } from '../../text-schema.ts';
import { accountParams } from '../account.ts';
import { instant } from '../account-schema.ts';
import { idempotencyHeaders } from '../idempotency-key.ts';
import { fitSchema, intervalSchema, jsonAnswer, jsonBody, quantitySchema, stripeRefusals } from './billing-schema.ts';

const bodySchema = z
  .object({
    planId: textOf('id').optional(),
    addOnId: textOf('id').optional(),
    interval: intervalSchema.default('month'),
    quantity: quantitySchema.optional().openapi({ description: 'Of add-ons. Default 1.' }),
  })
  .refine(({ planId, addOnId }) => (planId === undefined) !== (addOnId === undefined), {
    message: 'say planId or addOnId, one of them',
    path: ['planId'],
  })
  .openapi('CheckoutWish');

export const checkoutRoute = defineRoute({
  method: 'post',
  path: '/api/v1/accounts/{accountId}/billing/checkout',
  action: 'billing:manage',
  audit: 'billing.checkout',
  summary: "Opens Stripe's page on which a plan or an add-on is bought",
  description: 'One page is open at a time: those before it are closed.',
  request: { params: accountParams, headers: idempotencyHeaders, body: jsonBody(bodySchema) },
  responses: {
    201: jsonAnswer(
      'Go to `url` to pay.',
      z.object({
        url: z.string(),
        sessionId: z.string(),
        expiresAt: instant,
        trialDays: z.number().int(),
        fit: fitSchema,
      }),
    ),
    ...stripeRefusals,
    402: problemAnswer('`debt-first`: what is overdue is paid first.'),
    403: problemAnswer('`offer-refused`: why not.'),
    404: problemAnswer('`offer-not-found`.'),
    409: problemAnswer(
      '`subscription-exists`: change it with PATCH. `offer-refused`, `account-closing`, `checkout-over`, `billing-busy`.',
    ),
  },
});

export function createCheckoutHandler(deps: { withBilling: WithBilling }): RouteHandler<typeof checkoutRoute, ApiEnv> {
  return async (c) => {
    const wish = c.req.valid('json');
    const command = billingCommand(c.var.account, 'checkout', c.req.valid('header')['idempotency-key']);
    c.set('auditNote', { target: wish.planId ?? wish.addOnId ?? '', details: { ...wish } });
    return c.json(await deps.withBilling((billing) => openCheckout(billing, command, wish)), 201);
  };
}
