import type pg from 'pg';
import { createBatcher } from './batcher.ts';
import type { StripeEventRow } from './stripe-event-row.ts';

/** `stored`: new, and ours to forward. `known`: received before, by this process or another. */
export type Receipt = 'stored' | 'known';

export interface Inbox {
  /**
   * Resolves once the event is committed. Concurrent calls share an INSERT.
   *
   * @throws BatcherFull when too much waits, or the error of the database: then nothing was recorded
   */
  accept(event: StripeEventRow): Promise<Receipt>;
  /** Events that wait for their commit. */
  pending(): number;
}

const INSERT = `
  INSERT INTO stripe_event (id, type, customer_id, charge_id, api_version, livemode, created_at)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::timestamptz[])
  ON CONFLICT (id) DO NOTHING
  RETURNING id`;

/** Every verified event of Stripe once, however often and wherever it is delivered. */
export function createInbox(deps: { pool: pg.Pool }): Inbox {
  const batcher = createBatcher<StripeEventRow, Receipt>({
    async write(events) {
      // One order of ids in every process: two INSERTs with common ids then wait for each other and never deadlock.
      const rows = [...new Map(events.map((event) => [event.id, event])).values()].sort((a, b) =>
        a.id < b.id ? -1 : 1,
      );
      const { rows: stored } = await deps.pool.query<{ id: string }>(INSERT, [
        rows.map((row) => row.id),
        rows.map((row) => row.type),
        rows.map((row) => row.customerId),
        rows.map((row) => row.chargeId),
        rows.map((row) => row.apiVersion),
        rows.map((row) => row.livemode),
        rows.map((row) => row.createdAt),
      ]);
      const unclaimed = new Set(stored.map((row) => row.id));
      return events.map((event) => (unclaimed.delete(event.id) ? 'stored' : 'known'));
    },
  });
  return { accept: (event) => batcher.add(event), pending: () => batcher.pending() };
}
