import { randomUUID } from 'node:crypto';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import { Hono } from 'hono';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createLogger } from '#telemetry/logger.ts';
import { platformEnv } from '#test/lane.ts';
import { createDataRoutes } from '#worker/data-routes.ts';
import { InternalProblem } from '#worker/internal-problem.ts';
import type { ConvergeWorkspace } from './converge-workspace.ts';
import { createDataVolumes, type DataVolumes } from './data-volumes.ts';
import { createDockerClient } from './docker-client.ts';
import { unlessMissing } from './engine-error.ts';
import { createWorkspaceMover, type WorkspaceMover } from './move-workspace.ts';
import { type Owner, objectName, ownerLabels } from './ownership.ts';

const env = platformEnv();
const docker = createDockerClient(env.DOCKER_HOST ?? '');
const image = env.LEASEHOLD_WORKSPACE_IMAGE ?? '';
const log = createLogger('test', 'silent');
const workspaceId = `ws-${randomUUID().slice(0, 8)}`;
// Two hosts on one engine: their objects have different names because their installations differ.
const old: Owner = { installation: randomUUID(), hostId: 'old', accountId: 'acct', workspaceId };
const next: Owner = { installation: randomUUID(), hostId: 'next', accountId: 'acct', workspaceId };
const input = { accountId: 'acct', workspaceId, generation: 3, fromHostId: 'old', mayBeEmpty: false, storageMb: 1024 };
const attempt = () => ({ signal: new AbortController().signal, onStep: () => {} });

let source: DataVolumes;
let target: DataVolumes;
let endpoint: ServerType;
let wire: Server;
let hostUrl: string;
let mover: WorkspaceMover;
/** What PostgreSQL has. */
let home: { hostId: string; generation: number; isDeleted: boolean } | null;
let isDown: boolean;
/** Bytes of an answer that pass before the wire breaks. */
let breaksAfter: number;
let removed: string[];

beforeAll(async () => {
  source = createDataVolumes({ docker, image, hostId: old.hostId, installation: old.installation });
  target = createDataVolumes({ docker, image, hostId: next.hostId, installation: next.installation });
  const routes = new Hono();
  routes.onError((error, c) => c.body(null, error instanceof InternalProblem ? error.status : 500));
  routes.route('/', createDataRoutes({ volumes: source, isDown: async () => isDown }));
  endpoint = serve({ fetch: routes.fetch, hostname: '127.0.0.1', port: 0 });
  await new Promise((resolve) => endpoint.once('listening', resolve));
  const { port } = endpoint.address() as AddressInfo;
  wire = createServer((asked, answer) => {
    let passed = 0;
    request({ host: '127.0.0.1', port, path: asked.url, headers: asked.headers }, (given) => {
      answer.writeHead(given.statusCode ?? 500, given.headers);
      given.on('data', (chunk: Buffer) => {
        passed += chunk.length;
        if (passed > breaksAfter) answer.destroy();
        else answer.write(chunk);
      });
      given.on('end', () => answer.end());
    }).end();
  });
  await new Promise<void>((resolve) => wire.listen(0, '127.0.0.1', resolve));
  hostUrl = `http://127.0.0.1:${(wire.address() as AddressInfo).port}`;
  await docker.createVolume({ Name: objectName(old), Labels: ownerLabels(old) });
  const [, writer] = await docker.run(
    image,
    ['-e', `require('fs').writeFileSync('/data/kept.bin', require('crypto').randomBytes(4e6))`],
    [],
    {
      Entrypoint: ['node'],
      User: '0:0',
      HostConfig: { NetworkMode: 'none', Binds: [`${objectName(old)}:/data`] },
    },
  );
  await writer.remove();
});

beforeEach(async () => {
  home = { hostId: 'old', generation: 3, isDeleted: false };
  isDown = true;
  breaksAfter = Number.POSITIVE_INFINITY;
  removed = [];
  await Promise.all([source.letGo(), target.letGo()]);
  await unlessMissing(docker.getVolume(objectName(next)).remove());
  const converge: ConvergeWorkspace = async ({ desired }) => {
    removed.push(desired.state);
    return {
      state: 'absent',
      containerId: null,
      reason: null,
      size: null,
      pending: null,
      storageLimit: null,
      actions: ['deleted'],
    };
  };
  mover = createWorkspaceMover({
    volumes: target,
    converge,
    readHome: async () => home,
    readHostUrl: async (hostId) => (hostId === 'old' ? hostUrl : null),
    hostId: next.hostId,
    installation: next.installation,
    internalToken: 'the token of all hosts',
    log,
  });
});

afterAll(async () => {
  await Promise.all([source?.letGo(), target?.letGo()]);
  for (const each of [old, next]) await unlessMissing(docker.getVolume(objectName(each)).remove());
  wire?.close();
  endpoint?.close();
});

const receive = () => mover.receive(input, attempt());

test('the copy is what the old host has, which keeps its own', async () => {
  const wanted = await source.content(workspaceId);
  expect(await receive()).toEqual({ bytes: wanted.bytes, digest: wanted.digest });
  expect(await target.content(workspaceId)).toEqual(wanted);
  expect(await source.content(workspaceId)).toEqual(wanted);
});

test('cut off in the middle it is an error, with nothing lost; done again it is whole', async () => {
  const wanted = await source.content(workspaceId);
  for (const bytes of [0, 1_000, 2_000_000, 3_990_000]) {
    breaksAfter = bytes;
    await expect(receive()).rejects.toThrow();
    expect(await source.content(workspaceId)).toEqual(wanted);
  }
  breaksAfter = Number.POSITIVE_INFINITY;
  await receive();
  expect(await target.content(workspaceId)).toEqual(wanted);
});

test('one that runs is not copied: what is being written can not be compared', async () => {
  isDown = false;
  await expect(receive()).rejects.toThrow('answered 409');
  expect(await target.has(workspaceId)).toBe(false);
});

test('an attempt that a newer wish or the arrival has overtaken changes nothing', async () => {
  await receive();
  const there = await target.content(workspaceId);
  for (const later of [
    { ...input, generation: 4 },
    { hostId: 'next', generation: 4 },
  ]) {
    home = { hostId: 'old', isDeleted: false, ...later };
    await expect(receive()).rejects.toThrow('was replaced');
  }
  expect(await target.content(workspaceId)).toEqual(there);
});

test('no data where there should be some is an error; of one that never ran it is none', async () => {
  const never = { ...input, workspaceId: 'ws-never' };
  await expect(mover.receive(never, attempt())).rejects.toThrow();
  expect(await mover.receive({ ...never, mayBeEmpty: true }, attempt())).toEqual({ bytes: 0, digest: '' });
});

test('what is left on a host is removed only where the workspace does not live', async () => {
  const leftOver = { accountId: 'acct', workspaceId, generation: 3, now: '2026-03-01T00:00:00.000Z' };
  home = { hostId: 'next', generation: 3, isDeleted: false };
  await expect(mover.removeLeftOver(leftOver, attempt())).rejects.toThrow('lives on this host');
  expect(removed).toEqual([]);
  home = { hostId: 'elsewhere', generation: 3, isDeleted: false };
  await mover.removeLeftOver(leftOver, attempt());
  expect(removed).toEqual(['deleted']);
});
