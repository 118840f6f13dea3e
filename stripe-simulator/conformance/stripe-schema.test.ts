import { expect, test } from 'vitest';
import { readStripeDocument } from './stripe-document.ts';
import { createStripeSchema } from './stripe-schema.ts';

const schema = createStripeSchema(readStripeDocument());
const refund = {
  id: 're_1',
  object: 'refund',
  amount: 100,
  balance_transaction: null,
  charge: 'ch_1',
  created: 1,
  currency: 'usd',
  metadata: {},
  payment_intent: null,
  reason: null,
  receipt_number: null,
  source_transfer_reversal: null,
  status: 'succeeded',
  transfer_reversal: null,
};

test('an object of the right form passes, and each kind of fault is named with its path', () => {
  expect(schema.faultsOfObject(refund)).toEqual([]);
  const faults: [object, string][] = [
    [{ ...refund, amount: '100' }, 'refund.amount is string, no integer'],
    [{ ...refund, amount: undefined }, 'refund.amount is missing'],
    [{ ...refund, amount: null }, 'refund.amount is null'],
    [{ ...refund, colour: 'red' }, 'refund.colour is unknown'],
    [{ ...refund, reason: 'whim' }, 'refund.reason is "whim", none of its values'],
    [{ ...refund, charge: { object: 'charge', id: 7 } }, 'refund.charge.id is number, no string'],
    [{ ...refund, metadata: { a: 1 } }, 'refund.metadata.a is number, no string'],
  ];
  for (const [object, fault] of faults) expect(schema.faultsOfObject(object)).toContain(fault);
});

test('an answer is judged by its endpoint, whose lists by what is in them', () => {
  const list = { object: 'list', has_more: false, url: '/v1/refunds', data: [refund] };
  expect(schema.faultsOfAnswer('GET', '/v1/refunds', 200, list)).toEqual([]);
  const wrong = { ...list, has_more: 'no', data: [{ ...refund, amount: 1.5 }] };
  expect(schema.faultsOfAnswer('GET', '/v1/refunds', 200, wrong)).toEqual([
    'list.has_more is string, no boolean',
    'refund.amount is number, no integer',
  ]);
  expect(schema.faultsOfAnswer('GET', '/v1/refunds/re_1', 404, { error: { type: 'invalid_request_error' } })).toEqual(
    [],
  );
  expect(schema.faultsOfAnswer('GET', '/v1/nothing', 200, refund)).toEqual(['GET /v1/nothing is not in the document']);
});
