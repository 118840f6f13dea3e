import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { RefusalDoor, RefusalReason } from './refusal-reason.ts';
import { type HostFigures, measureRoom } from './room-metrics.ts';

/** What operators watch of the API. One registry for each app, so that two apps in a process do not mix. */
export function createMetrics(deps: {
  inboxDepth(): Promise<number>;
  /** Invoices that were sent by mail in the last 24 hours. */
  invoicesMailed(): Promise<number>;
  /** What room is counted from. */
  hosts(): Promise<HostFigures>;
}) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  new Gauge({
    name: 'leasehold_inbox_waiting_events',
    help: 'Events that are about a customer and were not forwarded yet.',
    registers,
    async collect() {
      // Without PostgreSQL the other figures still count.
      this.set(await deps.inboxDepth().catch(() => Number.NaN));
    },
  });
  new Gauge({
    name: 'leasehold_invoices_mailed_last_day',
    help: 'Invoices that were sent by mail in the last 24 hours.',
    registers,
    async collect() {
      this.set(await deps.invoicesMailed().catch(() => Number.NaN));
    },
  });
  measureRoom(registers, deps.hosts);
  return {
    registry,
    webhookAnswers: new Counter({
      name: 'leasehold_webhook_answers_total',
      help: 'Webhook deliveries by what became of them: stored, known, or the code of the refusal.',
      labelNames: ['outcome'] as const,
      registers,
    }),
    events: new Counter({
      name: 'leasehold_stripe_events_total',
      help: 'Events of Stripe that were recorded for the first time, by type; types that nothing is done about are `other`.',
      labelNames: ['type'] as const,
      registers,
    }),
    apiVersionMismatches: new Counter({
      name: 'leasehold_webhook_api_version_mismatches_total',
      help: "Events whose api_version is not the one this program's Stripe library was made for.",
      labelNames: ['api_version'] as const,
      registers,
    }),
    refusals: new Counter<keyof RefusalLabels>({
      name: 'leasehold_refusals_total',
      help: 'What was refused, by where and why.',
      labelNames: ['door', 'reason'],
      registers,
    }) as Omit<Counter, 'inc'> & { inc(labels: RefusalLabels): void },
    forwardSeconds: new Histogram({
      name: 'leasehold_inbox_forward_seconds',
      help: "From an event's receipt to its account's signal.",
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120, 600, 3_600],
      registers,
    }),
  };
}

interface RefusalLabels {
  door: RefusalDoor;
  reason: RefusalReason;
}

export type Metrics = ReturnType<typeof createMetrics>;
