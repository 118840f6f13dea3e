import { afterAll, expect, test } from 'vitest';
import { createDockerClient } from '#activities/workspaces/docker-client.ts';
import { createPrisma } from '#prisma/client.ts';
import { platformEnv } from '#test/lane.ts';
import { measureWorkspaces } from '../../bench/workspaces.ts';

/** `npm run bench -- workspaces` with few: what it measures works. It measures 30. */

const env = platformEnv();
const docker = createDockerClient(env.DOCKER_HOST ?? '');
const prisma = createPrisma(env.DATABASE_URL ?? '', { maxConnections: 2 });
const NO_NOTE = () => {};

afterAll(() => prisma.$disconnect());

test('workspaces that are started together all run, are listed, sampled and stopped, and leave nothing', async () => {
  const image = env.LEASEHOLD_WORKSPACE_IMAGE ?? '';
  const order = { count: 5, concurrency: 3, looks: 2 };
  const { leasehold, dockerode } = await measureWorkspaces({ docker, prisma, image }, order, NO_NOTE);
  for (const side of [leasehold, dockerode]) {
    for (const times of Object.values(side)) expect(times.all).toBeGreaterThanOrEqual(times.max);
  }
  const names = (await docker.listContainers({ all: true })).flatMap((each) => each.Names);
  expect(names.filter((name) => name.includes('bench-'))).toEqual([]);
}, 300_000);
