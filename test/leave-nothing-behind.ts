import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { leaveLane, platformEnv } from '#test/lane.ts';

/**
 * What a test file has opened on the platform of its lane goes with it: accounts that were not there when it began, with their workspaces.
 * Else the containers of one file take the room and the processor of all that follow.
 */
const env = platformEnv();
let before: Set<string>;

beforeAll(async () => {
  before = new Set(await accounts());
});

afterAll(async () => {
  try {
    await removeWhatIsLeft();
  } finally {
    leaveLane();
  }
}, 120_000);

async function removeWhatIsLeft(): Promise<void> {
  const left = (await accounts()).filter((id) => !before.has(id));
  if (left.length === 0) return;
  const [{ createDockerClient }, { createPrisma }, { removeAccount }, { connectTemporal }] = await Promise.all([
    import('#activities/workspaces/docker-client.ts'),
    import('#prisma/client.ts'),
    import('#stories/remove-account.ts'),
    import('#workflows/connection.ts'),
  ]);
  const prisma = createPrisma(env.DATABASE_URL ?? '', { maxConnections: 2 });
  const client = await connectTemporal(env);
  const docker = createDockerClient(env.DOCKER_HOST ?? '');
  try {
    for (const accountId of left) await removeAccount({ client, prisma, docker }, accountId);
  } finally {
    await client.connection.close();
    await prisma.$disconnect();
  }
}

async function accounts(): Promise<string[]> {
  const server = new pg.Client({ connectionString: env.DATABASE_URL });
  await server.connect();
  try {
    const { rows } = await server.query<{ id: string }>('SELECT id FROM account');
    return rows.map(({ id }) => id);
  } finally {
    await server.end();
  }
}
