import { z } from 'zod';
import { matchesCreated, page } from '../../engine/lists.ts';
import { findSubscription, hasEnded } from '../../engine/subscription-status.ts';
import {
  cancelSubscription,
  createSubscription,
  resumeSubscription,
  updateSubscription,
} from '../../engine/subscriptions.ts';
import { endpoint } from '../endpoint.ts';
import {
  clearable,
  created,
  emptied,
  flag,
  integer,
  metadata,
  nonEmpty,
  onlyFalse,
  paging,
  positive,
  text,
} from '../parameters.ts';

const fields = {
  cancel_at_period_end: flag.optional(),
  cancel_at: z.union([emptied, positive]).optional(),
  default_payment_method: clearable.optional(),
  description: clearable.optional(),
  metadata: metadata.optional(),
  proration_behavior: z.enum(['none', 'create_prorations', 'always_invoice']).optional(),
  off_session: flag.optional(),
  collection_method: z.literal('charge_automatically').optional(),
  automatic_tax: z.strictObject({ enabled: onlyFalse }).optional(),
};

const trialSettings = z
  .strictObject({
    end_behavior: z.strictObject({ missing_payment_method: z.enum(['cancel', 'create_invoice', 'pause']) }),
  })
  .optional();
const trialEnd = z.union([z.literal('now'), positive]).optional();

const feedback = z.enum([
  'customer_service',
  'low_quality',
  'missing_features',
  'other',
  'switched_service',
  'too_complex',
  'too_expensive',
  'unused',
]);
const cancellationDetails = z.strictObject({ comment: text.optional(), feedback: feedback.optional() }).optional();

const status = z.enum([
  'active',
  'all',
  'canceled',
  'ended',
  'incomplete',
  'incomplete_expired',
  'past_due',
  'paused',
  'trialing',
  'unpaid',
]);

/** https://docs.stripe.com/api/subscriptions */
export const subscriptionEndpoints = [
  endpoint({
    method: 'post',
    path: '/v1/subscriptions',
    params: z.strictObject({
      ...fields,
      customer: nonEmpty,
      items: z
        .array(z.strictObject({ price: nonEmpty, quantity: positive.optional(), metadata: metadata.optional() }))
        .min(1),
      trial_period_days: integer.pipe(z.number().min(0)).optional(),
      trial_end: trialEnd,
      trial_settings: trialSettings,
      payment_behavior: z.enum(['allow_incomplete', 'default_incomplete', 'error_if_incomplete']).optional(),
      payment_settings: z
        .strictObject({ save_default_payment_method: z.enum(['off', 'on_subscription']).optional() })
        .optional(),
      billing_mode: z.strictObject({ type: z.enum(['classic', 'flexible']) }).optional(),
    }),
    run: (world, params) => createSubscription(world, params),
  }),
  endpoint({
    method: 'get',
    path: '/v1/subscriptions',
    params: z.strictObject({
      ...paging,
      created,
      customer: nonEmpty.optional(),
      price: nonEmpty.optional(),
      status: status.optional(),
      test_clock: nonEmpty.optional(),
    }),
    // Without a customer or a clock, those on test clocks are left out; without a status, the ended ones.
    run: (world, params) =>
      page(
        Object.values(world.state.subscriptions).filter(
          (each) =>
            (params.customer === undefined
              ? each.test_clock === (params.test_clock ?? null)
              : each.customer === params.customer) &&
            (params.price === undefined || each.items.data.some((item) => item.price.id === params.price)) &&
            matchesStatus(each, params.status) &&
            matchesCreated(each.created, params.created),
        ),
        params,
        '/v1/subscriptions',
      ),
  }),
  endpoint({
    method: 'get',
    path: '/v1/subscriptions/:id',
    params: z.strictObject({}),
    run: (world, _params, id) => findSubscription(world, id, 'id'),
  }),
  endpoint({
    method: 'post',
    path: '/v1/subscriptions/:id',
    params: z.strictObject({
      ...fields,
      items: z
        .array(
          z.strictObject({
            id: nonEmpty.optional(),
            price: nonEmpty.optional(),
            quantity: positive.optional(),
            deleted: flag.optional(),
            metadata: metadata.optional(),
          }),
        )
        .min(1)
        .optional(),
      trial_end: trialEnd,
      trial_settings: trialSettings,
      payment_behavior: z.enum(['allow_incomplete', 'error_if_incomplete', 'pending_if_incomplete']).optional(),
      cancellation_details: cancellationDetails,
      pause_collection: z
        .union([
          emptied,
          z.strictObject({
            behavior: z.enum(['keep_as_draft', 'mark_uncollectible', 'void']),
            resumes_at: positive.optional(),
          }),
        ])
        .optional(),
    }),
    run: (world, params, id) => updateSubscription(world, id, params),
  }),
  endpoint({
    method: 'post',
    path: '/v1/subscriptions/:id/resume',
    params: z.strictObject({
      billing_cycle_anchor: z.literal('now').optional(),
      payment_behavior: z.enum(['resume_on_payment_attempt', 'resume_on_payment_success']).optional(),
      proration_behavior: z.enum(['none', 'create_prorations', 'always_invoice']).optional(),
    }),
    run: (world, params, id) => resumeSubscription(world, id, params.payment_behavior === 'resume_on_payment_success'),
  }),
  endpoint({
    method: 'delete',
    path: '/v1/subscriptions/:id',
    params: z.strictObject({
      cancellation_details: cancellationDetails,
      invoice_now: onlyFalse.optional(),
      prorate: onlyFalse.optional(),
    }),
    run: (world, params, id) => cancelSubscription(world, id, params.cancellation_details ?? {}),
  }),
];

function matchesStatus(subscription: Parameters<typeof hasEnded>[0], wanted: z.output<typeof status> | undefined) {
  if (wanted === 'all') return true;
  if (wanted === 'ended') return hasEnded(subscription);
  return wanted === undefined ? subscription.status !== 'canceled' : subscription.status === wanted;
}
