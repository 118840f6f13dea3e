import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLogger } from '#telemetry/logger.ts';
import { platformEnv } from '#test/lane.ts';
import { createConvergeWorkspace } from './converge-workspace.ts';
import { createDockerClient } from './docker-client.ts';
import { gatewayUrl } from './gateway-health.ts';
import { createIsolation } from './isolation.ts';
import { removeNetworkPolicy } from './network-policy.ts';
import { objectName } from './ownership.ts';

const env = platformEnv();
const dockerHost = env.DOCKER_HOST ?? '';
const docker = createDockerClient(dockerHost);
const log = createLogger('test', 'silent');
const subnetPool = '10.205.0.0/16';
const place = { hostId: 'test', installation: randomUUID() };
const size = { memoryMb: 256, cpuPercent: 100, storageMb: 1024 };
const [mine, theirs] = [`ws-${randomUUID().slice(0, 8)}`, `ws-${randomUUID().slice(0, 8)}`];
const isolation = createIsolation({ policy: { subnetPool, egress: 'internet' }, dockerHost, log });
const converge = createConvergeWorkspace({
  ...place,
  ...{ docker, log, subnetPool },
  readDesiredGeneration: async () => 1,
  image: env.LEASEHOLD_WORKSPACE_IMAGE ?? '',
  capacity: { memoryMb: 4096, cpuPercent: 200 },
  recordIncident: async () => {},
  internalToken: randomUUID(),
});
/** A service of this host that listens on all of its addresses. */
let service: Server;

beforeAll(async () => {
  service = createServer((socket) => socket.on('error', () => {}).end('here'));
  await new Promise<void>((resolve) => service.listen(0, '0.0.0.0', resolve));
  await Promise.all([become(mine, 'running'), become(theirs, 'running')]);
});

afterAll(async () => {
  service.close();
  await Promise.all([become(mine, 'deleted'), become(theirs, 'deleted')]);
  await removeNetworkPolicy(subnetPool);
});

function become(workspaceId: string, state: 'running' | 'deleted') {
  const desired = { state, size };
  return converge({ accountId: 'acc_1', workspaceId, generation: 1, desired, now: '2026-01-01T00:00:00.000Z' });
}

function inspect(workspaceId: string) {
  return docker.getContainer(objectName({ ...place, workspaceId })).inspect();
}

