import type pg from 'pg';
import type { SignalHints } from './hint-signaller.ts';

export interface Forwarded {
  accountId: string;
  events: number;
  /** There may be more than one signal carries. */
  more: boolean;
  /** Seconds from each event's receipt to its signal. */
  waitedSeconds: number[];
}

/** Hints in one signal: far below Temporal's limit of a payload. */
const HINTS_PER_SIGNAL = 200;

const CLAIM = `
  SELECT e.id, e.type, a.id AS "accountId",
         extract(epoch FROM clock_timestamp() - e.received_at)::float8 AS "waitedSeconds"
  FROM stripe_event e JOIN account a ON a.stripe_customer_id = e.customer_id
  WHERE e.customer_id = $1 AND e.forwarded_at IS NULL
  ORDER BY e.received_at, e.id
  LIMIT ${HINTS_PER_SIGNAL}
  FOR UPDATE OF e SKIP LOCKED`;

const MARK = `
  UPDATE stripe_event SET forwarded_at = clock_timestamp(), account_id = $2 WHERE id = ANY($1::text[])`;

/** Of an account that was deleted there is nobody to tell. */
const MARK_OF_DELETED = `
  UPDATE stripe_event e
  SET forwarded_at = clock_timestamp(), acted_at = clock_timestamp(), account_id = d.id, outcome = 'the account was deleted'
  FROM deleted_account d
  WHERE d.stripe_customer_id = e.customer_id AND e.customer_id = $1 AND e.forwarded_at IS NULL`;

interface Claimed {
  id: string;
  type: string;
  accountId: string;
  waitedSeconds: number;
}

/**
 * Signals the account of a customer with all its waiting events, then marks them. The rows stay locked in between, so
 * that another process neither waits for them nor sends them too; a crash before the commit leaves them waiting, and
 * they are signalled again: at least once, which a hint is made for.
 *
 * @returns `null` when nothing waits or the customer belongs to no account yet
 */
export async function forwardCustomer(
  deps: { pool: pg.Pool; signalHints: SignalHints },
  customerId: string,
): Promise<Forwarded | null> {
  const connection = await deps.pool.connect();
  let failure: Error | undefined;
  try {
    await connection.query('BEGIN');
    const { rows } = await connection.query<Claimed>(CLAIM, [customerId]);
    const first = rows[0];
    if (!first) {
      await connection.query(MARK_OF_DELETED, [customerId]);
      await connection.query('COMMIT');
      return null;
    }
    await deps.signalHints(
      first.accountId,
      rows.map((row) => ({ eventId: row.id, type: row.type })),
    );
    await connection.query(MARK, [rows.map((row) => row.id), first.accountId]);
    await connection.query('COMMIT');
    return {
      accountId: first.accountId,
      events: rows.length,
      more: rows.length === HINTS_PER_SIGNAL,
      waitedSeconds: rows.map((row) => row.waitedSeconds),
    };
  } catch (error) {
    await connection.query('ROLLBACK').catch((lost: Error) => {
      failure = lost;
    });
    throw error;
  } finally {
    connection.release(failure);
  }
}
