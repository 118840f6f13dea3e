import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { expect, onTestFinished, test } from 'vitest';
import { attachPlatform } from './attach.ts';
import type { PartName } from './part.ts';
import { withDatabase } from './parts/postgres.ts';
import { removePostgresHome } from './parts/postgres-home.ts';
import { isAlive } from './process-identity.ts';
import { ROOT } from './root.ts';
import { readRunRecord } from './run-record.ts';
import { type Platform, startPlatform } from './start.ts';

/** A state folder below one that only its owner may enter, as `mktemp -d` makes it. */
function temporaryState(): string {
  const closed = mkdtempSync(join(tmpdir(), 'platform-'));
  const stateDir = join(closed, 'state');
  onTestFinished(() => {
    const { installationId } = JSON.parse(readFileSync(join(stateDir, 'secrets.json'), 'utf8'));
    removePostgresHome(installationId);
    rmSync(closed, { recursive: true });
  });
  return stateDir;
}

async function start(stateDir: string, ...parts: PartName[]): Promise<Platform> {
  const platform = await startPlatform({ stateDir, parts, ports: 'free' });
  onTestFinished(() => platform.stop());
  return platform;
}

test('a second start finds rows, namespace and secrets of the first', async () => {
  const stateDir = temporaryState();
  const first = await start(stateDir, 'postgres', 'temporal');
  await withDatabase(first.env.DATABASE_URL ?? '', (client) =>
    client.query('CREATE TABLE kept AS SELECT 42 AS answer'),
  );
  await first.stop();

  const second = await start(stateDir, 'postgres', 'temporal');
  const { rows } = await withDatabase(second.env.DATABASE_URL ?? '', (client) =>
    client.query('SELECT answer FROM kept'),
  );
  expect(rows).toEqual([{ answer: 42 }]);
  expect(second.env.LEASEHOLD_INSTALLATION).toBe(first.env.LEASEHOLD_INSTALLATION);

  const connection = await Connection.connect({ address: second.env.TEMPORAL_ADDRESS ?? '' });
  onTestFinished(() => connection.close());
  const { count } = await connection.workflowService.countWorkflowExecutions({
    namespace: 'leasehold',
    query: 'Standing = "grace"',
  });
  expect(Number(count)).toBe(0);
});

test('a stopped platform leaves no process and no record', async () => {
  const stateDir = temporaryState();
  const platform = await start(stateDir, 'postgres', 'mail');
  const processes = Object.values(readRunRecord(stateDir)?.parts ?? {});
  expect(processes).toHaveLength(2);
  await platform.stop();
  expect(processes.filter(isAlive)).toEqual([]);
  expect(readRunRecord(stateDir)).toBeNull();
});

test('what a supervisor that was killed left running is ended by the next start, by its record', async () => {
  const stateDir = temporaryState();
  const fixture = join(ROOT, 'platform/run-platform.fixture.ts');
  const supervisor = spawn(process.execPath, ['--import', 'tsx', fixture, stateDir, 'postgres', 'mail'], { cwd: ROOT });
  await once(supervisor.stdout, 'data');
  supervisor.kill('SIGKILL');
  await once(supervisor, 'exit');

  const orphans = Object.values(readRunRecord(stateDir)?.parts ?? {});
  expect(orphans.map(isAlive)).toEqual([true, true]);
  expect(await attachPlatform(stateDir)).toBeNull();

  const notices: string[] = [];
  const next = await startPlatform({
    stateDir,
    parts: ['postgres', 'mail'],
    ports: 'free',
    onNotice: (sentence) => notices.push(sentence),
  });
  onTestFinished(() => next.stop());
  expect(orphans.map(isAlive)).toEqual([false, false]);
  expect(notices).toEqual([expect.stringContaining('postgres, mail')]);
  expect(next.parts().filter(({ state }) => state === 'running')).toHaveLength(2);
});

test('a second start on a state folder that runs is refused and disturbs nothing', async () => {
  const stateDir = temporaryState();
  const platform = await start(stateDir, 'mail');
  await expect(startPlatform({ stateDir, parts: ['mail'], ports: 'free' })).rejects.toThrow('already runs');
  expect((await fetch(`${platform.env.LEASEHOLD_MAIL_URL}/api/healthz`)).status).toBe(200);
});

test('another process stops, kills and starts parts through the control endpoint', async () => {
  const stateDir = temporaryState();
  const platform = await start(stateDir, 'mail');
  const handle = await attachPlatform(stateDir);
  if (!handle) throw new Error('no platform to attach to');
  const mail = async () => (await handle.parts()).find(({ name }) => name === 'mail');
  const answers = () =>
    fetch(`${platform.env.LEASEHOLD_MAIL_URL}/api/healthz`).then(
      ({ status }) => status,
      () => null,
    );
  expect(handle.env).toEqual(platform.env);

  await handle.killPart('mail');
  expect(await mail()).toMatchObject({ state: 'stopped' });
  expect(await answers()).toBeNull();
  await handle.startPart('mail');
  expect(await mail()).toMatchObject({ state: 'running' });
  expect(await answers()).toBe(200);
  await handle.stopPart('mail');
  expect(await answers()).toBeNull();
});

test('the control endpoint does nothing for a caller without the token', async () => {
  const stateDir = temporaryState();
  await start(stateDir, 'mail');
  const url = `${readRunRecord(stateDir)?.control.url}/parts/mail/kill`;
  expect((await fetch(url, { method: 'POST', headers: { authorization: 'Bearer guess' } })).status).toBe(401);
  expect((await attachPlatform(stateDir))?.env).toBeDefined();
});
