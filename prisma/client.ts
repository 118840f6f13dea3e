import { PrismaPg } from '@prisma/adapter-pg';
import { type DatabaseDeadlines, deadlinePool } from './deadline-client.ts';
import { PrismaClient } from './generated/client.ts';

export { Prisma, PrismaClient } from './generated/client.ts';

/** Of commands, which people end when they have waited enough. */
const PATIENT: DatabaseDeadlines = { connectMs: 5_000, statementMs: 30_000, answerMs: 32_000 };

export interface PrismaOptions {
  /** Most connections that this process holds at once. Default 10. */
  maxConnections?: number;
  /** How long it waits for PostgreSQL. Default: 5 s for a connection, 30 s for a statement, 32 s for an answer. */
  deadlines?: DatabaseDeadlines;
  /** What its connections are called in `pg_stat_activity`, `leasehold-<part>` for a part. Default: no name. */
  applicationName?: string;
}

/**
 * The database client of a process. No query and no transaction waits for ever, whatever becomes of the server. It connects at the first query and holds a pool of its own: one client for each
 * process, ended with `$disconnect()`.
 *
 * @param databaseUrl `postgresql://user:password@host:port/database`
 */
export function createPrisma(databaseUrl: string, options: PrismaOptions = {}): PrismaClient {
  const { maxConnections = 10, applicationName, deadlines = PATIENT } = options;
  const adapter = new PrismaPg({
    connectionString: databaseUrl,
    max: maxConnections,
    ...deadlinePool(deadlines),
    ...(applicationName !== undefined && { application_name: applicationName }),
  });
  return new PrismaClient({ adapter });
}
