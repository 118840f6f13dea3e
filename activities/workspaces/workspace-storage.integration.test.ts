import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HostReport } from '#domain/host-report.ts';
import { createLogger } from '#telemetry/logger.ts';
import { platformEnv } from '#test/lane.ts';
import { createConvergeWorkspace } from './converge-workspace.ts';
import { createDockerClient } from './docker-client.ts';
import { unlessMissing } from './engine-error.ts';
import { createHostReporter } from './host-reporter.ts';
import type { Incident } from './incident.ts';
import { unmountStorage } from './limited-storage.ts';
import { startMeasuringStorage } from './measure-storage.ts';
import { objectName } from './ownership.ts';
import { findWorkspaceStorage, type WorkspaceStorage } from './workspace-storage.ts';

const env = platformEnv();
const dockerHost = env.DOCKER_HOST ?? '';
const docker = createDockerClient(dockerHost);
const log = createLogger('test', 'silent');
const image = env.LEASEHOLD_WORKSPACE_IMAGE ?? '';
const place = { hostId: 'test', installation: randomUUID() };
const incidents: Incident[] = [];
const recordIncident = async (incident: Incident) => void incidents.push(incident);
const [small, large] = [64, 160].map((storageMb) => ({ memoryMb: 192, cpuPercent: 100, storageMb }));
let folder: string;
let storage: WorkspaceStorage;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'leasehold-storage-test-'));
  storage = await findWorkspaceStorage({ docker, dockerHost, folder, image, log });
});

afterAll(async () => {
  await unmountStorage(folder);
  await rm(folder, { recursive: true, force: true });
});

function converger(limits: Pick<WorkspaceStorage, 'limited'>) {
  const converge = createConvergeWorkspace({
    ...place,
    ...{ docker, image, log, recordIncident, storage: limits },
    readDesiredGeneration: async () => 1,
    capacity: { memoryMb: 4096, cpuPercent: 200 },
    subnetPool: '10.206.0.0/16',
    healthyWithinMs: 180_000,
    internalToken: randomUUID(),
  });
  return (workspaceId: string, state: 'running' | 'stopped' | 'deleted', size = small) =>
    converge({
      ...{ accountId: 'acc_1', workspaceId, generation: 1, now: '2026-01-01T00:00:00.000Z' },
      desired: { state, size: size ?? { memoryMb: 0, cpuPercent: 0, storageMb: 0 } },
    });
}

async function inside(name: string, script: string): Promise<string> {
  const exec = await docker
    .getContainer(name)
    .exec({ Cmd: ['sh', '-c', script], AttachStdout: true, AttachStderr: true, Tty: true });
  const chunks: Buffer[] = [];
  for await (const chunk of await exec.start({ Tty: true })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8').trim();
}

test('where the host can, a full disk is full inside only; it is given its new size at the next start at the latest, and data stays', async () => {
  expect(storage.softBecause).toBeNull();
  const become = converger(storage);
  const workspaceId = `ws-${randomUUID().slice(0, 8)}`;
  const name = objectName({ ...place, workspaceId });
  expect(await become(workspaceId, 'running')).toMatchObject({ state: 'running', storageLimit: 'hard', size: small });
  await inside(name, 'echo kept > /data/note');
  expect(await inside(name, 'dd if=/dev/zero of=/data/full bs=1M count=200 2>&1; rm -f /data/full')).toContain(
    'No space left on device',
  );

  const grown = await become(workspaceId, 'running', large);
  expect(grown.state).toBe('running');
  if (grown.storageWaits) expect(grown.storageWaits).toMatch(/storage is changed to 160 MB when it is started next/);
  await become(workspaceId, 'stopped', large);
  expect(await become(workspaceId, 'running', large)).toMatchObject({ size: large, pending: null });
  expect(await inside(name, 'dd if=/dev/zero of=/data/most bs=1M count=150 2>&1; cat /data/note')).toMatch(
    /150\+0 records out[\s\S]*kept$/,
  );

  await become(workspaceId, 'stopped', large);
  const full = await become(workspaceId, 'stopped', small);
  expect(full.storageWaits).toMatch(/64 MB of storage are wished and 15\d MB are in use/);
  await become(workspaceId, 'running', small);
  await inside(name, 'rm /data/most');
  await become(workspaceId, 'stopped', small);
  expect(await become(workspaceId, 'running', small)).toMatchObject({ size: small, pending: null });
  expect(await inside(name, 'cat /data/note')).toBe('kept');

  await become(workspaceId, 'deleted');
  expect(existsSync(join(folder, `${name}.ext4`))).toBe(false);
  expect(existsSync(join(folder, name))).toBe(false);
  expect(await unlessMissing(docker.getVolume(name).inspect())).toBeNull();
});

test('elsewhere use is measured, and told when it is near the limit and when it is past it', async () => {
  const become = converger({ limited: null });
  const workspaceId = `ws-${randomUUID().slice(0, 8)}`;
  const name = objectName({ ...place, workspaceId });
  expect(await become(workspaceId, 'running')).toMatchObject({ storageLimit: 'soft' });
  const reports: HostReport[] = [];
  const size = { memoryMb: 192, cpuPercent: 100, storageMb: 64 };
  const measuring = startMeasuringStorage(
    {
      ...{ docker, log, installation: place.installation, storage: { limited: null, softBecause: 'a test' } },
      store: {
        recordIncident,
        isPaused: async () => false,
        readSettledWishes: async () => [
          { accountId: 'acc_1', workspaceId, generation: 1, desired: { state: 'running', size } },
        ],
      },
      reporter: createHostReporter(async (_, sent) => void reports.push(...sent), log),
    },
    { everyMs: 300 },
  );
  const states = () => reports.map(({ saw }) => (saw.kind === 'storage' ? saw.state : saw.kind));
  await expect.poll(states, { timeout: 20_000 }).toEqual(['ok']);
  await inside(name, 'dd if=/dev/zero of=/data/a bs=1M count=60');
  await expect.poll(() => states().at(-1), { timeout: 20_000 }).toBe('near');
  await inside(name, 'dd if=/dev/zero of=/data/b bs=1M count=15');
  await expect.poll(() => states().at(-1), { timeout: 20_000 }).toBe('over');
  expect(incidents).toMatchObject([{ kind: 'storage', workspaceId }]);
  await inside(name, 'rm /data/a /data/b');
  await expect.poll(() => states().at(-1), { timeout: 20_000 }).toBe('ok');
  await measuring.stop();
  await become(workspaceId, 'deleted');
});
