import { z } from 'zod';
import { matchesCreated, page } from '../../engine/lists.ts';
import { createPrice, findPrice, updatePrice } from '../../engine/prices.ts';
import { createProduct, findProduct, updateProduct } from '../../engine/products.ts';
import { endpoint } from '../endpoint.ts';
import { clearable, created, flag, integer, metadata, nonEmpty, paging, positive } from '../parameters.ts';

const MAX_LOOKUP_KEYS = 10;
/** https://docs.stripe.com/api/prices/create#create_price-unit_amount_decimal */
const DECIMAL = /^\d+(\.\d{1,12})?$/;

const productFields = {
  active: flag.optional(),
  description: clearable.optional(),
  metadata: metadata.optional(),
  unit_label: clearable.optional(),
  url: clearable.optional(),
};

const priceFields = {
  active: flag.optional(),
  nickname: clearable.optional(),
  lookup_key: clearable.optional(),
  transfer_lookup_key: flag.optional(),
  metadata: metadata.optional(),
};

const interval = z.enum(['day', 'week', 'month', 'year']);

/** https://docs.stripe.com/api/products, https://docs.stripe.com/api/prices */
export const catalogEndpoints = [
  endpoint({
    method: 'post',
    path: '/v1/products',
    params: z.strictObject({ ...productFields, name: nonEmpty, id: nonEmpty.optional() }),
    run: (world, params) => createProduct(world, params),
  }),
  endpoint({
    method: 'get',
    path: '/v1/products',
    params: z.strictObject({ ...paging, created, active: flag.optional(), ids: z.array(nonEmpty).optional() }),
    run: (world, params) =>
      page(
        Object.values(world.state.products).filter(
          (each) =>
            (params.active === undefined || each.active === params.active) &&
            (params.ids === undefined || params.ids.includes(each.id)) &&
            matchesCreated(each.created, params.created),
        ),
        params,
        '/v1/products',
      ),
  }),
  endpoint({
    method: 'get',
    path: '/v1/products/:id',
    params: z.strictObject({}),
    run: (world, _params, id) => findProduct(world, id, 'id'),
  }),
  endpoint({
    method: 'post',
    path: '/v1/products/:id',
    params: z.strictObject({ ...productFields, name: nonEmpty.optional(), default_price: nonEmpty.optional() }),
    run: (world, params, id) => updateProduct(world, id, params),
  }),
  endpoint({
    method: 'post',
    path: '/v1/prices',
    params: z.strictObject({
      ...priceFields,
      currency: z.string().regex(/^[A-Za-z]{3}$/),
      unit_amount: integer.pipe(z.number().min(0)).optional(),
      unit_amount_decimal: z.string().regex(DECIMAL, 'a decimal of at most 12 places').optional(),
      billing_scheme: z.literal('per_unit').optional(),
      product: nonEmpty,
      recurring: z
        .strictObject({
          interval,
          interval_count: positive.optional(),
          usage_type: z.enum(['licensed', 'metered']).optional(),
          meter: nonEmpty.optional(),
        })
        .optional(),
    }),
    run: (world, params) => createPrice(world, params),
  }),
  endpoint({
    method: 'get',
    path: '/v1/prices',
    params: z.strictObject({
      ...paging,
      created,
      active: flag.optional(),
      currency: nonEmpty.optional(),
      lookup_keys: z.array(nonEmpty).max(MAX_LOOKUP_KEYS).optional(),
      product: nonEmpty.optional(),
      type: z.enum(['recurring', 'one_time']).optional(),
      recurring: z
        .strictObject({
          interval: interval.optional(),
          meter: nonEmpty.optional(),
          usage_type: z.enum(['licensed', 'metered']).optional(),
        })
        .optional(),
    }),
    run: (world, params) =>
      page(
        Object.values(world.state.prices).filter(
          (each) =>
            (params.active === undefined || each.active === params.active) &&
            (params.currency === undefined || each.currency === params.currency) &&
            (params.lookup_keys === undefined ||
              (each.lookup_key !== null && params.lookup_keys.includes(each.lookup_key))) &&
            (params.product === undefined || each.product === params.product) &&
            (params.type === undefined || each.type === params.type) &&
            (params.recurring?.interval === undefined || each.recurring?.interval === params.recurring.interval) &&
            (params.recurring?.meter === undefined || each.recurring?.meter === params.recurring.meter) &&
            (params.recurring?.usage_type === undefined ||
              each.recurring?.usage_type === params.recurring.usage_type) &&
            matchesCreated(each.created, params.created),
        ),
        params,
        '/v1/prices',
      ),
  }),
  endpoint({
    method: 'get',
    path: '/v1/prices/:id',
    params: z.strictObject({}),
    run: (world, _params, id) => findPrice(world, id, 'id'),
  }),
  endpoint({
    method: 'post',
    path: '/v1/prices/:id',
    params: z.strictObject(priceFields),
    run: (world, params, id) => updatePrice(world, id, params),
  }),
];
