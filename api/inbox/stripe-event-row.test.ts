import { expect, test } from 'vitest';
import { toStripeEventRow } from './stripe-event-row.ts';

const event = (object: unknown, rest = {}) => ({
  id: 'evt_1',
  object: 'event',
  type: 'invoice.paid',
  api_version: '2026-10-28.endive',
  livemode: false,
  created: 1_772_953_199,
  data: { object },
  ...rest,
});

test.each([
  ['an object of the customer', { id: 'in_1', object: 'invoice', customer: 'cus_1' }, 'cus_1'],
  ['an expanded customer', { id: 'in_1', object: 'invoice', customer: { id: 'cus_2', object: 'customer' } }, 'cus_2'],
  ['the customer itself', { id: 'cus_3', object: 'customer' }, 'cus_3'],
  ['a price', { id: 'price_1', object: 'price' }, null],
  ['a guest', { id: 'ch_1', object: 'charge', customer: null }, null],
])('the customer of an event about %s', (_about, object, customerId) => {
  expect(toStripeEventRow(event(object))?.customerId).toBe(customerId);
});

test("keeps the event's own facts", () => {
  expect(toStripeEventRow(event({ id: 'price_1', object: 'price' }))).toEqual({
    id: 'evt_1',
    type: 'invoice.paid',
    customerId: null,
    apiVersion: '2026-10-28.endive',
    livemode: false,
    createdAt: '2026-03-08T06:59:59.000Z',
  });
});

test.each([
  ['null', null],
  ['a list', []],
  ['a number', 7],
  ['no id', event({}, { id: undefined })],
  ['a zero byte, which PostgreSQL refuses', event({}, { id: 'evt_\u0000' })],
  ['an endless id', event({}, { id: 'e'.repeat(300) })],
  ['a second beyond the calendar', event({}, { created: 1e15 })],
  ['no object', event(undefined)],
])('%s is not an event', (_what, json) => {
  expect(toStripeEventRow(json)).toBeNull();
});

test('a customer that can not be one is nobody', () => {
  expect(toStripeEventRow(event({ id: 'in_1', object: 'invoice', customer: 'cus_\u0000' }))?.customerId).toBeNull();
});
