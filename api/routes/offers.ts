import { type RouteHandler, z } from '@hono/zod-openapi';
import type { Catalog } from '#domain/catalog.ts';
import { defineRoute } from '../access/define-route.ts';
import type { ReadModel } from '../accounts/read-model.ts';
import { readOffers } from '../accounts/read-offers.ts';
import { accountNotFound } from '../accounts/refusals.ts';
import type { ApiEnv } from '../api-env.ts';
import { accountParams } from './account.ts';
import { entitlementsSchema, misfitSchema, sizeSchema } from './account-schema.ts';

const maySchema = z
  .discriminatedUnion('ok', [
    z.object({ ok: z.literal(true) }),
    z.object({
      ok: z.literal(false),
      code: z.enum([
        ...(['current', 'unknown-add-on', 'quantity', 'retired', 'custom', 'wrong-audience'] as const),
        ...(['plan', 'max-quantity', 'debt-first'] as const),
      ]),
      reason: z.string().openapi({ description: 'For people.' }),
      debt: z
        .object({
          invoiceId: z.string(),
          amountCents: z.number().int(),
          currency: z.string(),
          payUrl: z.string().nullable().openapi({ description: "Stripe's page where it can be paid." }),
        })
        .optional()
        .openapi({ description: 'With `debt-first`: what is owed.' }),
    }),
  ])
  .openapi('MayTake');

const offerSchema = z.object({
  id: z.string(),
  name: z.string(),
  prices: z.array(
    z.object({
      interval: z.enum(['month', 'year']),
      amountCents: z.number().int().openapi({ description: 'Minor units of the currency.' }),
      currency: z.string(),
    }),
  ),
  may: maySchema,
  entitlements: entitlementsSchema.openapi({ description: 'What the account would be entitled to with it.' }),
});

export const offersRoute = defineRoute({
  method: 'get',
  path: '/api/v1/accounts/{accountId}/offers',
  action: 'account:read',
  summary: 'The plans and add-ons that the account could take, and what would become of it',
  request: { params: accountParams },
  responses: {
    200: {
      description: 'In the order of the catalog. What may not be taken says why.',
      content: {
        'application/json': {
          schema: z.object({
            plans: z.array(
              offerSchema
                .extend({
                  current: z.boolean(),
                  custom: z.boolean().openapi({ description: 'Agreed on by hand.' }),
                  trialDays: z
                    .number()
                    .int()
                    .openapi({ description: 'Days of trial for this account; 0 when it was subscribed before.' }),
                  misfits: z
                    .array(misfitSchema)
                    .openapi({ description: 'Workspaces that would be smaller or without room.' }),
                  idleAddOns: z.array(z.string()).openapi({ description: 'Add-ons held that would do nothing.' }),
                })
                .openapi('PlanOffer'),
            ),
            addOns: z.array(
              offerSchema
                .extend({ kind: z.enum(['add-on', 'booster']), gives: sizeSchema, held: z.number().int() })
                .openapi('AddOnOffer'),
            ),
          }),
        },
      },
    },
  },
});

export function createOffersHandler(deps: {
  readModel: ReadModel;
  catalog: Catalog;
}): RouteHandler<typeof offersRoute, ApiEnv> {
  return async (c) => {
    const read = await readOffers(deps, c.var.account.accountId);
    if (!read) throw accountNotFound();
    return c.json(read.offers, 200);
  };
}
