import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readStripeDocument } from './stripe-document.ts';
import { createStripeSchema, type StripeSchema } from './stripe-schema.ts';

/** A call of the API with its answer. */
export interface RecordedCall {
  method: string;
  /** Without the query. */
  path: string;
  /** Form-encoded body, or query. */
  form: string;
  status: number;
  /** Whether the official client made it. */
  official: boolean;
}

type Fetch = (request: Request) => Response | Promise<Response>;

export interface Recorder {
  /** Answers as `fetch` does, and keeps every call of the API. */
  fetch: Fetch;
  /**
   * Judges every answer and every event by Stripe's own schema.
   *
   * @param recordings folder for the calls; `null` keeps none
   * @throws Error that names each fault
   */
  finish(recordings: string | null): Promise<void>;
}

interface StripeEvent {
  type: string;
  data: { object: object };
}

const ORIGIN = 'http://127.0.0.1';
let schema: StripeSchema | null = null;

/** Watches over a simulator in tests: whatever it answers or sends has the form that Stripe's document gives it. */
export function createRecorder(fetch: Fetch): Recorder {
  const calls: (RecordedCall & { body: string })[] = [];

  const events = async (): Promise<object[]> => {
    const found: { id: string }[] = [];
    for (let after = ''; ; after = `&starting_after=${found.at(-1)?.id}`) {
      const request = new Request(`${ORIGIN}/v1/events?limit=100${after}`, {
        headers: { authorization: 'Bearer sk_test_recorder' },
      });
      const page = (await (await fetch(request)).json()) as { data: { id: string }[]; has_more: boolean };
      found.push(...page.data);
      if (!page.has_more) return found;
    }
  };

  return {
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      if (!pathname.startsWith('/v1/')) return fetch(request);
      const form = request.method === 'POST' ? await request.clone().text() : search.slice(1);
      const answer = await fetch(request);
      calls.push({
        method: request.method,
        path: pathname,
        form,
        status: answer.status,
        official: request.headers.get('user-agent')?.startsWith('Stripe/') ?? false,
        body: await answer.clone().text(),
      });
      return answer;
    },
    async finish(recordings) {
      if (recordings !== null && calls.length > 0) {
        mkdirSync(recordings, { recursive: true });
        const lines = calls.map(({ body: _, ...call }) => JSON.stringify(call));
        writeFileSync(join(recordings, `${randomUUID()}.jsonl`), `${lines.join('\n')}\n`);
      }
      schema ??= createStripeSchema(readStripeDocument());
      const judge = schema;
      const inAnswers = calls.flatMap(({ method, path, status, body }) =>
        judge.faultsOfAnswer(method, path, status, JSON.parse(body)),
      );
      const inEvents = (await events()).flatMap((event) => [
        ...judge.faultsOfObject(event),
        ...judge.faultsOfObject(subjectOf(event as StripeEvent)),
      ]);
      const faults = [...new Set([...inAnswers, ...inEvents])];
      if (faults.length > 0) throw new Error(`Not as Stripe's schema has it:\n${faults.join('\n')}`);
    },
  };
}

/** The invoice that is upcoming has no id, alone of all: https://docs.stripe.com/api/events/types#event_types-invoice.upcoming */
function subjectOf({ type, data }: StripeEvent): object {
  return type === 'invoice.upcoming' ? { id: 'upcoming', ...data.object } : data.object;
}
