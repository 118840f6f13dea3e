import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type SmallDisk, smallDisk } from '#test/small-disk.ts';
import { attachPlatform } from './attach.ts';
import { DEFAULT_PORTS, freePort } from './ports.ts';
import { isAlive } from './process-identity.ts';
import { ROOT } from './root.ts';
import { readRunRecord } from './run-record.ts';

vi.setConfig({ testTimeout: 120_000 });

function leasehold(env: Record<string, string>, ...args: string[]): Promise<{ status: number; output: string }> {
  const taken = /^(LEASEHOLD_|TEMPORAL_|STRIPE_|DATABASE_URL$|DOCKER_HOST$|SMTP_URL$|VITEST|NODE_ENV$)/;
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !taken.test(name)));
  return new Promise((resolve) => {
    execFile(
      join(ROOT, 'bin/leasehold'),
      args,
      { env: { ...own, ...env } as NodeJS.ProcessEnv },
      (error, stdout, stderr) => resolve({ status: error ? Number(error.code) : 0, output: stdout + stderr }),
    );
  });
}

/** A supervisor in the background whose state folder lies on a disk of its own. */
async function superviseOn(disk: SmallDisk) {
  onTestFinished(disk.discard);
  const stateDir = join(disk.folder, 'state');
  const offset = String((await freePort()) - DEFAULT_PORTS.web);
  const env = { LEASEHOLD_STATE: stateDir, LEASEHOLD_PORT_OFFSET: offset };
  const { output } = await leasehold(env, 'up', '--detach', '--only', 'mail,simulator');
  expect(output).toContain('Up after');
  const supervisor = readRunRecord(stateDir)?.supervisor;
  if (!supervisor) throw new Error('It has not written itself down.');
  onTestFinished(() => {
    if (isAlive(supervisor)) process.kill(supervisor.pid, 'SIGTERM');
  });
  const partsOf = async () => (await attachPlatform(stateDir))?.parts() ?? [];
  return {
    stateDir,
    supervisor,
    run: (...args: string[]) => leasehold(env, ...args),
    pidOf: async (part: string) => (await partsOf()).find(({ name }) => name === part)?.pid,
    stateOf: async (part: string) => (await partsOf()).find(({ name }) => name === part)?.state,
  };
}

test('on a full disk the supervisor and what it runs live on, a part that dies is started again, and all is written down once there is space', async () => {
  const disk = smallDisk('20M');
  const { stateDir, supervisor, run, pidOf, stateOf } = await superviseOn(disk);
  const [mail, simulator = 0] = [await pidOf('mail'), await pidOf('simulator')];
  disk.fill();
  process.kill(simulator, 'SIGKILL');
  await expect.poll(() => pidOf('simulator'), { timeout: 30_000 }).not.toBe(simulator);
  await expect.poll(() => stateOf('simulator'), { timeout: 30_000 }).toBe('running');
  expect(await pidOf('mail')).toBe(mail);
  expect(readRunRecord(stateDir)?.parts.simulator?.pid).toBe(simulator);

  disk.free();
  const recorded = () => readRunRecord(stateDir)?.parts.simulator?.pid;
  await expect.poll(recorded, { timeout: 10_000 }).toBe(await pidOf('simulator'));
  expect((await run('status')).status).toBe(0);
  expect(isAlive(supervisor)).toBe(true);
  const log = readFileSync(join(stateDir, 'logs/supervisor.log'), 'utf8');
  expect(log).toMatch(/run\.json is written again/);
  await run('down');
});

test('"down" stops all in order on a full disk', async () => {
  const disk = smallDisk('20M');
  const { stateDir, supervisor, run, pidOf } = await superviseOn(disk);
  const pid = (await pidOf('simulator')) ?? 0;
  disk.fill();
  expect((await run('down')).output).toContain('Stopped.');
  expect(isAlive(supervisor)).toBe(false);
  expect(existsSync(`/proc/${pid}`)).toBe(false);
  expect(readRunRecord(stateDir)).toBeNull();
});

test('on a disk that has become read-only the supervisor lives on and starts again what dies, and "down" stops all', async () => {
  const disk = smallDisk('20M');
  const { supervisor, run, pidOf, stateOf } = await superviseOn(disk);
  const mail = (await pidOf('mail')) ?? 0;
  disk.turnReadOnly();
  process.kill(mail, 'SIGKILL');
  await expect.poll(() => pidOf('mail'), { timeout: 30_000 }).not.toBe(mail);
  await expect.poll(() => stateOf('simulator')).toBe('running');
  expect(isAlive(supervisor)).toBe(true);
  expect((await run('down')).output).toContain('Stopped.');
  expect(isAlive(supervisor)).toBe(false);
});

test('a program is started from the script of an earlier start where the checkout takes no new one', () => {
  const start = `
    const { buildProgram } = await import(${JSON.stringify(join(ROOT, 'platform/programs.ts'))});
    console.log((await buildProgram('simulator')).join(' '));
  `;
  const readOnly = `mount --bind '${ROOT}/build' '${ROOT}/build' && mount -o remount,bind,ro '${ROOT}/build'; exec "$@"`;
  const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', start];
  execFileSync(node[0] as string, node.slice(1), { cwd: ROOT });
  const output = execFileSync('unshare', ['--map-root-user', '--mount', 'sh', '-c', readOnly, 'sh', ...node], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect(output).toContain('build/simulator.mjs');
});
