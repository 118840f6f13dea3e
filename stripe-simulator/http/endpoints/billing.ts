import { z } from 'zod';
import { page } from '../../engine/lists.ts';
import { createMeter, findMeter, setMeterStatus, updateMeter } from '../../engine/meters.ts';
import {
  createPortalConfiguration,
  findPortalConfiguration,
  updatePortalConfiguration,
} from '../../engine/portal-configurations.ts';
import { createPortalSession } from '../../engine/portal-sessions.ts';
import { cancelMeterEvent, createMeterEvent, meterSummaries } from '../../engine/usage.ts';
import { endpoint } from '../endpoint.ts';
import { clearable, emptied, flag, metadata, nonEmpty, onlyFalse, paging, positive } from '../parameters.ts';

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
      schedule_at_period_end: z
        .strictObject({
          conditions: z
            .union([none, z.array(z.strictObject({ type: z.enum(['decreasing_item_amount', 'shortening_interval']) }))])
            .default([]),
        })
        .optional(),
      trial_update_behavior: z.enum(['end_trial', 'continue_trial']).optional(),
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
  ...(['deactivate', 'reactivate'] as const).map((verb) =>
    endpoint({
      method: 'post',
      path: `/v1/billing/meters/:id/${verb}`,
      params: z.strictObject({}),
      run: (world, _params, id) => setMeterStatus(world, id, verb === 'reactivate' ? 'active' : 'inactive'),
    }),
  ),
  endpoint({
    method: 'get',
    path: '/v1/billing/meters/:id/event_summaries',
    params: z.strictObject({
      ...paging,
      customer: nonEmpty,
      start_time: positive,
      end_time: positive,
      value_grouping_window: z.enum(['day', 'hour']).optional(),
    }),
    run: (world, params, id) =>
      page(meterSummaries(world, findMeter(world, id), params), params, `/v1/billing/meters/${id}/event_summaries`),
  }),
  endpoint({
    method: 'post',
    path: '/v1/billing/meter_events',
    params: z.strictObject({
      event_name: nonEmpty.max(100),
      payload: z.record(z.string(), z.string()),
      identifier: nonEmpty.max(100).optional(),
      timestamp: positive.optional(),
    }),
    run: (world, params) => createMeterEvent(world, params),
  }),
  endpoint({
    method: 'post',
    path: '/v1/billing/meter_event_adjustments',
    params: z.strictObject({
      event_name: nonEmpty.max(100),
      type: z.literal('cancel'),
      cancel: z.strictObject({ identifier: nonEmpty }),
    }),
    run: (world, params) => cancelMeterEvent(world, params.event_name, params.cancel.identifier),
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
  endpoint({
    method: 'post',
    path: '/v1/billing_portal/sessions',
    params: z.strictObject({
      customer: nonEmpty,
      configuration: nonEmpty.optional(),
      return_url: nonEmpty.optional(),
      locale: nonEmpty.optional(),
      flow_data: z
        .strictObject({
          type: z.enum([
            'payment_method_update',
            'subscription_cancel',
            'subscription_update',
            'subscription_update_confirm',
          ]),
          after_completion: z
            .strictObject({
              type: z.enum(['hosted_confirmation', 'portal_homepage', 'redirect']),
              redirect: z.strictObject({ return_url: nonEmpty }).optional(),
              hosted_confirmation: z.strictObject({ custom_message: nonEmpty.optional() }).optional(),
            })
            .optional(),
          subscription_cancel: z.strictObject({ subscription: nonEmpty }).optional(),
          subscription_update: z.strictObject({ subscription: nonEmpty }).optional(),
          subscription_update_confirm: z
            .strictObject({
              subscription: nonEmpty,
              items: z
                .array(z.strictObject({ id: nonEmpty, price: nonEmpty.optional(), quantity: positive.optional() }))
                .length(1),
            })
            .optional(),
        })
        .optional(),
    }),
    run: (world, params) => createPortalSession(world, params),
  }),
];
