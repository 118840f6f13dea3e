import { z } from 'zod';
import { findCustomer } from '../../engine/customers.ts';
import { confirmPayment } from '../../engine/invoices.ts';
import { matchesCreated, page } from '../../engine/lists.ts';
import {
  attachPaymentMethod,
  createPaymentMethod,
  detachPaymentMethod,
  findPaymentMethod,
  updatePaymentMethod,
} from '../../engine/payment-methods.ts';
import { noSuch } from '../../engine/stripe-error.ts';
import { endpoint } from '../endpoint.ts';
import { clearable, created, flag, integer, metadata, nonEmpty, paging } from '../parameters.ts';

const month = integer.pipe(z.number().min(1).max(12));
const year = integer.pipe(z.number().min(2000).max(2100));

/** https://docs.stripe.com/api/payment_methods, https://docs.stripe.com/api/payment_intents, https://docs.stripe.com/api/charges */
export const paymentEndpoints = [
  endpoint({
    method: 'post',
    path: '/v1/payment_methods',
    params: z.strictObject({
      type: z.literal('card'),
      card: z.strictObject({
        token: nonEmpty.optional(),
        number: nonEmpty.optional(),
        exp_month: month.optional(),
        exp_year: year.optional(),
        cvc: nonEmpty.optional(),
      }),
      metadata: metadata.optional(),
    }),
    run: (world, params) => createPaymentMethod(world, params.card, params.metadata),
  }),
  endpoint({
    method: 'get',
    path: '/v1/payment_methods',
    params: z.strictObject({ ...paging, customer: nonEmpty, type: z.literal('card').optional() }),
    run: (world, params) => {
      findCustomer(world, params.customer);
      const attached = Object.values(world.state.paymentMethods).filter((each) => each.customer === params.customer);
      return page(attached, params, '/v1/payment_methods');
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/payment_methods/:id',
    params: z.strictObject({}),
    run: (world, _params, id) => findPaymentMethod(world, id, 'id'),
  }),
  endpoint({
    method: 'post',
    path: '/v1/payment_methods/:id',
    params: z.strictObject({
      billing_details: z
        .strictObject({ email: clearable.optional(), name: clearable.optional(), phone: clearable.optional() })
        .optional(),
      card: z.strictObject({ exp_month: month.optional(), exp_year: year.optional() }).optional(),
      metadata: metadata.optional(),
    }),
    run: (world, params, id) => updatePaymentMethod(world, id, params),
  }),
  endpoint({
    method: 'post',
    path: '/v1/payment_methods/:id/attach',
    params: z.strictObject({ customer: nonEmpty }),
    run: (world, params, id) => attachPaymentMethod(world, id, findCustomer(world, params.customer)),
  }),
  endpoint({
    method: 'post',
    path: '/v1/payment_methods/:id/detach',
    params: z.strictObject({}),
    run: (world, _params, id) => detachPaymentMethod(world, id),
  }),
  endpoint({
    method: 'get',
    path: '/v1/payment_intents',
    params: z.strictObject({ ...paging, created, customer: nonEmpty.optional() }),
    run: (world, params) =>
      page(
        Object.values(world.state.paymentIntents).filter(
          (each) =>
            (params.customer === undefined || each.customer === params.customer) &&
            matchesCreated(each.created, params.created),
        ),
        params,
        '/v1/payment_intents',
      ),
  }),
  endpoint({
    method: 'get',
    path: '/v1/payment_intents/:id',
    params: z.strictObject({}),
    run: (world, _params, id) => {
      const found = world.state.paymentIntents[id];
      if (!found) throw noSuch('payment_intent', id, 'id');
      return found;
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/payment_intents/:id/confirm',
    params: z.strictObject({ payment_method: nonEmpty.optional(), off_session: flag.optional() }),
    run: (world, params, id) => {
      const found = world.state.paymentIntents[id];
      if (!found) throw noSuch('payment_intent', id, 'id');
      return confirmPayment(world, found, params);
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/charges',
    params: z.strictObject({
      ...paging,
      created,
      customer: nonEmpty.optional(),
      payment_intent: nonEmpty.optional(),
    }),
    run: (world, params) =>
      page(
        Object.values(world.state.charges).filter(
          (each) =>
            (params.customer === undefined || each.customer === params.customer) &&
            (params.payment_intent === undefined || each.payment_intent === params.payment_intent) &&
            matchesCreated(each.created, params.created),
        ),
        params,
        '/v1/charges',
      ),
  }),
  endpoint({
    method: 'get',
    path: '/v1/charges/:id',
    params: z.strictObject({}),
    run: (world, _params, id) => {
      const found = world.state.charges[id];
      if (!found) throw noSuch('charge', id, 'id');
      return found;
    },
  }),
];
