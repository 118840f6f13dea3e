import { createRoute, type RouteHandler, z } from '@hono/zod-openapi';
import { type Catalog, isSelfService } from '#domain/catalog.ts';
import type { ApiEnv } from '../../api-env.ts';
import { jsonAnswer } from '../billing/billing-schema.ts';

/** Objecta Labs'. Answers anybody. */
export const plansRoute = createRoute({
  method: 'get',
  path: '/api/v1/billing/plans',
  summary: 'The plans that are sold, for anybody',
  responses: {
    200: jsonAnswer(
      'In the order of the catalog.',
      z.object({
        plans: z.array(
          z.object({
            id: z.string(),
            name: z.string(),
            audiences: z.array(z.enum(['personal', 'organisation'])),
            currency: z.string(),
            prices: z.array(z.object({ interval: z.enum(['month', 'year']), amountCents: z.number().int() })),
            custom: z.boolean().openapi({ description: 'Agreed on by hand.' }),
            selfService: z.boolean(),
            trialDays: z.number().int(),
            limits: z.record(z.string(), z.number()).openapi({ description: '-1 is unlimited.' }),
            features: z.record(z.string(), z.union([z.boolean(), z.string()])),
          }),
        ),
      }),
    ),
  },
});

export function createPlansHandler({ catalog }: { catalog: Catalog }): RouteHandler<typeof plansRoute, ApiEnv> {
  const plans = catalog.plans
    .filter(({ retired }) => !retired)
    .map((plan) => ({
      id: plan.id,
      name: plan.name,
      audiences: plan.audiences,
      currency: catalog.currency,
      prices: plan.prices.map(({ interval, amountCents }) => ({ interval, amountCents })),
      custom: plan.custom,
      selfService: isSelfService(plan),
      trialDays: plan.trialDays,
      limits: {
        ...(plan.pool as Record<string, number> | null),
        ...Object.fromEntries(Object.entries(plan.limits).map(([name, { limit }]) => [name, limit])),
      },
      features: plan.features,
    }));
  return (c) => c.json({ plans }, 200);
}