/** Runs a program inside the first tenant's container and gives what it printed. */
async function inside(...command: string[]): Promise<string> {
  const container = docker.getContainer(objectName({ ...place, workspaceId: mine }));
  const exec = await container.exec({ Cmd: command, AttachStdout: true, AttachStderr: true, Tty: true });
  const chunks: Buffer[] = [];
  for await (const chunk of await exec.start({ Tty: true })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8').trim();
}

/** Which of these addresses (host:port) a process inside can open a connection to. */
async function reached(addresses: string[]): Promise<string[]> {
  const script = `
    const net = require('node:net');
    Promise.all(JSON.parse(process.argv[1]).map((address) => new Promise((resolve) => {
      const [host, port] = address.split(':');
      const socket = net.connect({ host, port: Number(port), timeout: 1500 });
      const end = (said) => { socket.destroy(); resolve(said); };
      socket.on('connect', () => end([address])).on('error', () => end([])).on('timeout', () => end([]));
    }))).then((said) => console.log(JSON.stringify(said.flat())));`;
  return JSON.parse(await inside('node', '-e', script, JSON.stringify(addresses)));
}

function portOf(url: string | undefined): string {
  return url === undefined ? '' : new URL(url).port || '80';
}

function addressesOfThisHost(): string[] {
  return Object.values(networkInterfaces()).flatMap(
    (each) =>
      each?.flatMap(({ family, address }) => (family === 'IPv4' && !address.startsWith('127.') ? [address] : [])) ?? [],
  );
}

test('without the rules a workspace reaches a service of the host; with them none of its services on any address, and no other tenant', async () => {
  const port = (service.address() as { port: number }).port;
  const networks = Object.values((await inspect(mine)).NetworkSettings.Networks);
  const gateway = networks[0]?.Gateway ?? '';
  expect(await reached([`${gateway}:${port}`])).toEqual([`${gateway}:${port}`]);

  await isolation.enforce();
  expect(isolation.state()).toBe('enforced');
  const ports = [
    String(port),
    portOf(env.DATABASE_URL?.replace(/^postgresql:/, 'http:')),
    env.TEMPORAL_ADDRESS?.split(':')[1] ?? '',
    portOf(env.LEASEHOLD_API_URL),
    env.LEASEHOLD_WORKER_PORT ?? '',
    '22',
    '2375',
  ].filter((each) => each !== '');
  const neighbour = gatewayUrl(await inspect(theirs))?.slice('http://'.length) ?? '';
  const hosts = [...addressesOfThisHost(), gateway, 'host.docker.internal'];
  expect(await reached([...hosts.flatMap((host) => ports.map((each) => `${host}:${each}`)), neighbour])).toEqual([]);

  // The host itself still reaches both, and a workspace itself.
  for (const workspaceId of [mine, theirs]) {
    expect((await fetch(`${gatewayUrl(await inspect(workspaceId))}/health`)).status).toBe(200);
  }
  expect(await reached(['127.0.0.1:8080'])).toEqual(['127.0.0.1:8080']);
});

test('there is no other way to the host: no Docker socket, no IPv6, no capability, no root by a file of root', async () => {
  const said = await inside(
    'sh',
    '-c',
    `ls /var/run/docker.sock /run/docker.sock 2>&1
     echo "v6: $(cat /proc/net/if_inet6 2>/dev/null | grep -v ' lo$')"
     grep -E 'CapEff|CapBnd|NoNewPrivs' /proc/self/status
     find / -xdev -perm -4000 -type f 2>/dev/null | sed 's/^/setuid: /'
     echo 1 > /proc/sys/kernel/core_pattern 2>&1 || echo sys-refused
     mount -t tmpfs none /data 2>&1 || echo mount-refused
     mknod /data/disk b 253 0 2>&1 || echo mknod-refused
     cp /bin/id /data/own && chmod 4755 /data/own && echo "own: $(/data/own -u)"
     cat /proc/1/root/etc/shadow 2>&1 | head -1
     dmesg 2>&1 | head -1`,
  );
  expect(said).toMatch(/docker\.sock'?: No such file[\s\S]*docker\.sock'?: No such file/);
  expect(said).toMatch(/v6: *\r?\n/);
  expect(said).toMatch(/CapBnd:\s+0{16}[\s\S]*NoNewPrivs:\s+1|NoNewPrivs:\s+1[\s\S]*CapBnd:\s+0{16}/);
  expect(said).toContain('sys-refused');
  expect(said).toContain('mount-refused');
  expect(said).toContain('mknod-refused');
  expect(said).toMatch(/own: 10001\r?\n/);
  expect(said).not.toMatch(/^0\s*$/m);
});

test('a fork bomb stays within its processes, and neighbour and host go on', async () => {
  const before = (await inspect(mine)).State.StartedAt;
  const said = await inside(
    'node',
    '-e',
    `const { spawn } = require('node:child_process');
     let made = 0, refused = 0;
     for (let i = 0; i < 600; i += 1) {
       const child = spawn('sleep', ['15'], { stdio: 'ignore' });
       child.on('error', () => {});
       if (child.pid) made += 1; else refused += 1;
     }
     console.log('made ' + made + ' refused ' + refused); process.exit()`,
  );
  const [, made = '', refused = ''] = /made (\d+) refused (\d+)/.exec(said) ?? [];
  expect(Number(made)).toBeLessThan(256);
  expect(Number(refused)).toBeGreaterThan(300);
  expect((await fetch(`${gatewayUrl(await inspect(theirs))}/health`)).status).toBe(200);
  expect((await inspect(mine)).State).toMatchObject({ Running: true, StartedAt: before });
});
