import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test, vi } from 'vitest';
import { loopbackPastProxies } from './loopback-past-proxies.ts';
import { ordinaryUser } from './ordinary-user.fixture.ts';
import type { PartName } from './part.ts';
import { withDatabase } from './parts/postgres.ts';
import { removePostgresHome } from './parts/postgres-home.ts';
import { poll } from './poll.ts';
import { DEFAULT_PORTS, freePort, freePorts, holdPort, isFree } from './ports.ts';
import { isAlive } from './process-identity.ts';
import { ROOT } from './root.ts';
import { readRunRecord } from './run-record.ts';
import { startPlatform } from './start.ts';
import { requireLinux } from './this-machine.ts';

// Each command is a process of its own, and test runs share the machine.
vi.setConfig({ testTimeout: 300_000 });

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'obstacles-'));
  chmodSync(folder, 0o755);
  onTestFinished(() => {
    try {
      const { installationId } = JSON.parse(readFileSync(join(folder, 'state/secrets.json'), 'utf8'));
      removePostgresHome(installationId);
    } catch {
      // No start came so far.
    }
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

interface Ran {
  status: number | null;
  output: string;
}

/** The command as a person runs it, to its end. */
async function leasehold(
  args: readonly string[],
  env: Record<string, string>,
  { through = [], root = ROOT }: { through?: readonly string[]; root?: string } = {},
): Promise<Ran> {
  const [command = '', ...rest] = [...through, join(root, 'bin/leasehold'), ...args];
  const child = spawn(command, rest, {
    env: { ...ownSettingsRemoved(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { status: status as number | null, output: stdout + stderr };
}

/** What this test's own environment points at is not there for a person who has just cloned. */
function ownSettingsRemoved(): NodeJS.ProcessEnv {
  const taken = /^(LEASEHOLD_|TEMPORAL_|STRIPE_|DATABASE_URL$|DOCKER_HOST$|SMTP_URL$|VITEST|NODE_ENV$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !taken.test(name))) as NodeJS.ProcessEnv;
}

async function startSimulator(stateDir: string, given: Record<string, string>) {
  const platform = await startPlatform({ stateDir, parts: ['simulator'], ports: 'default', given });
  onTestFinished(() => platform.stop());
  return platform;
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
}

test('a port that is taken is named with who holds it and the setting that moves it', async () => {
  const { simulator } = await freePorts();
  await listen(createServer(), simulator);
  const given = { LEASEHOLD_SIMULATOR_PORT: String(simulator), LEASEHOLD_STATE: join(temporaryFolder(), 'state') };
  const { status, output } = await leasehold(['up', '--only', 'simulator'], given);
  expect(status).toBe(1);
  expect(output).toContain(`${simulator}, by pid ${process.pid}: `);
  expect(output).toContain('To move ours: LEASEHOLD_SIMULATOR_PORT.');
});

test('of two starts at once on one state folder one comes up, and the other is refused', async () => {
  const stateDir = join(temporaryFolder(), 'state');
  const starts = await Promise.allSettled(
    [1, 2].map(() => startPlatform({ stateDir, parts: ['simulator'], ports: 'free', given: {} })),
  );
  for (const start of starts) if (start.status === 'fulfilled') onTestFinished(() => start.value.stop());
  expect(starts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const refused = starts.find((start) => start.status === 'rejected');
  expect(refused?.reason.message).toMatch(
    /already runs on .* Stop it \("bin\/leasehold down"\), or set LEASEHOLD_STATE/,
  );
});

test('of two clones side by side the second is told of the first, and one setting moves all its ports', async () => {
  const offset = await unusedOffset(100);
  const simulator = DEFAULT_PORTS.simulator + offset;
  await startSimulator(join(temporaryFolder(), 'state'), { LEASEHOLD_PORT_OFFSET: String(offset) });
  const second = join(temporaryFolder(), 'state');
  await expect(startSimulator(second, { LEASEHOLD_PORT_OFFSET: String(offset) })).rejects.toThrow(
    new RegExp(`${simulator}, by pid \\d+: .*build/simulator.mjs, in ${ROOT}[\\s\\S]*LEASEHOLD_PORT_OFFSET`),
  );
  const moved = await startSimulator(second, { LEASEHOLD_PORT_OFFSET: String(offset + 100) });
  expect(moved.env.STRIPE_API_BASE).toBe(`http://127.0.0.1:${simulator + 100}`);
});

test('a supervisor that was killed leaves parts that "status" names and "down" ends, by its record', async () => {
  const stateDir = join(temporaryFolder(), 'state');
  await supervise(stateDir, ['simulator']).then(({ supervisor }) => kill(supervisor));
  const [orphan] = Object.values(readRunRecord(stateDir)?.parts ?? {});
  expect(orphan && isAlive(orphan)).toBe(true);

  const { output } = await leasehold(['status'], { LEASEHOLD_STATE: stateDir });
  expect(output).toContain(`A run that was killed left simulator (pid ${orphan?.pid})`);
  const down = await leasehold(['down'], { LEASEHOLD_STATE: stateDir });
  expect(down.output).toContain('Ended what a run that was killed left: simulator.');
  expect(orphan && isAlive(orphan)).toBe(false);
});

test('a first start that was cut off while the database was made is begun anew by the next', async () => {
  const stateDir = join(temporaryFolder(), 'state');
  const supervisor = spawnSupervisor(stateDir, ['postgres']);
  const isMaking = () => isMakingData(stateDir);
  expect(await poll(isMaking, { timeoutMs: 60_000, everyMs: 5 })).toBe(true);
  await kill(supervisor);

  const platform = await startPlatform({ stateDir, parts: ['postgres'], ports: 'free', given: {} });
  onTestFinished(() => platform.stop());
  const { rows } = await withDatabase(platform.env.DATABASE_URL ?? '', (client) => client.query('SELECT 1 AS one'));
  expect(rows).toEqual([{ one: 1 }]);
  // What the first one had begun is gone, its file with the password too.
  expect(await poll(() => !isMaking(), { timeoutMs: 10_000 })).toBe(true);
});

test('a stale pid file of the database whose number is somebody else by now holds nobody up, and that process lives', async () => {
  const stateDir = join(temporaryFolder(), 'state');
  const first = await startPlatform({ stateDir, parts: ['postgres'], ports: 'free', given: {} });
  await first.stop();
  const dataDir = dataFoldersOf(stateDir).find((folder) => existsSync(folder)) ?? '';
  writeFileSync(join(dataDir, 'postmaster.pid'), `${process.pid}\n${dataDir}\n`);
  const second = await startPlatform({ stateDir, parts: ['postgres'], ports: 'free', given: {} });
  onTestFinished(() => second.stop());
  expect(second.parts().find(({ name }) => name === 'postgres')?.state).toBe('running');
});

test('without space left it is said where, and what moves it', async () => {
  const folder = temporaryFolder();
  const fill = `mount -t tmpfs -o size=64k tmpfs '${folder}' && dd if=/dev/zero of='${folder}/full' bs=1k count=63 2>/dev/null; exec "$@"`;
  const { status, output } = await leasehold(
    ['up', '--only', 'simulator'],
    { LEASEHOLD_STATE: join(folder, 'state'), LEASEHOLD_PORT_OFFSET: String(await unusedOffset()) },
    { through: ['unshare', '--map-root-user', '--mount', 'sh', '-c', fill, 'sh'] },
  );
  expect(output).toMatch(/No space is left on the device.*: free some, or set LEASEHOLD_STATE/);
  expect(status).toBe(1);
});

test('without permission to write it is said where, and what to do', async () => {
  const folder = temporaryFolder();
  const stateDir = join(folder, 'state');
  const user = ordinaryUser(temporaryFolder());
  chmodSync(folder, 0o555);
  const { status, output } = await leasehold(['up', '--only', 'simulator'], { LEASEHOLD_STATE: stateDir }, user);
  expect(output).toContain(`No permission to write (${stateDir}`);
  expect(output).toContain('set LEASEHOLD_STATE');
  expect(status).toBe(1);
});

test.each(['v18.19.0', 'v20.9.0', 'none'])(
  'with Node.js %s it is said what is needed and how to get it',
  async (version) => {
    const bin = join(temporaryFolder(), 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'node'), version === 'none' ? '#!/bin/sh\nexit 127\n' : `#!/bin/sh\necho ${version}\n`, {
      mode: 0o755,
    });
    const { status, output } = await leasehold(['up'], { PATH: [bin, '/usr/bin', '/bin'].join(delimiter) });
    expect(output).toBe(
      `Leasehold needs Node.js 20.19 or newer, and the node on the PATH is: ${version}. Get one at https://nodejs.org, or with a version manager (nvm install 20).\n`,
    );
    expect(status).toBe(1);
  },
);

test('macOS is told what differs: a Linux machine in it, or containers', () => {
  expect(() => requireLinux('darwin')).toThrow(/this is macOS[\s\S]*virtual machine[\s\S]*Docker Compose/);
  expect(() => requireLinux('linux')).not.toThrow();
});

test('LEASEHOLD_NO_INSTALL=1 forbids system packages; without it an installation is said before it is made', async () => {
  const folder = temporaryFolder();
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const called = join(folder, 'apt-get-was-called');
  writeFileSync(join(bin, 'apt-get'), `#!/bin/sh\necho "$@" >> '${called}'\nexit 1\n`, { mode: 0o755 });
  const hidden = ['/usr/sbin/dockerd', '/usr/bin/dockerd', '/usr/local/bin/dockerd'].filter(existsSync);
  const hide = `${hidden.map((file) => `mount --bind /dev/null '${file}' &&`).join(' ')} exec "$@"`;
  const through = ['unshare', '--map-root-user', '--mount', 'sh', '-c', hide, 'sh'];
  const env = { LEASEHOLD_STATE: join(folder, 'state'), PATH: [bin, process.env.PATH].join(delimiter) };

  const forbidden = await leasehold(['up', '--only', 'docker'], { ...env, LEASEHOLD_NO_INSTALL: '1' }, { through });
  expect(forbidden.output).toMatch(
    /no Docker engine \(dockerd.*LEASEHOLD_NO_INSTALL=1 forbids to install one: install Docker/,
  );
  expect(existsSync(called)).toBe(false);

  const allowed = await leasehold(['up', '--only', 'docker'], env, { through });
  expect(allowed.output).toContain("installing Debian's docker.io with apt-get");
  expect(readFileSync(called, 'utf8')).toContain('update');
  expect(allowed.status).toBe(1);
});

test('without any network what needs none comes up', async () => {
  const folder = temporaryFolder();
  const inside = 'ip link set lo up; "$0" up --detach --only mail,simulator && "$0" status; "$0" down';
  const child = spawn('unshare', ['--map-root-user', '--net', 'sh', '-c', inside, join(ROOT, 'bin/leasehold')], {
    env: { ...ownSettingsRemoved(), LEASEHOLD_STATE: join(folder, 'state') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const output = await text(child.stdout);
  expect(output).toMatch(/simulator +running/);
  expect(output).toMatch(/mail +running/);
  expect(output).toContain('Stopped.');
});

test('a proxy of the environment is not asked for what runs on this machine, and what a person excludes stays so', async () => {
  const [server, proxy] = [countingServer(), countingServer()];
  const { web, api } = await freePorts();
  await listen(server.server, web);
  await listen(proxy.server, api);
  const given = { https_proxy: `http://127.0.0.1:${api}`, NO_PROXY: 'corp.example' };
  expect(loopbackPastProxies(given).no_proxy).toBe('corp.example,127.0.0.1,localhost,::1');
  expect(loopbackPastProxies({ NO_PROXY: 'corp.example' })).toEqual({ NO_PROXY: 'corp.example' });

  const connect = `
    const { Connection } = await import('@temporalio/client');
    await Connection.connect({ address: '127.0.0.1:${web}', connectTimeout: 1_000 }).catch(() => undefined);
    process.exit();
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', connect], {
    cwd: ROOT,
    env: { ...ownSettingsRemoved(), ...loopbackPastProxies(given) },
    stdio: 'ignore',
  });
  await once(child, 'exit');
  expect(server.connections()).toBeGreaterThan(0);
  expect(proxy.connections()).toBe(0);
});

test('a part that can not live ends all in order, with the last lines of its log and where it is', async () => {
  const folder = temporaryFolder();
  const state = join(folder, 'state');
  mkdirSync(state);
  writeFileSync(join(state, 'stripe-simulator.json'), 'cut off');
  const { status, output } = await leasehold(['up', '--only', 'mail,simulator'], {
    LEASEHOLD_STATE: state,
    LEASEHOLD_PORT_OFFSET: String(await unusedOffset()),
  });
  expect(output).toMatch(/The Stripe simulator ended with status 1 before it was ready/);
  expect(output).toContain(`All of it: ${join(state, 'logs/simulator.log')}`);
  expect(status).toBe(1);
  expect(readRunRecord(state)).toBeNull();
});

test('in the background: up, status, logs, down and reset, which asks', async () => {
  const state = join(temporaryFolder(), 'state');
  const env = { LEASEHOLD_STATE: state, LEASEHOLD_PORT_OFFSET: String(await unusedOffset()) };
  const up = await leasehold(['up', '--detach', '--only', 'simulator'], env);
  expect(up.output).toMatch(/✓ simulator .* \d+\.\d s/);
  const record = readRunRecord(state);
  onTestFinished(() => {
    if (record && isAlive(record.supervisor)) process.kill(record.supervisor.pid, 'SIGTERM');
  });

  const status = await leasehold(['status', '--json'], env);
  expect(JSON.parse(status.output)).toMatchObject({ running: true, stateDir: state });
  expect((await leasehold(['logs', 'simulator', '-n', '1'], env)).output).toContain('the Stripe simulator is up');
  expect((await leasehold(['reset', '--yes'], env)).output).toContain('Stop it first: bin/leasehold down.');

  expect((await leasehold(['down'], env)).output).toContain('Stopped.');
  expect((await leasehold(['status'], env)).status).toBe(1);
  const asked = await leasehold(['reset'], env);
  expect(asked.output).toContain(`${state}/secrets.json`);
  expect(asked.output).toContain('Nothing was removed');
  expect(existsSync(join(state, 'secrets.json'))).toBe(true);
  await leasehold(['reset', '--yes'], env);
  expect(existsSync(state)).toBe(false);
});

/** Where the database's data may be: in the state folder, or where its user reaches it. */
function dataFoldersOf(stateDir: string): string[] {
  const installation = readIfThere(join(stateDir, 'secrets.json'));
  const elsewhere = installation && join('/var/lib/leasehold', JSON.parse(installation).installationId, 'data');
  return [...(elsewhere ? [elsewhere] : []), join(stateDir, 'postgres')];
}

function isMakingData(stateDir: string): boolean {
  return dataFoldersOf(stateDir)
    .filter((folder) => existsSync(dirname(folder)))
    .some((folder) => readdirSync(dirname(folder)).some((name) => name.startsWith(`${basename(folder)}.unfinished-`)));
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** Moves all ports to where nobody listens, nor on those that are higher by `alsoFor`. */
async function unusedOffset(alsoFor = 0): Promise<number> {
  for (;;) {
    const web = await freePort();
    const offset = web - DEFAULT_PORTS.web;
    const all = new Set(Object.values(DEFAULT_PORTS).flatMap((port) => [port + offset, port + offset + alsoFor]));
    all.delete(web);
    const held = await Promise.all([...all].map(async (port) => (await holdPort(port)) && isFree(port)));
    if (held.every(Boolean)) return offset;
  }
}

function spawnSupervisor(stateDir: string, parts: readonly PartName[]): ChildProcess {
  const supervisor = spawn(
    process.execPath,
    ['--import', 'tsx', join(ROOT, 'platform/run-platform.fixture.ts'), stateDir, ...parts],
    { cwd: ROOT, env: ownSettingsRemoved(), stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void supervisor.kill('SIGTERM'));
  return supervisor;
}

async function supervise(stateDir: string, parts: readonly PartName[]) {
  const supervisor = spawnSupervisor(stateDir, parts);
  await once(supervisor.stdout as NodeJS.ReadableStream, 'data');
  return { supervisor };
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

function countingServer() {
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    socket.destroy();
  });
  return { server, connections: () => count };
}
