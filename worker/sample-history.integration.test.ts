import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createConvergeWorkspace } from '#activities/workspaces/converge-workspace.ts';
import { createDockerClient } from '#activities/workspaces/docker-client.ts';
import { objectName } from '#activities/workspaces/ownership.ts';
import { ensureDatabase, newAccount, openDatabase, platformEnv, storeAccount } from '#api/integration.fixture.ts';
import { createPrisma } from '#prisma/client.ts';
import { createLogger } from '#telemetry/logger.ts';
import { createSampleHistory, RESOLUTIONS, type WorkspaceUse } from './sample-history.ts';
import { createHostReader, startSampling } from './sample-workspaces.ts';

// The platform's own worker tidies the history of all hosts in its database.
const env = platformEnv();
const prisma = createPrisma(env.DATABASE_URL ?? '', { maxConnections: 2 });
const database = openDatabase();
const hostId = `host-${randomUUID().slice(0, 8)}`;
const account = newAccount();
const workspaceId = `${account.accountId}-main`;
const history = createSampleHistory(prisma, hostId);

beforeAll(async () => {
  await ensureDatabase();
  await storeAccount(database, account);
  await database.query('UPDATE workspace SET host_id = $2 WHERE account_id = $1', [account.accountId, hostId]);
});

afterAll(async () => {
  await database.query('DELETE FROM account WHERE id = $1', [account.accountId]);
  await database.end();
  await prisma.$disconnect();
});

const use = (changes: Partial<WorkspaceUse> = {}): WorkspaceUse => ({
  workspaceId,
  seconds: 10,
  cpuPercent: 10,
  memoryMb: 100,
  networkInBytes: 1_000,
  networkOutBytes: 10,
  starts: 0,
  cpuLimitPercent: 50,
  memoryLimitMb: 256,
  ...changes,
});

function rows(resolution: number) {
  return prisma.workspaceSample.findMany({ where: { workspaceId, resolution }, orderBy: { at: 'asc' } });
}

test('minutes and quarters of an hour hold average, highest and sum of what they are made from; made again, or by a process that was restarted, they are the same', async () => {
  // Twenty whole minutes that begin with a quarter of an hour.
  const quarter = Math.floor(Date.now() / 900_000) * 900_000 - 1_800_000;
  for (let at = quarter; at < quarter + 1_200_000; at += 10_000) {
    const isBusy = at % 60_000 === 0;
    await history.save(new Date(at), [use(isBusy ? { cpuPercent: 40, memoryMb: 160, starts: 1 } : {})]);
  }
  // Half of a minute: it ran no longer.
  for (const second of [0, 10, 20]) await history.save(new Date(quarter + 1_200_000 + second * 1_000), [use()]);
  const now = new Date(quarter + 1_290_000);
  await history.tidy(now);

  const minutes = await rows(60);
  expect(minutes).toHaveLength(21);
  expect(minutes[3]).toMatchObject({
    at: new Date(quarter + 180_000),
    seconds: 60,
    cpuAvg: 15,
    cpuMax: 40,
    cpuLimit: 50,
    memoryAvg: 110,
    memoryMax: 160,
    memoryLimit: 256,
    networkIn: 6_000n,
    networkOut: 60n,
    starts: 1,
  });
  expect(minutes.at(-1)).toMatchObject({ seconds: 30, cpuAvg: 10, networkIn: 3_000n });
  const quarters = await rows(900);
  expect(quarters).toHaveLength(1);
  expect(quarters[0]).toMatchObject({ seconds: 900, cpuAvg: 15, cpuMax: 40, networkIn: 90_000n, starts: 15 });

  await history.tidy(now);
  await createSampleHistory(prisma, hostId).tidy(now);
  expect(await rows(60)).toEqual(minutes);
  expect(await rows(900)).toEqual(quarters);
});

