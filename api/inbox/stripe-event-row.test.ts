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

test("keeps the event's own facts", () => {
  expect(toStripeEventRow(event({ id: 'price_1', object: 'price' }))).toEqual({
    id: 'evt_1',
    type: 'invoice.paid',
    customerId: null,
    chargeId: null,
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

test('keeps whom it is about: the customer, of a dispute the charge', () => {
  expect(toStripeEventRow(event({ id: 'in_1', object: 'invoice', customer: 'cus_1' }))?.customerId).toBe('cus_1');
  const dispute = event({ id: 'du_1', object: 'dispute', charge: 'ch_1' }, { type: 'charge.dispute.created' });
  expect(toStripeEventRow(dispute)).toMatchObject({ customerId: null, chargeId: 'ch_1' });
});

test('a thin event is an event without a customer', () => {
  const thin = {
    id: 'evt_test_65R9Ijk8dKEYZcXeRWn16R9A7j1FSQ3w3TGDPLLGSM4CW0',
    object: 'v2.core.event',
    type: 'v1.billing.meter.error_report_triggered',
    livemode: false,
    created: '2026-03-08T06:59:59.000Z',
    related_object: { id: 'mtr_1', type: 'billing.meter', url: '/v1/billing/meters/mtr_1' },
  };
  expect(toStripeEventRow(thin)).toEqual({
    id: thin.id,
    type: thin.type,
    customerId: null,
    chargeId: null,
    apiVersion: null,
    livemode: false,
    createdAt: thin.created,
  });
});
