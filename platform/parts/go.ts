import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

/** What `go` says when a module did not come. It asks once for each, and keeps those that came. */
const DID_NOT_COME =
  /dial tcp|i\/o timeout|Client\.Timeout|connection (reset|refused)|unexpected EOF|TLS handshake|temporary failure|: (429|50[0234]) /i;
const PAUSES_MS = [2_000, 10_000];

export interface Ran {
  status: number | null;
  /** Of both outputs. */
  output: string;
}

/**
 * `go` with these arguments, to its end; again, three times in all, while a module does not come.
 *
 * @param signal ends it
 * @param pausesMs between the tries
 * @throws Error when there is no `go`; AbortError
 */
export async function runGo(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
  pausesMs: readonly number[] = PAUSES_MS,
): Promise<Ran> {
  for (const pauseMs of pausesMs) {
    const ran = await runOnce(args, env, signal);
    if (ran.status === 0 || !DID_NOT_COME.test(ran.output)) return ran;
    await delay(pauseMs, undefined, signal ? { signal } : {});
  }
  return runOnce(args, env, signal);
}

/** Its group is ours: a supervisor that is killed takes a build with it. */
function runOnce(args: readonly string[], env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn('go', args, { env, stdio: ['ignore', 'pipe', 'pipe'], ...(signal ? { signal } : {}) });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, output: Buffer.concat(chunks).toString('utf8') }));
  });
}
