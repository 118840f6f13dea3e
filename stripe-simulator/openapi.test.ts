import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import Stripe from 'stripe';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { changeCard, type RunningSimulator, runSimulator, subscribe } from './running-simulator.ts';

/** Stripe's own stand-in carries Stripe's OpenAPI document; it is a few months older than the version spoken here. */
const STRIPE_MOCK = 'github.com/stripe/stripe-mock@v0.203.0';

vi.setConfig({ testTimeout: 30_000 });

let simulator: RunningSimulator;
let validators: Map<string, ValidateFunction>;

beforeAll(async () => {
  simulator = await runSimulator();
  validators = compile(stripesDocument());
}, 120_000);
afterAll(() => simulator.stop());

const get = async (path: string) => {
  const answer = await fetch(`${simulator.url}${path}`, { headers: { authorization: 'Bearer sk_test_x' } });
  return (await answer.json()) as { object: string; data: WireObject[] };
};

test("every object that is answered or sent as an event has the form of Stripe's OpenAPI document", async () => {
  const { stripe } = simulator;
  const { clock, customer, subscription } = await subscribe(stripe, { at: '2026-01-10T12:00:00Z' });
  await changeCard(stripe, customer.id, 'pm_card_chargeCustomerFail');
  await simulator.control('POST', `/_sim/clocks/${clock.id}/advance`, { to: '2026-02-10T13:00:00Z' });
  const good = await changeCard(stripe, customer.id, 'pm_card_visa');
  const [open] = (await stripe.invoices.list({ subscription: subscription.id, status: 'open' })).data;
  await stripe.invoices.pay(open?.id ?? '', { payment_method: good.id });
  await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
  await simulator.control('POST', `/_sim/clocks/${clock.id}/advance`, { to: '2026-03-10T13:00:00Z' });
  await subscribe(stripe, { at: '2026-01-10T12:00:00Z', subscription: { trial_period_days: 7 } });
  await subscribe(stripe, { at: '2026-01-10T12:00:00Z', card: 'pm_card_chargeCustomerFail' });
  await stripe.webhookEndpoints.create({ url: 'http://127.0.0.1:15149/', enabled_events: ['product.deleted'] });

  const meter = await stripe.billing.meters.create({
    display_name: 'Memory',
    event_name: 'memory',
    default_aggregation: { formula: 'sum' },
  });
  await stripe.prices.create({
    product: (await stripe.products.create({ name: 'Memory' })).id,
    currency: 'usd',
    unit_amount_decimal: Stripe.Decimal.from('0.5'),
    recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
  });
  await stripe.billingPortal.configurations.create({ features: { invoice_history: { enabled: true } } });
  const changing = await subscribe(stripe, { at: '2026-01-10T12:00:00Z' });
  const items = [{ id: changing.subscription.items.data[0]?.id ?? '', quantity: 2 }];
  await stripe.subscriptions.update(changing.subscription.id, { items, proration_behavior: 'always_invoice' });
  await changeCard(stripe, changing.customer.id, 'pm_card_chargeCustomerFail');
  await stripe.subscriptions.update(changing.subscription.id, {
    items: items.map(({ id }) => ({ id, quantity: 3 })),
    proration_behavior: 'always_invoice',
    payment_behavior: 'pending_if_incomplete',
  });

  const lists = await Promise.all(
    [
      `/v1/customers?test_clock=${clock.id}`,
      `/v1/subscriptions?status=all&customer=${customer.id}&expand[]=data.latest_invoice.payments`,
      `/v1/payment_methods?customer=${customer.id}`,
      '/v1/invoices?limit=100',
      '/v1/invoice_payments?limit=100',
      '/v1/payment_intents?limit=100',
      '/v1/charges?limit=100',
      '/v1/products',
      '/v1/prices',
      '/v1/billing/meters',
      '/v1/billing_portal/configurations',
      '/v1/test_helpers/test_clocks',
      '/v1/webhook_endpoints',
      '/v1/events?limit=100',
    ].map(get),
  );
  const objects = lists.flatMap(({ data }) => data);
  const inEvents = objects
    .filter((each) => each.object === 'event')
    .map(({ type, data }) => {
      const object = data?.object as WireObject;
      // An invoice that is to come has none yet, whatever the document says of invoices.
      return type === 'invoice.upcoming' ? { id: 'in_to_come', ...object } : object;
    });
  const wrong = [...objects, ...inEvents].flatMap(faultsOf);
  expect([...new Set(wrong)]).toEqual([]);
  expect(new Set(objects.map(({ object }) => object)).size).toBe(14);
  for (const each of objects) expect(faultsOf({ ...each, created: 'yesterday' } as WireObject)).not.toEqual([]);
});

interface WireObject {
  object: string;
  type?: string;
  data?: { object?: unknown };
}

function faultsOf(object: WireObject): string[] {
  const validate = validators.get(object.object);
  if (!validate) return [`${object.object}: no schema`];
  validate(object);
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${object.object}${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

function stripesDocument(): { components: { schemas: Record<string, Json> } } {
  const said = execFileSync('go', ['mod', 'download', '-json', STRIPE_MOCK], { cwd: tmpdir(), encoding: 'utf8' });
  const { Dir } = JSON.parse(said) as { Dir: string };
  return JSON.parse(readFileSync(join(Dir, 'embedded/openapi/spec3.json'), 'utf8'));
}

function compile(document: { components: { schemas: Record<string, Json> } }): Map<string, ValidateFunction> {
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema({ $id: 'stripe', components: withNullable(document.components) as object });
  const names = Object.entries(document.components.schemas).flatMap(([name, schema]) => {
    const object = (schema as { properties?: { object?: { enum?: string[] } } }).properties?.object?.enum?.[0];
    return object && !name.startsWith('deleted_') && !name.includes('v2') ? [[object, name] as const] : [];
  });
  const spoken = new Set(
    (
      'billing.meter billing_portal.configuration charge customer event invoice invoice_payment payment_intent payment_method price product subscription ' +
      'test_helpers.test_clock webhook_endpoint'
    ).split(' '),
  );
  return new Map(
    names
      .filter(([object, name]) => spoken.has(object) && name === object)
      .map(([object, name]) => [object, ajv.compile({ $ref: `stripe#/components/schemas/${name}` })]),
  );
}

/** OpenAPI 3.0 writes `nullable: true` where JSON Schema writes a union with null. */
function withNullable(node: Json): Json {
  if (Array.isArray(node)) return node.map(withNullable);
  if (node === null || typeof node !== 'object') return node;
  const { nullable, ...rest } = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, withNullable(value)]),
  );
  return nullable === true ? { anyOf: [{ type: 'null' }, rest] } : rest;
}
