import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createDockerClient } from '#activities/workspaces/docker-client.ts';
import { createLogger } from '#telemetry/logger.ts';
import { poll } from '../poll.ts';
import { identify, isAlive, signalProcess } from '../process-identity.ts';
import { type DockerEngine, ensureDockerEngine, ensureOwnDockerEngine } from './docker-engine.ts';

const log = createLogger('test', 'silent');
const progress: string[] = [];
// The packet filter is that of the tests' own engine, too.
const options = { log, allowInstall: false, iptables: false, onProgress: (line: string) => void progress.push(line) };
const ending: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

async function stateFolder(prefix = 'leasehold-engine-test-'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  ending.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function start(stateDir: string): Promise<DockerEngine> {
  const engine = await ensureOwnDockerEngine({ ...options, stateDir });
  ending.push(() => engine.stop());
  return engine;
}

function answers({ dockerHost }: DockerEngine): Promise<boolean> {
  return createDockerClient(dockerHost)
    .ping()
    .then(
      () => true,
      () => false,
    );
}

test('an engine of our own is used again while it lives, replaced when it was killed, and gone after stop', async () => {
  const stateDir = await stateFolder();
  const first = await start(stateDir);
  expect(await answers(first)).toBe(true);

  const again = await start(stateDir);
  expect(again.pid).toBe(first.pid);

  const killed = first.identity;
  if (!killed) throw new Error('An engine of our own has an identity.');
  signalProcess(killed, 'SIGKILL', 'process');
  expect(await poll(() => !isAlive(killed), { timeoutMs: 5000 })).toBe(true);
  const next = await start(stateDir);
  expect(next.pid).not.toBe(first.pid);
  expect(await answers(next)).toBe(true);

  await next.stop();
  expect(await answers(next)).toBe(false);
  expect(identify(next.pid ?? 0)).toBeNull();
});

test('a stale pid, record and socket file do not keep the engine from starting, and the process with that number lives', async () => {
  const stateDir = await stateFolder();
  await writeFile(join(stateDir, 'dockerd.pid'), String(process.pid));
  await writeFile(join(stateDir, 'engine.json'), JSON.stringify({ pid: process.pid, startedAt: 'another boot/1' }));
  await writeFile(join(stateDir, 'docker.sock'), '');
  const engine = await start(stateDir);
  expect(await answers(engine)).toBe(true);
  expect(engine.pid).not.toBe(process.pid);
});

test('a state folder with a long path gets its sockets elsewhere', async () => {
  const stateDir = await stateFolder(`leasehold-engine-test-${'long-'.repeat(20)}`);
  const engine = await start(stateDir);
  expect(engine.dockerHost.length).toBeLessThan(107);
  expect(await answers(engine)).toBe(true);
  ending.unshift(() => rm(dirname(new URL(engine.dockerHost).pathname), { recursive: true, force: true }));
});

test('an address where nothing answers is one sentence with the ways out', async () => {
  const asked = ensureDockerEngine({
    ...options,
    stateDir: '/nonexistent',
    dockerHost: 'unix:///nonexistent/docker.sock',
  });
  await expect(asked).rejects.toMatchObject({
    code: 'HOST_UNREACHABLE',
    message: expect.stringContaining('unset DOCKER_HOST'),
  });
});
