import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from './generated/client.ts';

export { Prisma, PrismaClient } from './generated/client.ts';

export interface PrismaOptions {
  /** Most connections that this process holds at once. Default 10. */
  maxConnections?: number;
}

/**
 * The database client of a process. It connects at the first query and holds a pool of its own: one client for each
 * process, ended with `$disconnect()`.
 *
 * @param databaseUrl `postgresql://user:password@host:port/database`
 */
export function createPrisma(databaseUrl: string, options: PrismaOptions = {}): PrismaClient {
  const adapter = new PrismaPg({ connectionString: databaseUrl, max: options.maxConnections ?? 10 });
  return new PrismaClient({ adapter });
}
