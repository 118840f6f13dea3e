import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import pg from 'pg';
import { Stripe } from 'stripe';

/** The least that accepts webhooks durably: Hono, `constructEvent`, one shared INSERT. No checks, no problems, no forwarding. */
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 3 });
const secret = process.env.STRIPE_WEBHOOK_SECRET ?? '';

interface Waiting {
  event: Stripe.Event;
  done(error?: unknown): void;
}

const waiting: Waiting[] = [];
let inFlight = 0;

async function flush(): Promise<void> {
  if (inFlight >= 2 || waiting.length === 0) return;
  const batch = waiting.splice(0, 500);
  inFlight += 1;
  try {
    await pool.query(
      `INSERT INTO bench_stripe_event (id, type, customer_id, api_version, livemode, created_at)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::timestamptz[])
       ON CONFLICT DO NOTHING`,
      [
        batch.map(({ event }) => event.id),
        batch.map(({ event }) => event.type),
        batch.map(({ event }) => (event.data.object as { customer?: string }).customer),
        batch.map(({ event }) => event.api_version),
        batch.map(({ event }) => event.livemode),
        batch.map(({ event }) => new Date(event.created * 1_000)),
      ],
    );
    for (const { done } of batch) done();
  } catch (error) {
    for (const { done } of batch) done(error);
  } finally {
    inFlight -= 1;
    setImmediate(flush);
  }
}

const app = new Hono();
app.post('/api/v1/webhooks/stripe', async (c) => {
  const body = Buffer.from(await c.req.arrayBuffer());
  const event = Stripe.webhooks.constructEvent(body, c.req.header('stripe-signature') ?? '', secret);
  await new Promise<void>((resolve, reject) => {
    waiting.push({ event, done: (error) => (error ? reject(error) : resolve()) });
    setImmediate(flush);
  });
  return c.json({ received: true });
});
app.get('/health', (c) => c.text('live'));

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env.PORT) });
process.once('SIGTERM', () => process.exit(0));
