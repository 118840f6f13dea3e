import { z } from 'zod';
import { subjectOf } from '#domain/stripe-events.ts';
import { fromUnixSeconds, type Instant } from '#domain/time.ts';

/** What the inbox keeps of an event: enough to find its account and to answer support, never billing facts. */
export interface StripeEventRow {
  id: string;
  type: string;
  /** The customer that it is about; `null` for events about a product, a price and the like. */
  customerId: string | null;
  /** Of a dispute: the charge, by which its customer is looked up afterwards. */
  chargeId: string | null;
  /** `null` for a thin event. */
  apiVersion: string | null;
  livemode: boolean;
  /** Stripe's own second. */
  createdAt: Instant;
}

// Strict shapes: a character that PostgreSQL refuses would fail the INSERT that it shares with other events.
const head = {
  id: z.string().regex(/^[\w-]{1,255}$/),
  type: z.string().regex(/^[\w.]{1,255}$/),
  livemode: z.boolean(),
};
const snapshotEvent = z.object({
  ...head,
  api_version: z
    .string()
    .regex(/^[\w.-]{1,64}$/)
    .nullish(),
  created: z.number().int().min(0).max(253_402_300_799),
  data: z.object({ object: z.looseObject({}), previous_attributes: z.unknown().optional() }),
});
/** https://docs.stripe.com/event-destinations#thin-events: it names what it is about and holds nothing of it. */
const thinEvent = z.object({ ...head, object: z.literal('v2.core.event'), created: z.iso.datetime({ offset: true }) });

/** The row for a verified event, or `null` when the JSON is not an event of Stripe's. */
export function toStripeEventRow(event: unknown): StripeEventRow | null {
  const thin = thinEvent.safeParse(event);
  if (thin.success) {
    const { id, type, livemode, created } = thin.data;
    const createdAt = new Date(created).toISOString();
    return { id, type, customerId: null, chargeId: null, apiVersion: null, livemode, createdAt };
  }
  const parsed = snapshotEvent.safeParse(event);
  if (!parsed.success) return null;
  const { id, type, livemode, created, data, api_version: apiVersion = null } = parsed.data;
  return {
    id,
    type,
    ...subjectOf(type, data.object, data.previous_attributes),
    apiVersion,
    livemode,
    createdAt: fromUnixSeconds(created),
  };
}
