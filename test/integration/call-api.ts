import { randomUUID } from 'node:crypto';

/** A machine that is at its limit for longer is broken. */
const TRIES = 6;

/**
 * Calls the API as a program of a customer does: a write has a key, and is sent again with it as long as the answer says that nobody
 * confirmed it in time, as on a busy machine.
 */
export async function callApi(url: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  const writes = init.method !== undefined && init.method !== 'GET';
  if (writes && !headers.has('idempotency-key')) headers.set('idempotency-key', randomUUID());
  for (let left = TRIES; ; left -= 1) {
    const answer = await fetch(url, { ...init, headers });
    if (answer.status !== 503 || left === 1) return answer;
    const problem = (await answer.clone().json()) as { code?: string };
    if (problem.code !== 'not-confirmed') return answer;
  }
}
