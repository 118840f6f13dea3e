import Stripe from 'stripe';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type RunningSimulator, runReceiver, runSimulator, seconds } from './running-simulator.ts';

vi.setConfig({ testTimeout: 30_000 });

const START = '2026-01-11T00:00:00Z';
let simulator: RunningSimulator;
let stripe: Stripe;
beforeAll(async () => {
  simulator = await runSimulator();
  stripe = simulator.stripe;
});
afterAll(() => simulator.stop());

const advance = (clock: string, to: string) => simulator.control('POST', `/_sim/clocks/${clock}/advance`, { to });
let meters = 0;

/** A customer whose subscription charges half a cent for each unit that a meter counts. */
async function metered(formula: 'sum' | 'count' | 'last' = 'sum') {
  meters += 1;
  const event_name = `requests_${meters}`;
  const meter = await stripe.billing.meters.create({
    display_name: 'Requests',
    event_name,
    default_aggregation: { formula },
  });
  const product = await stripe.products.create({ name: 'Requests' });
  const price = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount_decimal: Stripe.Decimal.from('0.5'),
    recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
  });
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: seconds(START) });
  const customer = await stripe.customers.create({ test_clock: clock.id });
  const card = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: card.id } });
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  const report = (value: string, identifier: string, at?: string) =>
    stripe.billing.meterEvents.create({
      event_name,
      identifier,
      payload: { stripe_customer_id: customer.id, value },
      ...(at ? { timestamp: seconds(at) } : {}),
    });
  return { meter, clock, customer, subscription, event_name, report };
}

test('usage is summed on the invoice of its period, what comes in while it is a draft included', async () => {
  const { clock, meter, customer, subscription, report } = await metered();
  await report('1000.5', 'a');
  await advance(clock.id, '2026-01-20T00:00:00Z');
  await report('300', 'b');
  await advance(clock.id, '2026-02-11T00:00:00Z');
  const draft = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice'] });
  expect((draft.latest_invoice as Stripe.Invoice).amount_due).toBe(650);
  await report('100', 'c', '2026-02-10T23:59:59Z');
  await report('7000', 'd', '2026-02-11T00:00:00Z');
  await advance(clock.id, '2026-02-11T01:00:00Z');
  const paid = await stripe.invoices.retrieve((draft.latest_invoice as Stripe.Invoice).id);
  expect(paid).toMatchObject({ status: 'paid', amount_paid: 700 });
  expect(paid.lines.data[0]?.quantity_decimal?.toString()).toBe('1400.5');
  const sums = await stripe.billing.meters.listEventSummaries(meter.id, {
    customer: customer.id,
    start_time: seconds('2026-01-11T00:00:00Z'),
    end_time: seconds('2026-02-11T00:00:00Z'),
  });
  expect(sums.data[0]?.aggregated_value).toBe(1400.5);
});

test('an identifier counts once within a day, and again after it', async () => {
  const { clock, customer, report } = await metered();
  await report('10', 'same');
  await expect(report('10', 'same')).rejects.toMatchObject({ code: 'duplicate_meter_event' });
  await advance(clock.id, '2026-01-13T00:00:00Z');
  await report('10', 'same', START);
  await advance(clock.id, '2026-02-11T01:00:00Z');
  expect((await stripe.invoices.list({ customer: customer.id })).data[0]?.amount_paid).toBe(10);
});

test('usage from too long ago, or from the future, is refused, and so is what no meter counts', async () => {
  const { report } = await metered();
  await expect(report('1', 'old', '2025-12-06T23:59:59Z')).rejects.toMatchObject({ code: 'timestamp_too_far_in_past' });
  await expect(report('1', 'ahead', '2026-01-11T00:05:01Z')).rejects.toMatchObject({ code: 'timestamp_in_future' });
  await report('1', 'edge', '2026-01-11T00:05:00Z');
  await expect(
    stripe.billing.meterEvents.create({ event_name: 'nothing', payload: { stripe_customer_id: 'cus_1', value: '1' } }),
  ).rejects.toMatchObject({ statusCode: 400 });
});

test('usage is taken back within a day, and a meter counts or keeps the last as it is told', async () => {
  const summed = await metered();
  await summed.report('500', 'wrong');
  await summed.report('100', 'right');
  const adjustment = await stripe.billing.meterEventAdjustments.create({
    event_name: summed.event_name,
    type: 'cancel',
    cancel: { identifier: 'wrong' },
  });
  expect(adjustment.status).toBe('pending');
  const counted = await metered('count');
  const last = await metered('last');
  for (const each of [counted, last]) {
    await each.report('40', `${each.event_name} x`, '2026-01-11T00:01:00Z');
    await each.report('60', `${each.event_name} y`, '2026-01-11T00:00:00Z');
  }
  const amounts = [];
  for (const { clock, customer } of [summed, counted, last]) {
    await advance(clock.id, '2026-02-11T01:00:00Z');
    amounts.push((await stripe.invoices.list({ customer: customer.id })).data[0]?.amount_paid);
  }
  expect(amounts).toEqual([50, 1, 20]);
});

test('what can not be counted is reported by a thin event, and its data are fetched', async () => {
  const receiver = await runReceiver();
  try {
    const destination = await stripe.v2.core.eventDestinations.create({
      name: 'Usage errors',
      type: 'webhook_endpoint',
      event_payload: 'thin',
      enabled_events: ['v1.billing.meter.error_report_triggered'],
      webhook_endpoint: { url: receiver.url },
      include: ['webhook_endpoint.signing_secret'],
    });
    expect((await stripe.webhookEndpoints.list()).data).toHaveLength(0);
    const secret = destination.webhook_endpoint?.signing_secret ?? '';
    const { meter, event_name, report } = await metered();
    await report('many', 'not a number');
    await stripe.billing.meterEvents.create({ event_name, payload: { stripe_customer_id: 'cus_none', value: '1' } });
    await expect.poll(() => receiver.received.length, { timeout: 5_000 }).toBe(2);
    const codes = [];
    for (const { body, signature } of receiver.received) {
      const notification = stripe.parseEventNotification(body, signature, secret);
      if (notification.type !== 'v1.billing.meter.error_report_triggered') throw new Error(notification.type);
      expect(JSON.parse(body)).not.toHaveProperty('data');
      expect(notification.related_object.id).toBe(meter.id);
      const event = (await notification.fetchEvent()) as { data: { reason: { error_types: { code: string }[] } } };
      codes.push(event.data.reason.error_types[0]?.code);
    }
    expect(codes.sort()).toEqual(['meter_event_customer_not_found', 'meter_event_invalid_value']);
  } finally {
    await receiver.stop();
  }
});
