import { z } from 'zod';
import { matchesCreated, page } from '../../engine/lists.ts';
import {
  cancelSetupIntent,
  confirmSetupIntent,
  createSetupIntent,
  findSetupIntent,
  updateSetupIntent,
} from '../../engine/setup-intents.ts';
import { endpoint } from '../endpoint.ts';
import { clearable, created, flag, metadata, nonEmpty, paging } from '../parameters.ts';

/** https://docs.stripe.com/api/setup_intents */
export const setupIntentEndpoints = [
  endpoint({
    method: 'post',
    path: '/v1/setup_intents',
    params: z.strictObject({
      customer: nonEmpty.optional(),
      payment_method: nonEmpty.optional(),
      payment_method_types: z.tuple([z.literal('card')]).optional(),
      automatic_payment_methods: z
        .strictObject({ enabled: flag, allow_redirects: z.enum(['always', 'never']).optional() })
        .optional(),
      description: clearable.optional(),
      metadata: metadata.optional(),
      usage: z.enum(['off_session', 'on_session']).optional(),
      confirm: flag.optional(),
      return_url: nonEmpty.optional(),
    }),
    run: (world, params) => createSetupIntent(world, params),
  }),
  endpoint({
    method: 'get',
    path: '/v1/setup_intents',
    params: z.strictObject({
      ...paging,
      created,
      customer: nonEmpty.optional(),
      payment_method: nonEmpty.optional(),
    }),
    run: (world, params) =>
      page(
        Object.values(world.state.setupIntents).filter(
          (each) =>
            (params.customer === undefined || each.customer === params.customer) &&
            (params.payment_method === undefined || each.payment_method === params.payment_method) &&
            matchesCreated(each.created, params.created),
        ),
        params,
        '/v1/setup_intents',
      ),
  }),
  endpoint({
    method: 'get',
    path: '/v1/setup_intents/:id',
    params: z.strictObject({}),
    run: (world, _params, id) => findSetupIntent(world, id),
  }),
  endpoint({
    method: 'post',
    path: '/v1/setup_intents/:id',
    params: z.strictObject({
      description: clearable.optional(),
      metadata: metadata.optional(),
      payment_method: nonEmpty.optional(),
    }),
    run: (world, params, id) => updateSetupIntent(world, id, params),
  }),
  endpoint({
    method: 'post',
    path: '/v1/setup_intents/:id/confirm',
    params: z.strictObject({ payment_method: nonEmpty.optional(), return_url: nonEmpty.optional() }),
    run: (world, params, id) => confirmSetupIntent(world, id, params),
  }),
  endpoint({
    method: 'post',
    path: '/v1/setup_intents/:id/cancel',
    params: z.strictObject({
      cancellation_reason: z.enum(['abandoned', 'duplicate', 'requested_by_customer']).optional(),
    }),
    run: (world, params, id) => cancelSetupIntent(world, id, params.cancellation_reason),
  }),
];
