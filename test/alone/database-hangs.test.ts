import { readdirSync, readFileSync } from 'node:fs';
import Stripe from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEvent } from '#api/integration.fixture.ts';
import type { PlatformHandle } from '#platform/attach.ts';
import { until } from '#stories/until.ts';
import { lanePlatform } from '#test/lane.ts';
import { type OwnedStage, openOwnedStage } from '../integration/owned-stage.fixture.ts';

/** PostgreSQL takes connections and answers nothing, as after SIGSTOP: nobody waits for it for longer than is said here. */

const ANSWERED_WITHIN_MS = 6_000;
const WHOLE_WITHIN_MS = 60_000;
let platform: PlatformHandle;
let owned: OwnedStage;
let stopped: number[] = [];

beforeAll(async () => {
  platform = await lanePlatform();
  owned = await openOwnedStage();
}, 180_000);

afterAll(async () => {
  goOn();
  await owned?.stage.close();
});

/** The server and each of its processes. */
async function hang(): Promise<void> {
  const server = (await platform.parts()).find(({ name }) => name === 'postgres')?.pid;
  if (!server) throw new Error('PostgreSQL has no process here.');
  const children = readdirSync('/proc').filter((each) => /^\d+$/.test(each) && parentOf(each) === server);
  stopped = [server, ...children.map(Number)];
  for (const pid of stopped) process.kill(pid, 'SIGSTOP');
}

function goOn(): void {
  for (const pid of stopped) process.kill(pid, 'SIGCONT');
  stopped = [];
}

function parentOf(pid: string): number {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return 0;
  }
}

async function timed(ask: () => Promise<Response>): Promise<{ status: number; tookMs: number; body: unknown }> {
  const began = performance.now();
  const answer = await ask();
  const body: unknown = await answer.json().catch(() => null);
  return { status: answer.status, tookMs: performance.now() - began, body };
}

test('a database that hangs is a 503 within seconds, for every read, and all is whole within a minute of its return', async () => {
  const { env } = platform;
  const { stage, send } = owned;
  const account = `/api/v1/accounts/${stage.customer.accountId}`;
  expect((await send('GET', account)).status).toBe(200);
  await hang();
  // Twice: of the first each has a connection that was open, the second come upon what is left.
  for (const round of [1, 2]) {
    const reads = [
      '/api/v1/me',
      account,
      `${account}/timeline`,
      `/api/v1/workspaces/${stage.customer.workspaceId}`,
      '/api/auth/get-session',
    ];
    const answers = await Promise.all(reads.map((path) => timed(() => send('GET', path))));
    for (const [at, { status, tookMs, body }] of answers.entries()) {
      expect({ round, path: reads[at], status }).toEqual({ round, path: reads[at], status: 503 });
      expect(tookMs).toBeLessThan(ANSWERED_WITHIN_MS);
      expect(body).toMatchObject({ code: 'database-unavailable' });
    }
  }
  const { body: payload } = createEvent('cus_hang');
  const secret = env.STRIPE_WEBHOOK_SECRET ?? '';
  for (const ask of [
    () => fetch(`${env.LEASEHOLD_API_URL}/ready`),
    () => fetch(`http://127.0.0.1:${env.LEASEHOLD_WORKER_PORT}/ready`),
  ]) {
    const { status, tookMs } = await timed(ask);
    expect(status).toBe(503);
    expect(tookMs).toBeLessThan(ANSWERED_WITHIN_MS);
  }
  const inbox = await timed(() =>
    fetch(`${env.LEASEHOLD_API_URL}/api/v1/webhooks/stripe`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'stripe-signature': Stripe.webhooks.generateTestHeaderString({ payload, secret }),
      },
      body: payload,
    }),
  );
  expect(inbox.status).toBe(503);
  expect(inbox.tookMs).toBeLessThan(12_000);

  goOn();
  await until('the API to be ready', WHOLE_WITHIN_MS, async () => (await fetch(`${env.LEASEHOLD_API_URL}/ready`)).ok);
  await until('a read to work', WHOLE_WITHIN_MS, async () => (await send('GET', account)).status === 200);
  await until(
    'the worker to be ready',
    WHOLE_WITHIN_MS,
    async () => (await fetch(`http://127.0.0.1:${env.LEASEHOLD_WORKER_PORT}/ready`)).ok,
  );
  await until('a write to be recorded', WHOLE_WITHIN_MS, async () => {
    const body = { name: 'after the hang' };
    return (await send('PATCH', `/api/v1/workspaces/${stage.customer.workspaceId}`, { body })).status < 300;
  });
}, 240_000);
