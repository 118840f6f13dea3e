import { z } from 'zod';
import { page } from '../../engine/lists.ts';
import { createMeter, findMeter, updateMeter } from '../../engine/meters.ts';
import {
  createPortalConfiguration,
  findPortalConfiguration,
  updatePortalConfiguration,
} from '../../engine/portal-configurations.ts';
import { endpoint } from '../endpoint.ts';
import { clearable, emptied, flag, metadata, nonEmpty, onlyFalse, paging } from '../parameters.ts';

const none = z.literal('').transform(() => []);
const MAX_PORTAL_PRODUCTS = 10;

const features = z.strictObject({
  customer_update: z
    .strictObject({
      allowed_updates: z
        .union([none, z.array(z.enum(['address', 'email', 'name', 'phone', 'shipping', 'tax_id']))])
        .optional(),
      enabled: flag,
    })
    .optional(),
  invoice_history: z.strictObject({ enabled: flag }).optional(),
  payment_method_update: z.strictObject({ enabled: flag }).optional(),
  subscription_cancel: z
    .strictObject({
      enabled: flag,
      mode: z.enum(['at_period_end', 'immediately']).optional(),
      proration_behavior: z.enum(['none', 'create_prorations', 'always_invoice']).optional(),
    })
    .optional(),
  subscription_update: z
    .strictObject({
      enabled: flag,
      default_allowed_updates: z.union([none, z.array(z.enum(['price', 'quantity', 'promotion_code']))]).optional(),
      products: z
        .union([
          none,
          z
            .array(z.strictObject({ product: nonEmpty, prices: z.array(nonEmpty).min(1) }))
            .max(MAX_PORTAL_PRODUCTS)
            .transform((products) =>
              products.map((each) => ({
                ...each,
                adjustable_quantity: { enabled: false as const, maximum: null, minimum: 1 },
              })),
            ),
        ])
        .optional(),
      proration_behavior: z.enum(['none', 'create_prorations', 'always_invoice']).optional(),
    })
    .optional(),
});

const configuration = {
  business_profile: z
    .strictObject({
      headline: clearable.optional(),
      privacy_policy_url: clearable.optional(),
      terms_of_service_url: clearable.optional(),
    })
    .optional(),
  default_return_url: clearable.optional(),
  login_page: z.strictObject({ enabled: onlyFalse }).optional(),
  metadata: metadata.optional(),
  name: z.union([emptied, nonEmpty]).optional(),
};

/** https://docs.stripe.com/api/billing/meter, https://docs.stripe.com/api/customer_portal/configurations */
export const billingEndpoints = [
  endpoint({
    method: 'post',
    path: '/v1/billing/meters',
    params: z.strictObject({
      display_name: nonEmpty,
      event_name: nonEmpty.max(100),
      default_aggregation: z.strictObject({ formula: z.enum(['count', 'last', 'sum']) }),
      customer_mapping: z.strictObject({ event_payload_key: nonEmpty, type: z.literal('by_id') }).optional(),
      value_settings: z.strictObject({ event_payload_key: nonEmpty }).optional(),
    }),
    run: (world, params) => createMeter(world, params),
  }),
  endpoint({
    method: 'get',
    path: '/v1/billing/meters',
    params: z.strictObject({ ...paging, status: z.enum(['active', 'inactive']).optional() }),
    run: (world, params) =>
      page(
        Object.values(world.state.meters).filter(
          (each) => params.status === undefined || each.status === params.status,
        ),
        params,
        '/v1/billing/meters',
      ),
  }),
  endpoint({
    method: 'get',
    path: '/v1/billing/meters/:id',
    params: z.strictObject({}),
    run: (world, _params, id) => findMeter(world, id),
  }),
  endpoint({
    method: 'post',
    path: '/v1/billing/meters/:id',
    params: z.strictObject({ display_name: nonEmpty.optional() }),
    run: (world, params, id) => updateMeter(world, id, params),
  }),
  endpoint({
    method: 'post',
    path: '/v1/billing_portal/configurations',
    params: z.strictObject({ ...configuration, features }),
    run: (world, params) => createPortalConfiguration(world, params),
  }),
  endpoint({
    method: 'get',
    path: '/v1/billing_portal/configurations',
    params: z.strictObject({ ...paging, active: flag.optional(), is_default: flag.optional() }),
    run: (world, params) =>
      page(
        Object.values(world.state.portalConfigurations).filter(
          (each) =>
            (params.active === undefined || each.active === params.active) &&
            (params.is_default === undefined || each.is_default === params.is_default),
        ),
        params,
        '/v1/billing_portal/configurations',
      ),
  }),
  endpoint({
    method: 'get',
    path: '/v1/billing_portal/configurations/:id',
    params: z.strictObject({}),
    run: (world, _params, id) => findPortalConfiguration(world, id),
  }),
  endpoint({
    method: 'post',
    path: '/v1/billing_portal/configurations/:id',
    params: z.strictObject({ ...configuration, active: flag.optional(), features: features.optional() }),
    run: (world, params, id) => updatePortalConfiguration(world, id, params),
  }),
];