test('the same ten seconds are stored once, and nothing of a workspace that is not stored', async () => {
  const at = new Date(Math.floor(Date.now() / 10_000) * 10_000 - 7_200_000);
  expect(await history.save(at, [use(), use({ workspaceId: 'gone' })])).toBe(1);
  expect(await history.save(at, [use({ cpuPercent: 99 })])).toBe(0);
});

test('a workspace that ran for a year has 4,680 rows, and what a restart finds half deleted spoils nothing', async () => {
  const end = Math.floor(Date.now() / 900_000) * 900_000;
  await database.query('DELETE FROM workspace_sample WHERE workspace_id = $1', [workspaceId]);
  for (const [resolution, spanSeconds] of [
    [10, 7_200],
    [60, 99_960],
    [900, 40 * 86_400],
  ]) {
    await database.query(
      `INSERT INTO workspace_sample
       SELECT $1, $2::int, at, $2::int, 10, 20, 50, 100, 120, 256, 1000, 10, 0
       FROM generate_series(to_timestamp($3::bigint) - make_interval(secs => $4::int), to_timestamp($3::bigint) - make_interval(secs => $2::int),
                            make_interval(secs => $2::int)) AS at`,
      [workspaceId, resolution, end / 1000, spanSeconds],
    );
  }
  const before = await rows(900);
  await createSampleHistory(prisma, hostId).tidy(new Date(end));
  const kept = await Promise.all(RESOLUTIONS.map(({ seconds }) => rows(seconds)));
  expect(kept.map((each) => each.length)).toEqual([360, 1_440, 2_880]);
  expect(kept[2]).toEqual(before.slice(-2_880));
});

test('a host samples all of its running workspaces every ten seconds, whoever looks; a restart of one leaves nothing negative', async () => {
  const docker = createDockerClient(env.DOCKER_HOST ?? '');
  const place = { hostId, installation: randomUUID() };
  const log = createLogger('test', 'silent');
  const converge = createConvergeWorkspace({
    ...place,
    docker,
    internalToken: randomUUID(),
    readDesiredGeneration: async () => 1,
    image: env.LEASEHOLD_WORKSPACE_IMAGE ?? '',
    capacity: { memoryMb: 4096, cpuPercent: 200 },
    subnetPool: '10.204.0.0/16',
    recordIncident: async () => {},
    log,
  });
  const become = (state: 'running' | 'deleted') =>
    converge({
      ...{ accountId: account.accountId, workspaceId, generation: 1, now: new Date().toISOString() },
      desired: { state, size: { memoryMb: 192, cpuPercent: 50, storageMb: 1024 } },
    });
  await database.query('DELETE FROM workspace_sample WHERE workspace_id = $1', [workspaceId]);
  const sampling = startSampling({ readHost: createHostReader({ docker, ...place }), history, log });
  try {
    await become('running');
    const sampled = (count: number) =>
      vi.waitFor(
        async () => {
          const found = await rows(10);
          if (found.length < count) throw new Error(`${found.length} of ${count}`);
          return found;
        },
        { timeout: 60_000, interval: 500 },
      );
    const first = (await sampled(2)).at(-1);
    expect(first).toMatchObject({ cpuLimit: 50, memoryLimit: 192, starts: 0 });
    // Between the engine's readings, which may come late.
    expect(first?.seconds).toBeGreaterThanOrEqual(8);
    expect(first?.seconds).toBeLessThanOrEqual(10);
    expect(first?.memoryAvg).toBeGreaterThan(10);
    expect(first?.memoryAvg).toBeLessThan(192);
    const before = (await rows(10)).length;
    await docker.getContainer(objectName({ ...place, workspaceId })).restart({ t: 5 });
    const after = await sampled(before + 2);
    expect(after.slice(before).reduce((sum, each) => sum + each.starts, 0)).toBe(1);
    for (const each of after)
      expect(Math.min(each.cpuAvg, each.memoryAvg, Number(each.networkIn))).toBeGreaterThanOrEqual(0);
  } finally {
    await sampling.stop();
    await become('deleted');
  }
});
