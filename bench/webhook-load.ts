import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { Stripe } from 'stripe';
import { percentile } from './percentile.ts';

/** What a round of load is asked for; the load generator's one argument, as JSON. */
export interface LoadOrder {
  url: string;
  secret: string;
  /** Begins the ids of its events. */
  prefix: string;
  events: number;
  concurrency: number;
  /** Whose events they are. */
  customers: string[];
  /** Events a second; absent: as many as are answered. */
  perSecond?: number;
}

/** What came of it; printed as JSON. */
export interface LoadReport {
  seconds: number;
  accepted: number;
  refused: number;
  latencyP50Ms: number;
  latencyP99Ms: number;
  /** Wall time of the answer to each customer's first event, in ms since 1970. */
  firstAnswerAt: Record<string, number>;
}

const BODY_BYTES = 4_096;

async function load(order: LoadOrder): Promise<LoadReport> {
  const posts = Array.from({ length: order.events }, (_, index) => sign(order, index));
  const agent = new Agent({ keepAlive: true, maxSockets: order.concurrency });
  const latencies: number[] = [];
  const firstAnswerAt: Record<string, number> = {};
  let accepted = 0;
  let next = 0;
  const began = performance.now();

  async function post(): Promise<void> {
    for (;;) {
      const index = next++;
      const each = posts[index];
      if (!each) return;
      if (order.perSecond) await delay(Math.max(0, began + (index * 1_000) / order.perSecond - performance.now()));
      const sentAt = performance.now();
      const status = await send(agent, order.url, each);
      latencies.push(performance.now() - sentAt);
      if (status !== 200) continue;
      accepted += 1;
      firstAnswerAt[each.customer] ??= Date.now();
    }
  }
  await Promise.all(Array.from({ length: order.concurrency }, post));
  const seconds = (performance.now() - began) / 1_000;
  agent.destroy();
  return {
    seconds,
    accepted,
    refused: order.events - accepted,
    latencyP50Ms: percentile(latencies, 0.5),
    latencyP99Ms: percentile(latencies, 0.99),
    firstAnswerAt,
  };
}

interface SignedPost {
  body: Buffer;
  signature: string;
  customer: string;
}

/** A renewal sends several events about one customer close together: neighbours share theirs. */
function sign({ prefix, secret, customers, events }: LoadOrder, index: number): SignedPost {
  const customer = customers[Math.floor((index * customers.length) / events)] ?? '';
  const event = {
    id: `evt_${prefix}_${index}`,
    object: 'event',
    type: 'invoice.paid',
    api_version: Stripe.API_VERSION,
    created: Math.floor(Date.now() / 1_000),
    livemode: false,
    data: { object: { id: `in_${prefix}_${index}`, object: 'invoice', customer, description: '' } },
  };
  event.data.object.description = 'x'.repeat(Math.max(0, BODY_BYTES - JSON.stringify(event).length));
  const payload = JSON.stringify(event);
  return {
    customer,
    body: Buffer.from(payload),
    signature: Stripe.webhooks.generateTestHeaderString({ payload, secret }),
  };
}

function send(agent: Agent, url: string, { body, signature }: SignedPost): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      'content-length': body.length,
      'stripe-signature': signature,
    };
    const posted = request(url, { method: 'POST', agent, headers }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
      answer.on('error', reject);
    });
    posted.on('error', reject);
    posted.end(body);
  });
}

let given = '';
for await (const chunk of process.stdin) given += chunk;
process.stdout.write(JSON.stringify(await load(JSON.parse(given) as LoadOrder)));
