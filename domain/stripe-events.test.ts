import { expect, test } from 'vitest';
import { eventLabel, knownEvent, STRIPE_EVENTS, subjectOf } from './stripe-events.ts';

test.each([
  ['an object of a customer', 'invoice.paid', { id: 'in_1', object: 'invoice', customer: 'cus_1' }, 'cus_1'],
  [
    'an expanded customer',
    'invoice.paid',
    { object: 'invoice', customer: { id: 'cus_2', object: 'customer' } },
    'cus_2',
  ],
  ['the customer itself', 'customer.deleted', { id: 'cus_3', object: 'customer' }, 'cus_3'],
  ['an upcoming invoice, which has no id', 'invoice.upcoming', { object: 'invoice', customer: 'cus_4' }, 'cus_4'],
  ['a product', 'product.created', { id: 'prod_1', object: 'product' }, null],
  ['a guest', 'charge.refunded', { id: 'ch_1', object: 'charge', customer: null }, null],
  ['a customer that can not be one', 'invoice.paid', { object: 'invoice', customer: 'cus_\u0000' }, null],
  ['nothing', 'invoice.paid', null, null],
])('the customer of %s', (_what, type, object, customerId) => {
  expect(subjectOf(type, object)).toEqual({ customerId, chargeId: null });
});

test('a card that was taken away is of the customer who had it', () => {
  const card = { id: 'pm_1', object: 'payment_method', customer: null };
  expect(subjectOf('payment_method.detached', card, { customer: 'cus_1' }).customerId).toBe('cus_1');
  expect(subjectOf('payment_method.updated', card, { customer: 'cus_1' }).customerId).toBeNull();
});

test('a dispute names a charge, by which its customer is found', () => {
  const dispute = { id: 'du_1', object: 'dispute', charge: 'ch_1', payment_intent: 'pi_1' };
  expect(subjectOf('charge.dispute.created', dispute)).toEqual({ customerId: null, chargeId: 'ch_1' });
});

test('metrics have a label for each type that is known and one for all others', () => {
  expect(eventLabel('invoice.paid')).toBe('invoice.paid');
  expect(eventLabel('some.type.of.tomorrow')).toBe('other');
  expect(eventLabel('toString')).toBe('other');
  for (const type of Object.keys(STRIPE_EVENTS)) expect(knownEvent(type)?.does).toMatch(/^\w.*\.$/);
});
