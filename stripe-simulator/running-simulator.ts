import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import Stripe from 'stripe';
import { createLogger } from '#telemetry/logger.ts';
import { createRecorder } from './conformance/recorder.ts';
import { recorded } from './conformance/recording.ts';
import { recordingFolder } from './conformance/settings.ts';
import { API_VERSION } from './engine/api-version.ts';
import type { CollectionPolicy } from './engine/world.ts';
import { createSimulator } from './simulator.ts';

const HOST = '127.0.0.1';

/** A simulator that listens, for tests: they speak to it over HTTP and never look into its memory. */
export interface RunningSimulator {
  url: string;
  stripe: Stripe;
  /** A request to the control surface; throws on anything but 2xx. */
  control<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<T>;
  /** Throws when anything that was answered or sent as an event does not have the form of Stripe's schema. */
  stop(): Promise<void>;
}

export interface RunOptions {
  policy?: CollectionPolicy;
  wallMs?: () => number;
}

export async function runSimulator(options: RunOptions = {}): Promise<RunningSimulator> {
  const folder = mkdtempSync(join(tmpdir(), 'stripe-simulator-'));
  // It has to know its address before it answers anything.
  let answer: (request: Request) => Response | Promise<Response> = () => new Response(null, { status: 503 });
  const server = serve({ fetch: (request) => answer(request), hostname: HOST, port: 0 });
  await new Promise<void>((resolve, reject) => server.once('listening', resolve).once('error', reject));
  const { port } = server.address() as AddressInfo;
  const url = `http://${HOST}:${port}`;
  const simulator = createSimulator({
    statePath: join(folder, 'state.json'),
    publicUrl: url,
    logger: createLogger('stripe-simulator', 'fatal'),
    ...options,
  });
  const recorder = createRecorder((request) => simulator.app.fetch(request));
  answer = recorded(recorder.fetch, recordingFolder());
  return {
    url,
    stripe: clientFor(port),
    control: (method, path, body) => control(url, method, path, body),
    async stop() {
      await new Promise((resolve) => {
        server.close(resolve);
        if ('closeAllConnections' in server) server.closeAllConnections();
      });
      await recorder.finish().finally(() => simulator.close());
      rmSync(folder, { recursive: true });
    },
  };
}

/** The official client, pointed at a simulator. */
export function clientFor(port: number): Stripe {
  return new Stripe('sk_test_simulator', {
    host: HOST,
    port,
    protocol: 'http',
    apiVersion: API_VERSION,
    maxNetworkRetries: 0,
    telemetry: false,
  });
}

export async function control<T>(url: string, method: 'GET' | 'POST', path: string, body?: object): Promise<T> {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

export interface Received {
  body: string;
  signature: string;
}

/** An endpoint that webhooks are delivered to. `answers` are given in turn; after them, 200. Default of `port`: a free one. */
export async function runReceiver({ answers = [], port = 0 }: { answers?: number[]; port?: number } = {}) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({
        body: Buffer.concat(chunks).toString('utf8'),
        signature: String(request.headers['stripe-signature']),
      });
      response.statusCode = answers.shift() ?? 200;
      response.end();
    });
  });
  await new Promise<void>((resolve, reject) => server.listen(port, HOST, resolve).once('error', reject));
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}/webhook`,
    received,
    async stop() {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
}

/** A customer on a clock of its own with a card and a monthly subscription. */
export async function subscribe(
  stripe: Stripe,
  options: { at: string; card?: string; subscription?: Partial<Stripe.SubscriptionCreateParams> },
) {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: seconds(options.at) });
  const customer = await stripe.customers.create({ email: 'ann@example.test', test_clock: clock.id });
  const card = await stripe.paymentMethods.attach(options.card ?? 'pm_card_visa', { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: card.id } });
  const product = await stripe.products.create({ name: 'Plan' });
  const price = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount: 2900,
    recurring: { interval: 'month' },
  });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    ...options.subscription,
  });
  return { clock, customer, card, price, subscription };
}

/** Swaps the default card for one that fails on charge, or back for a good one. */
export async function changeCard(stripe: Stripe, customer: string, token: string): Promise<Stripe.PaymentMethod> {
  const card = await stripe.paymentMethods.attach(token, { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: card.id } });
  return card;
}

export function seconds(instant: string): number {
  return Date.parse(instant) / 1000;
}

export function iso(unixSeconds: number | null | undefined): string | null {
  return typeof unixSeconds === 'number' ? new Date(unixSeconds * 1000).toISOString() : null;
}
