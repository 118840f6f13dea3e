import { type RouteHandler, z } from '@hono/zod-openapi';
import type { Catalog } from '#domain/catalog.ts';
import { offersFor } from '#domain/offers.ts';
import { defineRoute } from '../access/define-route.ts';
import type { ReadModel } from '../accounts/read-model.ts';
import { accountNotFound } from '../accounts/refusals.ts';
import type { ApiEnv } from '../api-env.ts';
import { accountParams } from './account.ts';
import { entitlementsSchema, sizeSchema } from './account-schema.ts';

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
                    .array(
                      z.object({
                        workspaceId: z.string(),
                        name: z.string(),
                        from: sizeSchema.nullable(),
                        to: sizeSchema.nullable().openapi({ description: 'Null: there is no room for it.' }),
                        note: z.string(),
                      }),
                    )
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
    const state = await deps.readModel.storedState(c.var.account.accountId);
    if (!state) throw accountNotFound();
    const now = Date.now() + (await deps.readModel.clockAheadMs(state.accountId));
    return c.json(offersFor(deps.catalog, state, new Date(now).toISOString()), 200);
  };
}
