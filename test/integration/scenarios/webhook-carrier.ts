import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { subjectOf } from '#domain/stripe-events.ts';
import { CustomerRoute } from './customer-route.ts';
import type { Letter } from './letter.ts';

const HOST = '127.0.0.1';

interface SentEvent {
  type: string;
  created: number | string;
  data?: { object: unknown; previous_attributes?: unknown };
}

/**
 * Stands between Stripe and the API's webhook endpoint and passes on what it is given, byte by byte. Customers with a route of
 * their own get theirs as the route says: late, several times, never.
 */
export class WebhookCarrier {
  /** Where webhooks are taken, by each of several processes; to be set before anything is carried. Each gets all. */
  targets: string[] = [];
  /** What the processes answer does not reach Stripe. */
  losesAnswers = false;
  readonly url: string;
  private readonly routes = new Map<string, CustomerRoute>();
  private readonly server: ReturnType<typeof createServer>;

  private constructor(server: ReturnType<typeof createServer>) {
    this.server = server;
    this.url = `http://${HOST}:${(server.address() as AddressInfo).port}/webhooks`;
    server.on('request', (request, response) => {
      this.carry(request).then(
        (status) => response.writeHead(status).end(),
        () => response.writeHead(502).end(),
      );
    });
  }

  static async open(): Promise<WebhookCarrier> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => server.listen(0, HOST, resolve).once('error', reject));
    return new WebhookCarrier(server);
  }

  /** @param seed of its disorder; `null`: all at once and in order */
  routeFor(customer: string, seed: number | null): CustomerRoute {
    const route = new CustomerRoute((letter) => this.post(letter), seed);
    this.routes.set(customer, route);
    return route;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async carry(request: IncomingMessage): Promise<number> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { type, created, data } = JSON.parse(body.toString()) as SentEvent;
    const signature = String(request.headers['stripe-signature']);
    const at = typeof created === 'number' ? new Date(created * 1000).toISOString() : created;
    const customer = data ? subjectOf(type, data.object, data.previous_attributes).customerId : null;
    const letter = { type, at, body, signature };
    return this.routes.get(customer ?? '')?.take(letter) ?? this.post(letter);
  }

  /** To all at once. */
  private async post(letter: Letter): Promise<number> {
    const statuses = await Promise.all(this.targets.map((target) => this.postTo(target, letter)));
    if (this.losesAnswers) throw new Error('The answer was lost.');
    return Math.max(...statuses);
  }

  private async postTo(target: string, { body, signature }: Letter): Promise<number> {
    const answer = await fetch(target, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signature },
      body: new Uint8Array(body),
    });
    await answer.arrayBuffer();
    return answer.status;
  }
}
