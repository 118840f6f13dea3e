import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { poll } from '../poll.ts';
import { ensureTemporalBinaries } from './temporal-binaries.ts';

/**
 * A machine with a cache of its own and a `go` that answers as Go does: it says its version, and an install leaves
 * programs where `GOBIN` says. `installs` tells how often it built.
 */
function machine({ goVersion = 'go1.26.8', toolchain = 'auto', hangs = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'temporal-build-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const go = join(bin, 'go');
  writeFileSync(
    go,
    `#!/bin/sh
case "$1 $2" in
  'env GOVERSION') echo '${goVersion}' ;;
  'env GOTOOLCHAIN') echo '${toolchain}' ;;
  install*)
    while [ -e '${folder}/wait' ]; do sleep 0.05; done
    echo x >> '${folder}/installs'
    env > '${folder}/environment'
    ${hangs ? 'exec sleep 60' : ''}
    for name in server sql; do echo "$name" > "$GOBIN/$name"; done ;;
esac
`,
    { mode: 0o755 },
  );
  const env = { PATH: [bin, '/usr/bin', '/bin'].join(delimiter), LEASEHOLD_CACHE: join(folder, 'cache') };
  const said: string[] = [];
  const observer = { progress: (phrase: string) => void said.push(phrase), signal: new AbortController().signal };
  return {
    folder,
    env,
    said,
    ensure: (more: Record<string, string> = {}) => ensureTemporalBinaries(environment({ ...env, ...more }), observer),
    /** Two for each build: the server with its schema tool, and the Web UI. */
    installs: () => (existsSync(`${folder}/installs`) ? readFileSync(`${folder}/installs`, 'utf8').length / 2 : 0),
    seen: () => readFileSync(`${folder}/environment`, 'utf8'),
    removeGo: () => rmSync(go),
  };
}

test('two builds of the engine at once wait for each other, and there is one build', async () => {
  const { folder, ensure, installs, said } = machine();
  writeFileSync(`${folder}/wait`, '');
  const builds = Promise.all([ensure(), ensure()]);
  expect(await poll(() => said.includes('waiting for another build of Temporal'), { timeoutMs: 20_000 })).toBe(true);
  rmSync(`${folder}/wait`);
  const [first, second] = await builds;
  expect(second).toEqual(first);
  expect(installs()).toBe(2);
});

test('a build that was cut off half-way holds nobody up, and the next one starts anew', async () => {
  const cutOff = machine({ hangs: true });
  const builder = startBuilder(cutOff.env);
  expect(await poll(() => cutOff.installs() > 0, { timeoutMs: 20_000 })).toBe(true);
  builder.kill('SIGKILL');
  await once(builder, 'exit');
  expect(readdirSync(cutOff.env.LEASEHOLD_CACHE).some((name) => name.endsWith('.lock'))).toBe(true);

  const next = machine();
  const { server } = await next.ensure({ LEASEHOLD_CACHE: cutOff.env.LEASEHOLD_CACHE });
  expect(readFileSync(server, 'utf8')).toBe('server\n');
  expect(readdirSync(cutOff.env.LEASEHOLD_CACHE)).toHaveLength(1);
}, 60_000);

test('a cached binary that is damaged is noticed by its checksum, said, and built anew', async () => {
  const { ensure, installs, said } = machine();
  const { server } = await ensure();
  appendFileSync(server, 'rot');
  const mended = await ensure();
  expect(readFileSync(mended.server, 'utf8')).toBe('server\n');
  expect(installs()).toBe(4);
  expect(said.join()).toContain('the cached Temporal is damaged (server/server)');

  await ensure();
  expect(installs()).toBe(4);
});

test('a damaged binary where there is no Go is a sentence that names it and the ways out', async () => {
  const { ensure, removeGo } = machine();
  const { ui } = await ensure();
  removeGo();
  rmSync(ui);
  await expect(ensure()).rejects.toThrow(/ui\/server in .* is damaged.*no "go" on the PATH: install Go 1\.26/);
});

test.each([
  ['go1.19.8', 'auto'],
  ['go1.24.1', 'local'],
])(
  '%s with the toolchain setting %s is too old: it is said what is needed and how to get it',
  async (goVersion, toolchain) => {
    const { ensure, installs } = machine({ goVersion, toolchain });
    await expect(ensure()).rejects.toThrow(
      new RegExp(
        `Go 1.26 or newer, and the "go" on the PATH is ${goVersion.slice(2)}: install Go 1.26 .* TEMPORAL_ADDRESS`,
      ),
    );
    expect(installs()).toBe(0);
  },
);

test('a Go that fetches a newer toolchain by itself may be older', async () => {
  const { ensure, installs } = machine({ goVersion: 'go1.24.1' });
  await ensure();
  expect(installs()).toBe(2);
});

test('a proxy, a private registry and its certificate authority reach the build', async () => {
  const { ensure, seen } = machine();
  const given = {
    HTTPS_PROXY: 'http://proxy.corp.example:3128',
    NO_PROXY: 'corp.example',
    GOPROXY: 'https://modules.corp.example',
    GONOSUMDB: '*',
    GOFLAGS: '-modcacherw',
    SSL_CERT_FILE: '/etc/corp/ca.pem',
    NODE_EXTRA_CA_CERTS: '/etc/corp/ca.pem',
  };
  await ensure(given);
  for (const [name, value] of Object.entries(given)) expect(seen()).toContain(`${name}=${value}\n`);
});

test('with a warm cache nothing is fetched: no network and no Go are needed', async () => {
  const { ensure, installs, removeGo } = machine();
  const built = await ensure();
  removeGo();
  expect(await ensure({ GOPROXY: 'off' })).toEqual(built);
  expect(installs()).toBe(2);
});

/** Nothing of this test's own environment is in it. */
function environment(values: Record<string, string>): NodeJS.ProcessEnv {
  return values as unknown as NodeJS.ProcessEnv;
}

/** A build in a process of its own, for a test that kills it. */
function startBuilder(env: Record<string, string>): ChildProcess {
  const program = `
    const { ensureTemporalBinaries } = await import('./platform/parts/temporal-binaries.ts');
    await ensureTemporalBinaries(process.env, { progress() {}, signal: new AbortController().signal });
  `;
  const builder = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    env: environment(env),
    stdio: 'ignore',
    detached: true,
  });
  onTestFinished(() => {
    try {
      process.kill(-(builder.pid ?? 0), 'SIGKILL');
    } catch {
      // Its group has ended.
    }
  });
  return builder;
}
