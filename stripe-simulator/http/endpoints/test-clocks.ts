import { z } from 'zod';
import { findClock } from '../../engine/clock.ts';
import { page } from '../../engine/lists.ts';
import { beginAdvance, createTestClock, deleteTestClock } from '../../engine/test-clocks.ts';
import { endpoint } from '../endpoint.ts';
import { nonEmpty, paging, positive } from '../parameters.ts';

/** https://docs.stripe.com/api/test_clocks */
export const testClockEndpoints = [
  endpoint({
    method: 'post',
    path: '/v1/test_helpers/test_clocks',
    params: z.strictObject({ frozen_time: positive, name: nonEmpty.optional() }),
    run: (world, params) => createTestClock(world, params.frozen_time, params.name ?? null),
  }),
  endpoint({
    method: 'get',
    path: '/v1/test_helpers/test_clocks',
    params: z.strictObject(paging),
    run: (world, params) => page(Object.values(world.state.testClocks), params, '/v1/test_helpers/test_clocks'),
  }),
  endpoint({
    method: 'get',
    path: '/v1/test_helpers/test_clocks/:id',
    params: z.strictObject({}),
    run: (world, _params, id) => findClock(world, id, 'id'),
  }),
  endpoint({
    method: 'post',
    path: '/v1/test_helpers/test_clocks/:id/advance',
    params: z.strictObject({ frozen_time: positive }),
    run: (world, params, id) => beginAdvance(world, id, params.frozen_time),
  }),
  endpoint({
    method: 'delete',
    path: '/v1/test_helpers/test_clocks/:id',
    params: z.strictObject({}),
    run: (world, _params, id) => {
      deleteTestClock(world, id);
      return { id, object: 'test_helpers.test_clock', deleted: true };
    },
  }),
];
