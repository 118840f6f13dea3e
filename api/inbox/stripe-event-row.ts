import { z } from 'zod';
import { fromUnixSeconds, type Instant } from '#domain/time.ts';

/** What the inbox keeps of an event: enough to find its account and to answer support, never billing facts. */
export interface StripeEventRow {
  id: string;
  type: string;
  /** The customer that it is about; `null` for events about a product, a price and the like. */
  customerId: string | null;
  apiVersion: string | null;
  livemode: boolean;
  /** Stripe's own second. */
  createdAt: Instant;
}

// Strict shapes: a character that PostgreSQL refuses would fail the INSERT that it shares with other events.
const id = z.string().regex(/^[\w-]{1,255}$/);
const customerReference = z
  .union([id, z.object({ id })])
  .nullish()
  .catch(null);

const envelope = z.object({
  id,
  type: z.string().regex(/^[\w.]{1,255}$/),
  api_version: z
    .string()
    .regex(/^[\w.-]{1,64}$/)
    .nullish(),
  livemode: z.boolean(),
  created: z.number().int().min(0).max(253_402_300_799),
  data: z.object({
    object: z.object({
      id: id.optional().catch(undefined),
      object: z.string().optional(),
      customer: customerReference,
    }),
  }),
});

/** The row for a verified event, or `null` when the JSON is not an event of Stripe's. */
export function toStripeEventRow(event: unknown): StripeEventRow | null {
  const parsed = envelope.safeParse(event);
  if (!parsed.success) return null;
  const { data, ...head } = parsed.data;
  const { object, customer } = data.object;
  const named = typeof customer === 'object' ? (customer?.id ?? null) : (customer ?? null);
  return {
    id: head.id,
    type: head.type,
    customerId: object === 'customer' ? (data.object.id ?? null) : named,
    apiVersion: head.api_version ?? null,
    livemode: head.livemode,
    createdAt: fromUnixSeconds(head.created),
  };
}
