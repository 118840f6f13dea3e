import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { smallDisk } from '#test/small-disk.ts';
import { changeCard, clientFor, control, runReceiver, subscribe } from './running-simulator.ts';

// Known before anything listens there, and below those that the kernel gives away.
const PORT = 15130;
const RECEIVER_PORT = 15131;
const URL = `http://127.0.0.1:${PORT}`;
const MAIN = new globalThis.URL('./main.ts', import.meta.url).pathname;

const folder = mkdtempSync(join(tmpdir(), 'stripe-simulator-'));
let child: ChildProcess | null = null;

afterEach(async () => {
  await kill();
  rmSync(folder, { recursive: true, force: true });
});

function spawnMain(env: Record<string, string> = {}) {
  const settings: Record<string, string> = {
    STRIPE_SIMULATOR_PORT: String(PORT),
    STRIPE_SIMULATOR_STATE: join(folder, 'state.json'),
    LOG_LEVEL: 'fatal',
    ...env,
  };
  const spawned = spawn(process.execPath, ['--import', 'tsx', MAIN], {
    env: settings as NodeJS.ProcessEnv,
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  child = spawned;
  return spawned;
}

async function start(env: Record<string, string> = {}): Promise<void> {
  spawnMain(env);
  const healthy = () =>
    fetch(`${URL}/_sim/health`).then(
      (answer) => answer.ok,
      () => false,
    );
  await expect.poll(healthy, { timeout: 40_000, interval: 100 }).toBe(true);
}

async function kill(): Promise<void> {
  const dying = child;
  child = null;
  if (!dying || dying.exitCode !== null || dying.signalCode !== null) return;
  await new Promise((resolve) => {
    dying.once('exit', resolve);
    dying.kill('SIGKILL');
  });
}

test('kill -9 forgets nothing: objects, time, idempotency keys and deliveries that are still to be made', async () => {
  await start();
  const stripe = clientFor(PORT);
  const endpoint = await stripe.webhookEndpoints.create({
    url: `http://127.0.0.1:${RECEIVER_PORT}/webhook`,
    enabled_events: ['invoice.payment_failed'],
  });
  const { clock, customer, subscription } = await subscribe(stripe, { at: '2026-01-10T12:00:00Z' });
  await changeCard(stripe, customer.id, 'pm_card_chargeCustomerFail');
  const named = await stripe.customers.update(customer.id, { name: 'Ann' }, { idempotencyKey: 'once' });
  await control(URL, 'POST', `/_sim/clocks/${clock.id}/advance`, { to: '2026-02-10T13:00:00Z' });
  await kill();

  await start();
  expect(await control(URL, 'GET', `/_sim/clocks/${clock.id}`)).toMatchObject({
    now: '2026-02-10T13:00:00.000Z',
    nextDueAt: '2026-02-13T13:00:00.000Z',
  });
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('past_due');
  const again = await stripe.customers.update(customer.id, { name: 'Ann' }, { idempotencyKey: 'once' });
  expect(again.name).toBe(named.name);

  const receiver = await runReceiver({ port: RECEIVER_PORT });
  const settled = await control(URL, 'POST', '/_sim/deliveries/settle', { customer: customer.id, timeoutMs: 20_000 });
  expect(settled).toEqual({ settled: true, pending: 0 });
  const [delivered] = receiver.received;
  const event = stripe.webhooks.constructEvent(
    delivered?.body ?? '',
    delivered?.signature ?? '',
    endpoint.secret ?? '',
  );
  expect(event.type).toBe('invoice.payment_failed');
  await receiver.stop();
}, 120_000);

test('in memory alone nothing is written, and the next start begins anew', async () => {
  const before = readdirSync('.');
  const inMemory = { STRIPE_SIMULATOR_STATE: 'memory' };
  await start(inMemory);
  const { id } = await clientFor(PORT).customers.create({ name: 'Ann' });
  await kill();
  await start(inMemory);
  await expect(clientFor(PORT).customers.retrieve(id)).rejects.toThrow(`No such customer: '${id}'`);
  expect(readdirSync('.')).toEqual(before);
}, 120_000);

test('it refuses to start for production and beside a live key, and says why', async () => {
  const cases: Record<string, string>[] = [{ NODE_ENV: 'production' }, { STRIPE_SECRET_KEY: 'sk_live_abc' }];
  for (const env of cases) {
    const refused = spawnMain(env);
    let said = '';
    refused.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
    });
    const code = await new Promise((resolve) => refused.once('close', resolve));
    expect([code, said]).toEqual([1, expect.stringContaining('refuses to start')]);
  }
}, 60_000);

test("with its state on a full disk it answers 503 in Stripe's envelope, also at its start, and goes on once there is space", async () => {
  const disk = smallDisk('2M');
  onTestFinished(disk.discard);
  const state = join(disk.folder, 'state.json');
  disk.fill();
  await start({ STRIPE_SIMULATOR_STATE: state });
  const { pid } = child ?? {};
  const stripe = clientFor(PORT);
  const refused = await stripe.customers.create({ name: 'Ann' }).catch((error: unknown) => error);
  expect(refused).toMatchObject({
    statusCode: 503,
    rawType: 'api_error',
    message: expect.stringMatching(/can not be written: .*ENOSPC/),
  });

  disk.free();
  const created = async () => (await stripe.customers.create({ name: 'Ben' }).catch(() => null))?.name;
  await expect.poll(created, { timeout: 15_000, interval: 250 }).toBe('Ben');
  expect(child?.pid).toBe(pid);
  expect(readFileSync(state, 'utf8')).toContain('Ben');
});
