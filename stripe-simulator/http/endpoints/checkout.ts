import { z } from 'zod';
import {
  checkoutOf,
  createCheckoutSession,
  expireCheckoutSession,
  findCheckoutSession,
  updateCheckoutSession,
} from '../../engine/checkout-sessions.ts';
import { matchesCreated, page } from '../../engine/lists.ts';
import { endpoint } from '../endpoint.ts';
import { created, metadata, nonEmpty, onlyFalse, paging, positive } from '../parameters.ts';

const url = z.url().or(z.string().regex(/^https?:\/\/\S+$/));

/** https://docs.stripe.com/api/checkout/sessions */
export const checkoutEndpoints = [
  endpoint({
    method: 'post',
    path: '/v1/checkout/sessions',
    params: z
      .strictObject({
        mode: z.literal('subscription'),
        ui_mode: z.literal('hosted_page').optional(),
        line_items: z
          .array(z.strictObject({ price: nonEmpty, quantity: positive.optional(), metadata: metadata.optional() }))
          .min(1)
          .max(20),
        subscription_data: z
          .strictObject({
            metadata: metadata.optional(),
            description: nonEmpty.optional(),
            trial_period_days: positive.optional(),
            trial_end: positive.optional(),
            trial_settings: z
              .strictObject({
                end_behavior: z.strictObject({ missing_payment_method: z.enum(['cancel', 'create_invoice', 'pause']) }),
              })
              .optional(),
            billing_mode: z.strictObject({ type: z.enum(['classic', 'flexible']) }).optional(),
          })
          .optional(),
        customer: nonEmpty.optional(),
        customer_email: nonEmpty.optional(),
        client_reference_id: nonEmpty.max(200).optional(),
        success_url: url,
        cancel_url: url.optional(),
        expires_at: positive.optional(),
        payment_method_collection: z.enum(['always', 'if_required']).optional(),
        payment_method_types: z.tuple([z.literal('card')]).optional(),
        billing_address_collection: z.enum(['auto', 'required']).optional(),
        allow_promotion_codes: onlyFalse.optional(),
        automatic_tax: z.strictObject({ enabled: onlyFalse }).optional(),
        locale: nonEmpty.optional(),
        metadata: metadata.optional(),
      })
      .refine((value) => value.customer === undefined || value.customer_email === undefined, {
        message: 'You may only specify one of these parameters: customer, customer_email.',
        path: ['customer_email'],
      }),
    run: (world, params) => createCheckoutSession(world, params),
  }),
  endpoint({
    method: 'get',
    path: '/v1/checkout/sessions',
    params: z.strictObject({
      ...paging,
      created,
      customer: nonEmpty.optional(),
      customer_details: z.strictObject({ email: nonEmpty }).optional(),
      payment_intent: nonEmpty.optional(),
      status: z.enum(['complete', 'expired', 'open']).optional(),
      subscription: nonEmpty.optional(),
    }),
    run: (world, params) =>
      page(
        Object.values(world.state.checkoutSessions).filter(
          (each) =>
            (params.customer === undefined || each.customer === params.customer) &&
            (params.customer_details === undefined || each.customer_details?.email === params.customer_details.email) &&
            params.payment_intent === undefined &&
            (params.status === undefined || each.status === params.status) &&
            (params.subscription === undefined || each.subscription === params.subscription) &&
            matchesCreated(each.created, params.created),
        ),
        params,
        '/v1/checkout/sessions',
      ),
  }),
  endpoint({
    method: 'get',
    path: '/v1/checkout/sessions/:id',
    params: z.strictObject({}),
    run: (world, _params, id) => findCheckoutSession(world, id),
  }),
  endpoint({
    method: 'post',
    path: '/v1/checkout/sessions/:id',
    params: z.strictObject({ metadata: metadata.optional() }),
    run: (world, params, id) => updateCheckoutSession(world, id, params.metadata),
  }),
  endpoint({
    method: 'post',
    path: '/v1/checkout/sessions/:id/expire',
    params: z.strictObject({}),
    run: (world, _params, id) => {
      const session = findCheckoutSession(world, id);
      expireCheckoutSession(world, session);
      return session;
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/checkout/sessions/:id/line_items',
    params: z.strictObject(paging),
    run: (world, params, id) =>
      page(
        [...checkoutOf(world, findCheckoutSession(world, id)).lineItems].reverse(),
        params,
        `/v1/checkout/sessions/${id}/line_items`,
      ),
  }),
];
