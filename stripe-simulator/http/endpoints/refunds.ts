import { z } from 'zod';
import { closeDispute, EVIDENCE_TEXTS, findDispute, updateDispute } from '../../engine/disputes.ts';
import { matchesCreated, page } from '../../engine/lists.ts';
import { createRefund, findRefund, updateRefund } from '../../engine/refunds.ts';
import { endpoint } from '../endpoint.ts';
import { created, flag, metadata, nonEmpty, paging, positive, text } from '../parameters.ts';

const evidence = z.partialRecord(z.enum(EVIDENCE_TEXTS), text);

/** Refunds and disputes are listed alike: by charge, by payment intent and by when they were made. */
const listOfPayments = (kind: 'refunds' | 'disputes') =>
  endpoint({
    method: 'get',
    path: `/v1/${kind}`,
    params: z.strictObject({
      ...paging,
      created,
      charge: nonEmpty.optional(),
      payment_intent: nonEmpty.optional(),
    }),
    run: (world, params) =>
      page(
        Object.values(world.state[kind]).filter(
          (each) =>
            (params.charge === undefined || each.charge === params.charge) &&
            (params.payment_intent === undefined || each.payment_intent === params.payment_intent) &&
            matchesCreated(each.created, params.created),
        ),
        params,
        `/v1/${kind}`,
      ),
  });

/** https://docs.stripe.com/api/refunds, https://docs.stripe.com/api/disputes */
export const refundEndpoints = [
  endpoint({
    method: 'post',
    path: '/v1/refunds',
    params: z.strictObject({
      amount: positive.optional(),
      charge: nonEmpty.optional(),
      payment_intent: nonEmpty.optional(),
      reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
      metadata: metadata.optional(),
    }),
    run: (world, params) => createRefund(world, params),
  }),
  listOfPayments('refunds'),
  endpoint({
    method: 'get',
    path: '/v1/refunds/:id',
    params: z.strictObject({}),
    run: (world, _params, id) => findRefund(world, id),
  }),
  endpoint({
    method: 'post',
    path: '/v1/refunds/:id',
    params: z.strictObject({ metadata: metadata.optional() }),
    run: (world, params, id) => updateRefund(world, id, params.metadata),
  }),
  listOfPayments('disputes'),
  endpoint({
    method: 'get',
    path: '/v1/disputes/:id',
    params: z.strictObject({}),
    run: (world, _params, id) => findDispute(world, id),
  }),
  endpoint({
    method: 'post',
    path: '/v1/disputes/:id',
    params: z.strictObject({ evidence: evidence.optional(), metadata: metadata.optional(), submit: flag.optional() }),
    run: (world, params, id) => updateDispute(world, id, params),
  }),
  // The merchant gives in: https://docs.stripe.com/api/disputes/close
  endpoint({
    method: 'post',
    path: '/v1/disputes/:id/close',
    params: z.strictObject({}),
    run: (world, _params, id) => {
      const dispute = findDispute(world, id);
      closeDispute(world, dispute, 'lost');
      return dispute;
    },
  }),
];
