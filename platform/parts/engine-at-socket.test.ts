import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { createLogger } from '#telemetry/logger.ts';
import { ordinaryUser } from '../ordinary-user.fixture.ts';
import { ROOT } from '../root.ts';
import { ensureDockerEngine } from './docker-engine.ts';
import { lookAtEngine } from './engine-at-socket.ts';

const log = createLogger('test', 'silent');

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'engine-at-socket-'));
  chmodSync(folder, 0o755);
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A socket on which an engine's `/version` answers with these components. */
async function engineWith(components: { Name: string; Version: string }[], mode = 0o666): Promise<string> {
  const socket = join(temporaryFolder(), 'engine.sock');
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ Version: '5.4.2', ApiVersion: '1.41', Components: components }));
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  chmodSync(socket, mode);
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return socket;
}

const PODMAN = [{ Name: 'Podman Engine', Version: '5.4.2' }];
const DOCKER = [{ Name: 'Engine', Version: '28.0.1' }];

/** A socket whose engine was killed: the file stays and nobody listens. */
function abandonedSocket(): string {
  const socket = join(temporaryFolder(), 'engine.sock');
  const listenAndDie = `require('net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', listenAndDie]);
  return socket;
}

/** What a user who can't start an engine is told, where the machine's socket is this one. */
async function toldTo(input: { systemSocket?: string; dockerHost?: string }): Promise<string> {
  const options = { stateDir: '/nonexistent', log, mayStart: false, allowInstall: false, onProgress: () => undefined };
  return ensureDockerEngine({ ...options, ...input }).then(
    ({ dockerHost }) => `found ${dockerHost}`,
    (error: Error) => error.message,
  );
}

test("Docker's own engine is told from podman's imitation", async () => {
  expect(await lookAtEngine(`unix://${await engineWith(DOCKER)}`)).toEqual({ kind: 'docker' });
  expect(await lookAtEngine(`unix://${await engineWith(PODMAN)}`)).toEqual({ kind: 'podman', version: '5.4.2' });
});

test('a stale socket file is told from one that is not there', async () => {
  expect(await lookAtEngine(`unix://${abandonedSocket()}`)).toEqual({ kind: 'off' });
  expect(await lookAtEngine('unix:///nonexistent/engine.sock')).toEqual({ kind: 'silent' });
  const noSocket = join(temporaryFolder(), 'file');
  writeFileSync(noSocket, '');
  expect(await lookAtEngine(`unix://${noSocket}`)).toEqual({ kind: 'off' });
});

test('a user without rights on Docker is told to join its group', { timeout: 60_000 }, async () => {
  const socket = await engineWith(DOCKER, 0o000);
  const { through } = ordinaryUser(temporaryFolder());
  const program = `
    const { ensureDockerEngine } = await import('./platform/parts/docker-engine.ts');
    const options = { stateDir: '/nonexistent', log: {}, allowInstall: false, onProgress() {} };
    for (const where of [{ systemSocket: '${socket}' }, { dockerHost: 'unix://${socket}' }])
      await ensureDockerEngine({ ...options, ...where }).catch(({ message }) => console.log(message));
  `;
  const [command = '', ...args] = [
    ...through,
    process.execPath,
    '--import',
    'tsx',
    '--input-type=module',
    '-e',
    program,
  ];
  const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  const [bySocket, byAddress] = (await text(child.stdout)).split('\n');
  expect(bySocket).toMatch(/this user may not use it: add the user to the group docker/);
  expect(byAddress).toMatch(/This user may not use DOCKER_HOST=unix.*: add the user to the group docker/);
});

test('Docker that is there with its daemon off is told apart: start it', async () => {
  expect(await toldTo({ systemSocket: abandonedSocket() })).toMatch(
    /is there, but no engine answers on it: start Docker/,
  );
});

test("podman's socket is refused with its name, at the machine's address and at one that is given", async () => {
  const socket = await engineWith(PODMAN);
  expect(await toldTo({ systemSocket: socket })).toMatch(/is podman 5.4.2, and workspaces need Docker's own engine/);
  expect(await toldTo({ dockerHost: `unix://${socket}` })).toMatch(/^DOCKER_HOST=unix.* is podman 5.4.2/);
});

test('Debian without root and without Docker: what is missing and three ways out', async () => {
  expect(await toldTo({ systemSocket: '/nonexistent/docker.sock' })).toMatch(
    /only root on Linux can start one: start Docker, set DOCKER_HOST, or run this as root/,
  );
});

test('an engine that answers is used, and none is started', async () => {
  const socket = await engineWith(DOCKER);
  expect(await toldTo({ systemSocket: socket })).toBe(`found unix://${socket}`);
});
