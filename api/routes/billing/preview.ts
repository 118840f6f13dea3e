import { type RouteHandler, z } from '@hono/zod-openapi';
import { defineRoute } from '../../access/define-route.ts';
import type { ApiEnv } from '../../api-env.ts';
import { previewPlan } from '../../billing/preview.ts';
import type { WithBilling } from '../../billing/with-billing.ts';
import { problemAnswer } from '../../problem-schema.ts';
import { textOf } from '../../text-schema.ts';
import { accountParams } from '../account.ts';
import { instant } from '../account-schema.ts';
import { cents, fitSchema, intervalSchema, jsonAnswer, stripeRefusals } from './billing-schema.ts';

export const previewRoute = defineRoute({
  method: 'get',
  path: '/api/v1/accounts/{accountId}/billing/preview',
  action: 'billing:read',
  summary: 'What a plan would cost and what would not fit it, before it is bought or changed to',
  request: {
    params: accountParams,
    query: z.object({
      planId: textOf('id'),
      interval: intervalSchema.optional().openapi({ description: 'Default: as now, or by the month.' }),
    }),
  },
  responses: {
    200: jsonAnswer(
      'Amounts are minor units of `currency`.',
      z
        .object({
          when: z.enum(['new', 'now', 'period-end']),
          appliesAt: instant,
          currency: z.string(),
          lines: z
            .array(
              z.object({
                text: z.string(),
                amountCents: cents,
                isProration: z.boolean(),
                periodStart: instant,
                periodEnd: instant,
              }),
            )
            .openapi({ description: "Stripe's own; empty where it has nothing to calculate." }),
          dueNowCents: cents.openapi({ description: 'Charged at once, after credit.' }),
          nextAmountCents: cents.openapi({ description: 'Charged every period from then on.' }),
          nextAt: instant.nullable(),
          creditCents: cents.openapi({ description: "In the account's favour when all is done." }),
          trialDays: z.number().int(),
          fit: fitSchema,
        })
        .openapi('Preview'),
    ),
    ...stripeRefusals,
    402: problemAnswer('`debt-first`.'),
    403: problemAnswer('`offer-refused`: why not.'),
    404: problemAnswer('`offer-not-found`.'),
    409: problemAnswer('`offer-refused`, `payment-pending`, `account-closing`.'),
  },
});

export function createPreviewHandler(deps: { withBilling: WithBilling }): RouteHandler<typeof previewRoute, ApiEnv> {
  return async (c) => {
    const wish = c.req.valid('query');
    const { account } = c.var;
    return c.json(await deps.withBilling((billing) => previewPlan(billing, account, wish)), 200);
  };
}
