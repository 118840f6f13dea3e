import { z } from 'zod';
import { matchesCreated, page } from '../../engine/lists.ts';
import {
  cancelSchedule,
  createSchedule,
  findSchedule,
  releaseSchedule,
  updateSchedule,
} from '../../engine/schedules.ts';
import { endpoint } from '../endpoint.ts';
import { created, flag, metadata, nonEmpty, onlyFalse, paging, positive } from '../parameters.ts';

const prorations = z.enum(['none', 'create_prorations', 'always_invoice']);

const phase = z.strictObject({
  items: z
    .array(z.strictObject({ price: nonEmpty, quantity: positive.optional(), metadata: metadata.optional() }))
    .min(1),
  start_date: z.union([z.literal('now'), positive]).optional(),
  end_date: positive.optional(),
  duration: z
    .strictObject({ interval: z.enum(['day', 'week', 'month', 'year']), interval_count: positive.optional() })
    .optional(),
  proration_behavior: prorations.optional(),
  metadata: metadata.optional(),
});

/** https://docs.stripe.com/api/subscription_schedules */
export const scheduleEndpoints = [
  endpoint({
    method: 'post',
    path: '/v1/subscription_schedules',
    params: z.strictObject({ from_subscription: nonEmpty, metadata: metadata.optional() }),
    run: (world, params) => createSchedule(world, params.from_subscription, params.metadata),
  }),
  endpoint({
    method: 'get',
    path: '/v1/subscription_schedules',
    params: z.strictObject({ ...paging, created, customer: nonEmpty.optional(), scheduled: flag.optional() }),
    run: (world, params) =>
      page(
        Object.values(world.state.subscriptionSchedules).filter(
          (each) =>
            (params.customer === undefined || each.customer === params.customer) &&
            (params.scheduled === undefined || (each.status === 'not_started') === params.scheduled) &&
            matchesCreated(each.created, params.created),
        ),
        params,
        '/v1/subscription_schedules',
      ),
  }),
  endpoint({
    method: 'get',
    path: '/v1/subscription_schedules/:id',
    params: z.strictObject({}),
    run: (world, _params, id) => findSchedule(world, id),
  }),
  endpoint({
    method: 'post',
    path: '/v1/subscription_schedules/:id',
    params: z.strictObject({
      phases: z.array(phase).min(1).max(10).optional(),
      end_behavior: z.enum(['cancel', 'release']).optional(),
      metadata: metadata.optional(),
      proration_behavior: prorations.optional(),
    }),
    run: (world, params, id) => updateSchedule(world, id, params),
  }),
  endpoint({
    method: 'post',
    path: '/v1/subscription_schedules/:id/release',
    params: z.strictObject({ preserve_cancel_date: flag.optional() }),
    run: (world, _params, id) => releaseSchedule(world, id),
  }),
  endpoint({
    method: 'post',
    path: '/v1/subscription_schedules/:id/cancel',
    params: z.strictObject({ invoice_now: onlyFalse.optional(), prorate: onlyFalse.optional() }),
    run: (world, _params, id) => cancelSchedule(world, id),
  }),
];
