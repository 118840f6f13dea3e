import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines } from '../child.ts';
import type { Part } from '../part.ts';
import { PlatformError } from '../platform-error.ts';
import { withDatabase } from './postgres.ts';

/** `bin/prisma migrate deploy`, when the database lacks a migration that the tree has. */
export const migrations: Part = {
  name: 'migrations',
  needs: ['postgres'],
  async start({ env, root, logFile, progress, describe, spawn }) {
    const wanted = readdirSync(join(root, 'prisma/migrations'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
    const applied = await appliedMigrations(env.DATABASE_URL ?? '');
    const missing = wanted.filter((name) => !applied.has(name));
    if (missing.length > 0) {
      progress(`applying ${missing.length}`);
      const child = await spawn({
        command: join(root, 'bin/prisma'),
        args: ['migrate', 'deploy'],
        env: { ...process.env, ...env },
        cwd: root,
      });
      if ((await child.exited) !== 'ended with status 0')
        throw new PlatformError(`The database could not be migrated:\n${lastLines(logFile)}`);
    }
    describe(`${wanted.length} applied`);
    return undefined;
  },
};

async function appliedMigrations(databaseUrl: string): Promise<Set<string>> {
  return withDatabase(databaseUrl, async (client) => {
    const { rows: tables } = await client.query(`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS exists`);
    if (!tables[0].exists) return new Set();
    const { rows } = await client.query<{ migration_name: string }>(
      'SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
    );
    return new Set(rows.map((row) => row.migration_name));
  });
}
