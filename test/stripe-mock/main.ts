import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ensureStripeMock } from './binary.ts';
import { recordedCalls, replay } from './replay.ts';

const START_WITHIN_MS = 20_000;
/** The tests whose Stripe client speaks to the simulator. */
const TESTS = ['stripe-simulator', 'activities', 'catalogs'];

const folder = mkdtempSync(join(tmpdir(), 'stripe-recording-'));
try {
  process.exitCode = await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Records every call that the tests make through the official client, and makes each of them at the official stripe-mock. */
async function main(): Promise<number> {
  const binary = await ensureStripeMock(process.env);
  const tests = spawn('npx', ['vitest', 'run', '--project', 'unit', ...TESTS], {
    env: { ...process.env, STRIPE_RECORDING: folder },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [status] = (await once(tests, 'exit')) as [number | null];
  if (status !== 0) return say(1, 'The tests themselves failed, so nothing was replayed.');

  const [http, https] = [await freePort(), await freePort()];
  // Without an address for https it would listen to the world.
  const mock = spawn(binary, ['-http-addr', `127.0.0.1:${http}`, '-https-addr', `127.0.0.1:${https}`], {
    stdio: 'ignore',
  });
  try {
    const base = `http://127.0.0.1:${http}`;
    await untilUp(base);
    const { calls, endpoints, refusals } = await replay(recordedCalls(folder), base);
    if (calls === 0) return say(1, 'No call was recorded.');
    if (refusals.length > 0)
      return say(1, `stripe-mock refuses ${refusals.length} of ${calls} calls:\n${refusals.join('\n')}`);
    return say(0, `stripe-mock takes all ${calls} calls, at ${endpoints} endpoints.`);
  } finally {
    mock.kill('SIGTERM');
    await Promise.race([once(mock, 'exit'), delay(5_000)]);
  }
}

function say(code: number, sentence: string): number {
  process.stdout.write(`${sentence}\n`);
  return code;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No free port.');
  return address.port;
}

async function untilUp(base: string): Promise<void> {
  const deadline = Date.now() + START_WITHIN_MS;
  for (;;) {
    const answer = await fetch(`${base}/v1/charges`, { headers: { authorization: 'Bearer sk_test_replay' } }).catch(
      () => null,
    );
    if (answer?.ok) return;
    if (Date.now() > deadline) throw new Error(`stripe-mock did not come up within ${START_WITHIN_MS / 1000} s.`);
    await delay(100);
  }
}
