import { randomUUID } from 'node:crypto';
import { afterAll, expect, inject, test } from 'vitest';
import { createLogger } from '#telemetry/logger.ts';
import { createConvergeWorkspace } from './converge-workspace.ts';
import { createDockerClient } from './docker-client.ts';
import { objectName } from './ownership.ts';
import { startHostReconciler } from './reconcile-host.ts';

const env = inject('platformEnv');
const docker = createDockerClient(env.DOCKER_HOST ?? '');
const log = createLogger('test', 'silent');
const place = { hostId: 'test', installation: `test-${randomUUID().slice(0, 8)}` };
const size = { memoryMb: 192, cpuPercent: 100, storageMb: 1024 };
const converge = createConvergeWorkspace({
  ...place,
  docker,
  readDesiredGeneration: async () => 1,
  image: env.LEASEHOLD_WORKSPACE_IMAGE ?? '',
  capacity: { memoryMb: 4096, cpuPercent: 200 },
  subnetPool: '10.202.0.0/16',
  internalToken: randomUUID(),
  log,
});
const [shouldRun, shouldStop] = [`ws-${randomUUID().slice(0, 8)}`, `ws-${randomUUID().slice(0, 8)}`];

function wish(workspaceId: string, state: 'running' | 'stopped' | 'deleted') {
  return { accountId: 'acc_1', workspaceId, generation: 1, desired: { state, size }, now: '2026-01-01T00:00:00.000Z' };
}

afterAll(async () => {
  for (const id of [shouldRun, shouldStop]) await converge(wish(id, 'deleted'));
});

test('what should run is started and what should not is stopped, whatever happened to the host', async () => {
  for (const id of [shouldRun, shouldStop]) await converge(wish(id, 'running'));
  await docker.getContainer(objectName({ ...place, workspaceId: shouldRun })).stop({ t: 10 });

  const reconciler = startHostReconciler(
    {
      ...place,
      docker,
      converge,
      log,
      readSettledWishes: async () => [wish(shouldRun, 'running'), wish(shouldStop, 'stopped')],
    },
    { everyMs: 500 },
  );
  const isRunning = async (id: string) =>
    (await docker.getContainer(objectName({ ...place, workspaceId: id })).inspect()).State.Running;
  await expect.poll(() => isRunning(shouldRun), { timeout: 30_000 }).toBe(true);
  await expect.poll(() => isRunning(shouldStop), { timeout: 30_000 }).toBe(false);
  await reconciler.stop();
});
