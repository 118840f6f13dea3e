import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Fetch } from './recorder.ts';

/** A call of the API that the official client made. */
export interface RecordedCall {
  method: string;
  /** Without the query. */
  path: string;
  /** Form-encoded body, or query. */
  form: string;
  /** Of the answer. */
  status: number;
}

/** Answers as `fetch` does, and writes down every call of the official client, at once: a simulator may be killed. */
export function recorded(fetch: Fetch, folder: string | null): Fetch {
  if (folder === null) return fetch;
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${randomUUID()}.jsonl`);
  return async (request) => {
    const { pathname: path, search } = new URL(request.url);
    const isOfficial = request.headers.get('user-agent')?.startsWith('Stripe/') ?? false;
    if (!isOfficial || !path.startsWith('/v1/')) return fetch(request);
    const { method } = request;
    const form = method === 'POST' ? await request.clone().text() : search.slice(1);
    const answer = await fetch(request);
    appendFileSync(file, `${JSON.stringify({ method, path, form, status: answer.status } satisfies RecordedCall)}\n`);
    return answer;
  };
}
