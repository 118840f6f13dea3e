import { z } from 'zod';
import { createCustomer, findCustomer, updateCustomer } from '../../engine/customers.ts';
import { deleteCustomer } from '../../engine/deletions.ts';
import { matchesCreated, page } from '../../engine/lists.ts';
import { endpoint } from '../endpoint.ts';
import { clearable, created, metadata, nonEmpty, paging } from '../parameters.ts';

const fields = {
  email: clearable.optional(),
  name: clearable.optional(),
  phone: clearable.optional(),
  description: clearable.optional(),
  metadata: metadata.optional(),
  invoice_settings: z.strictObject({ default_payment_method: clearable.optional() }).optional(),
};

/** https://docs.stripe.com/api/customers */
export const customerEndpoints = [
  endpoint({
    method: 'post',
    path: '/v1/customers',
    params: z.strictObject({
      ...fields,
      test_clock: nonEmpty.optional(),
      payment_method: nonEmpty.optional(),
      preferred_locales: z.array(nonEmpty).optional(),
    }),
    run: (world, params) => createCustomer(world, params),
  }),
  endpoint({
    method: 'get',
    path: '/v1/customers',
    params: z.strictObject({ ...paging, created, email: nonEmpty.optional(), test_clock: nonEmpty.optional() }),
    // Customers on a test clock are listed for that clock only.
    run: (world, params) =>
      page(
        Object.values(world.state.customers).filter(
          (each) =>
            each.test_clock === (params.test_clock ?? null) &&
            (params.email === undefined || each.email === params.email) &&
            matchesCreated(each.created, params.created),
        ),
        params,
        '/v1/customers',
      ),
  }),
  endpoint({
    method: 'get',
    path: '/v1/customers/:id',
    params: z.strictObject({}),
    run: (world, _params, id) =>
      world.state.deletedCustomers[id] ? { id, object: 'customer', deleted: true } : findCustomer(world, id, 'id'),
  }),
  endpoint({
    method: 'post',
    path: '/v1/customers/:id',
    params: z.strictObject(fields),
    run: (world, params, id) => updateCustomer(world, id, params),
  }),
  endpoint({
    method: 'delete',
    path: '/v1/customers/:id',
    params: z.strictObject({}),
    run: (world, _params, id) => {
      deleteCustomer(world, findCustomer(world, id, 'id'));
      return { id, object: 'customer', deleted: true };
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/customers/:id/payment_methods',
    params: z.strictObject({ ...paging, type: z.literal('card').optional() }),
    run: (world, params, id) => {
      findCustomer(world, id, 'id');
      const attached = Object.values(world.state.paymentMethods).filter((each) => each.customer === id);
      return page(attached, params, `/v1/customers/${id}/payment_methods`);
    },
  }),
];
