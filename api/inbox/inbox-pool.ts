import pg from 'pg';
import { deadlinePool } from '#prisma/deadline-client.ts';
import type { Logger } from '#telemetry/logger.ts';

/**
 * A pool of plain connections for the inbox, apart from Prisma's: pages that read slowly never delay an event. Every
 * wait is finite, so that a database that hangs becomes an error that Stripe can retry.
 *
 * @param max most connections at once
 */
export function createInboxPool(databaseUrl: string, max: number, log: Logger): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max,
    ...deadlinePool({ connectMs: 3_000, statementMs: 7_000, answerMs: 8_000 }),
    idle_in_transaction_session_timeout: 20_000,
    idleTimeoutMillis: 30_000,
    application_name: 'leasehold-api-inbox',
  });
  pool.on('error', (error) => log.warn({ err: error }, 'a database connection of the inbox was lost'));
  return pool;
}
