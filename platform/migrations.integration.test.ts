import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { createPrisma } from '#prisma/client.ts';
import { platformEnv } from '#test/lane.ts';
import { ROOT } from './root.ts';

/** A new database on the tests' PostgreSQL. */
async function emptyDatabase(): Promise<string> {
  const server = createPrisma(platformEnv().DATABASE_URL ?? '', { maxConnections: 1 });
  const name = `prisma_${randomUUID().replaceAll('-', '')}`;
  await server.$executeRawUnsafe(`CREATE DATABASE ${name}`);
  onTestFinished(async () => {
    await server.$executeRawUnsafe(`DROP DATABASE ${name} WITH (FORCE)`);
    await server.$disconnect();
  });
  const url = new URL(platformEnv().DATABASE_URL ?? '');
  url.pathname = `/${name}`;
  return url.href;
}

async function prisma(databaseUrl: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, DATABASE_URL: databaseUrl };
  const { stdout } = await promisify(execFile)(join(ROOT, 'bin/prisma'), args, { env });
  return stdout;
}

test('migrations bring an empty database to the schema, and a second run changes nothing', async () => {
  const url = await emptyDatabase();
  expect(await prisma(url, 'migrate', 'deploy')).toContain('successfully applied');
  expect(await prisma(url, 'migrate', 'deploy')).toContain('No pending migrations');

  const client = createPrisma(url);
  onTestFinished(() => client.$disconnect());
  expect(await client.account.count()).toBe(0);
});

test('the migrations together are the schema: nothing was changed in one without the other', async () => {
  const url = await emptyDatabase();
  const drift = await prisma(
    url,
    ...[
      'migrate',
      'diff',
      '--exit-code',
      '--from-migrations',
      'prisma/migrations',
      '--to-schema',
      'prisma/schema.prisma',
    ],
  );
  expect(drift).toContain('No difference');
});

test('a migration with a function body that holds semicolons is applied whole', async () => {
  const url = await emptyDatabase();
  const script = `CREATE FUNCTION twice(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN n := n * 2; RETURN n; END $$; SELECT 1;`;
  const run = promisify(execFile)(join(ROOT, 'bin/prisma'), ['db', 'execute', '--stdin'], {
    env: { ...process.env, DATABASE_URL: url },
  });
  run.child.stdin?.end(script);
  await run;

  const client = createPrisma(url);
  onTestFinished(() => client.$disconnect());
  expect(await client.$queryRawUnsafe('SELECT twice(21) AS answer')).toEqual([{ answer: 42 }]);
});
