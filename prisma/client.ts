import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from './generated/client.ts';

export { Prisma, PrismaClient } from './generated/client.ts';

export interface PrismaOptions {
  /** Most connections that this process holds at once. Default 10. */
  maxConnections?: number;
  /** What its connections are called in `pg_stat_activity`, `leasehold-<part>` for a part. Default: no name. */
  applicationName?: string;
}

/**
 * The database client of a process. It connects at the first query and holds a pool of its own: one client for each
 * process, ended with `$disconnect()`.
 *
 * @param databaseUrl `postgresql://user:password@host:port/database`
 */
export function createPrisma(databaseUrl: string, options: PrismaOptions = {}): PrismaClient {
  const { maxConnections = 10, applicationName } = options;
  const adapter = new PrismaPg({
    connectionString: databaseUrl,
    max: maxConnections,
    ...(applicationName !== undefined && { application_name: applicationName }),
  });
  return new PrismaClient({ adapter });
}
