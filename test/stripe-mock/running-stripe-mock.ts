import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '#platform/ports.ts';

const START_WITHIN_MS = 20_000;

export interface RunningStripeMock {
  url: string;
  stop(): Promise<void>;
}

/** The official stripe-mock, on a free port. */
export async function runStripeMock(binary: string): Promise<RunningStripeMock> {
  const http = await freePort();
  const https = await freePort();
  // Without an address for https it would listen to the world.
  const mock = spawn(binary, ['-http-addr', `127.0.0.1:${http}`, '-https-addr', `127.0.0.1:${https}`], {
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${http}`;
  const stop = async () => {
    if (mock.exitCode !== null) return;
    mock.kill('SIGTERM');
    await once(mock, 'exit');
  };
  try {
    await untilUp(url);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
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
