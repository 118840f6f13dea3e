import { readStripeDocument } from './stripe-document.ts';
import { createStripeSchema, type StripeSchema } from './stripe-schema.ts';

/** What answers requests. */
export type Fetch = (request: Request) => Response | Promise<Response>;

/** A call of the API with its answer. */
interface AnsweredCall {
  method: string;
  /** Without the query. */
  path: string;
  status: number;
  body: string;
}

export interface Recorder {
  /** Answers as `fetch` does, and keeps every call of the API. */
  fetch: Fetch;
  /**
   * Judges every answer and every event by Stripe's own schema.
   *
   * @throws Error that names each fault
   */
  finish(): Promise<void>;
}

interface StripeEvent {
  type: string;
  data: { object: object };
}

const ORIGIN = 'http://127.0.0.1';
let schema: StripeSchema | null = null;

/** Watches over a simulator in tests: whatever it answers or sends has the form that Stripe's document gives it. */
export function createRecorder(fetch: Fetch): Recorder {
  const calls: AnsweredCall[] = [];

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
      const { pathname: path } = new URL(request.url);
      const answer = await fetch(request);
      if (!path.startsWith('/v1/')) return answer;
      calls.push({ method: request.method, path, status: answer.status, body: await answer.clone().text() });
      return answer;
    },
    async finish() {
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
