import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type RunningSimulator, runReceiver, runSimulator, subscribe } from './running-simulator.ts';

// Other parts may load the machine while this runs.
vi.setConfig({ testTimeout: 30_000 });

let simulator: RunningSimulator;
beforeAll(async () => {
  simulator = await runSimulator();
});
afterAll(() => simulator.stop());

interface DeliveryAnswer {
  id: string;
  event: string;
  type: string;
  status: string;
  held: boolean;
  attempts: { status: number | null; error: string | null }[];
}

const deliveriesOf = async (customer: string) =>
  (await simulator.control<{ deliveries: DeliveryAnswer[] }>('GET', `/_sim/deliveries?customer=${customer}`))
    .deliveries;
const settle = (customer: string | null, timeoutMs = 10_000) =>
  simulator.control<{ settled: boolean; pending: number }>('POST', '/_sim/deliveries/settle', { customer, timeoutMs });

test('every event is delivered with a signature that the official client accepts, and a changed byte is refused', async () => {
  const receiver = await runReceiver();
  const { stripe } = simulator;
  const endpoint = await stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: ['*'] });
  const secret = endpoint.secret ?? '';
  const { customer, subscription } = await subscribe(stripe, { at: '2026-01-10T12:00:00Z' });
  expect((await settle(null)).settled).toBe(true);

  const events = receiver.received.map(({ body, signature }) =>
    stripe.webhooks.constructEvent(body, signature, secret),
  );
  const created = events.find((event) => event.type === 'customer.subscription.created');
  expect(created?.data.object).toMatchObject({ id: subscription.id, status: 'active', customer: customer.id });
  expect(created?.request?.id).toMatch(/^req_/);
  expect(created?.pending_webhooks).toBe(1);
  const stored = await stripe.events.retrieve(created?.id ?? '');
  expect(stored.pending_webhooks).toBe(0);
  expect(events.map((event) => event.type)).not.toContain('customer.subscription.updated');

  const [first] = receiver.received;
  if (!first) throw new Error('nothing was delivered');
  expect(() => stripe.webhooks.constructEvent(`${first.body} `, first.signature, secret)).toThrow();
  expect((await stripe.webhookEndpoints.retrieve(endpoint.id)).secret).toBeUndefined();
  await stripe.webhookEndpoints.del(endpoint.id);
  await receiver.stop();
});

test('a delivery that is not answered with 2xx is retried until it is', async () => {
  const receiver = await runReceiver({ answers: [503, 302] });
  const { stripe } = simulator;
  const endpoint = await stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: ['customer.created'] });
  const customer = await stripe.customers.create({ name: 'Bo' });
  expect(await settle(customer.id)).toEqual({ settled: true, pending: 0 });
  const [delivery] = await deliveriesOf(customer.id);
  expect(delivery?.status).toBe('delivered');
  expect(delivery?.attempts.map(({ status }) => status)).toEqual([503, 302, 200]);
  expect(receiver.received.map(({ body }) => JSON.parse(body).id)).toEqual(Array(3).fill(delivery?.event));
  await stripe.webhookEndpoints.del(endpoint.id);
  await receiver.stop();
});

test('deliveries can be held, released, doubled, dropped and sent again', async () => {
  const receiver = await runReceiver();
  const { stripe, control } = simulator;
  const endpoint = await stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: ['customer.updated'] });
  const customer = (await stripe.customers.create({ name: 'Cy' })).id;
  const fault = (deliveries: string) => control('POST', '/_sim/faults', { customer, deliveries });

  await fault('hold');
  await stripe.customers.update(customer, { name: 'Held' });
  expect(await settle(customer)).toEqual({ settled: true, pending: 0 });
  expect(receiver.received).toHaveLength(0);
  expect((await deliveriesOf(customer))[0]).toMatchObject({ status: 'pending', held: true });
  await fault('release');
  await settle(customer);
  expect(receiver.received).toHaveLength(1);

  await fault('duplicate');
  await stripe.customers.update(customer, { name: 'Doubled' });
  await settle(customer);
  expect(receiver.received).toHaveLength(3);

  await fault('drop');
  await stripe.customers.update(customer, { name: 'Dropped' });
  const dropped = (await deliveriesOf(customer)).at(-1);
  expect(dropped?.status).toBe('dropped');
  expect(receiver.received).toHaveLength(3);

  await fault('shuffle');
  await control('POST', `/_sim/events/${dropped?.event}/redeliver`);
  await settle(customer);
  expect(JSON.parse(receiver.received.at(-1)?.body ?? '{}').id).toBe(dropped?.event);
  await stripe.webhookEndpoints.del(endpoint.id);
  await receiver.stop();
});

test('API calls fail as asked for; an answer that is lost has taken effect and is replayed by its key', async () => {
  const { stripe, control } = simulator;
  const customer = (await stripe.customers.create({ name: 'Di' })).id;
  await control('POST', '/_sim/faults', { customer, failApi: { count: 1, status: 503 } });
  await expect(stripe.customers.retrieve(customer)).rejects.toMatchObject({ statusCode: 503 });
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ name: 'Di' });

  await control('POST', '/_sim/faults', { customer, failApi: { count: 1, status: 500, answerLost: true } });
  const rename = (name: string) => stripe.customers.update(customer, { name }, { idempotencyKey: `lost-${customer}` });
  await expect(rename('Do')).rejects.toMatchObject({ statusCode: 500 });
  expect(await rename('Do')).toMatchObject({ name: 'Do' });
  const updates = (await stripe.events.list({ type: 'customer.updated', limit: 100 })).data;
  expect(updates.filter((event) => (event.data.object as { id: string }).id === customer)).toHaveLength(1);
});

test('events and their deliveries go to loopback addresses only', async () => {
  const create = simulator.stripe.webhookEndpoints.create({ url: 'https://example.com/hook', enabled_events: ['*'] });
  await expect(create).rejects.toMatchObject({ code: 'not_simulated' });
});
