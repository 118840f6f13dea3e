import type { AppLoadContext } from '@remix-run/node';
import type { ProblemAnswer } from '#api/answers.ts';
import { CLIENT_ADDRESS_HEADER } from '#api/client-address.ts';

/** How long the API may take for one answer. A `minVersion` wait is at most 2 s of it. */
const TIMEOUT_MS = 6_000;
/** As above, where the API asks Stripe, several times in a row. */
export const BILLING_TIMEOUT_MS = 30_000;

/** The API did not answer at all, or not in time. */
export class ApiUnreachable extends Error {
  constructor(cause: unknown) {
    super('The API does not answer.', { cause });
    this.name = 'ApiUnreachable';
  }
}

/** The API answered with an error. `detail` is written for people. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly requestId: string | null;
  /** The whole answer, with what some codes say beside it. */
  readonly told: Readonly<Record<string, unknown>>;

  constructor(status: number, problem: Partial<ProblemAnswer>) {
    super(problem.title ?? `The API answered ${status}.`);
    this.name = 'ApiProblem';
    this.status = status;
    this.code = problem.code ?? 'unknown';
    this.detail = problem.detail ?? problem.title ?? 'That did not work.';
    this.requestId = problem.requestId ?? null;
    this.told = { ...problem };
  }
}

export interface Answered<T> {
  answer: T;
  /** The answer's `set-cookie` headers, to be copied to the browser. */
  setCookies: string[];
}

export interface ApiClient {
  /** Throws `ApiProblem` or `ApiUnreachable`, as the others do. */
  get<T>(path: string): Promise<T>;
  /** As `get`, with what it sets: a session that is used is renewed now and then. */
  getWithCookies<T>(path: string): Promise<Answered<T>>;
  /** The answer as it comes, to be passed on: a redirect is not followed. */
  getRaw(path: string): Promise<Response>;
  /** The body of an answer that goes on, as it comes; it ends with `signal`. */
  getStream(path: string, headers?: Record<string, string>): Promise<ReadableStream<Uint8Array> | null>;
  /** @param headers beside those that always go along */
  post<T>(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answered<T>>;
  put<T>(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answered<T>>;
  patch<T>(path: string, body: unknown, headers?: Record<string, string>): Promise<Answered<T>>;
  delete<T>(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answered<T>>;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface ApiClientOptions {
  /** Ends calls in flight when the reader goes away. Default: the request's own. */
  signal?: AbortSignal;
  /** How long the API may take for one answer. Default 6,000. */
  timeoutMs?: number;
}

/**
 * Speaks to the API in the name of whoever sent `request`: the session's cookie and the origin go along, so that the
 * API decides who this is and whether the write came from our own pages, and so does the address, with our proof of it.
 */
export function createApiClient(
  { apiUrl, vouchedClient }: Pick<AppLoadContext, 'apiUrl' | 'vouchedClient'>,
  request: Request,
  { signal = request.signal, timeoutMs = TIMEOUT_MS }: ApiClientOptions = {},
): ApiClient {
  async function call(
    method: Method,
    path: string,
    body?: unknown,
    more: Record<string, string> = {},
    ended = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  ) {
    const headers = new Headers({ accept: 'application/json', ...more });
    for (const name of ['cookie', 'origin', 'user-agent']) {
      const value = request.headers.get(name);
      if (value) headers.set(name, value);
    }
    if (vouchedClient) headers.set(CLIENT_ADDRESS_HEADER, vouchedClient);
    if (method !== 'GET') headers.set('content-type', 'application/json');
    const response = await fetch(new URL(path, apiUrl), {
      method,
      headers,
      redirect: 'manual',
      body: method === 'GET' ? null : JSON.stringify(body ?? {}),
      signal: ended,
    }).catch((error: unknown) => {
      throw new ApiUnreachable(error);
    });
    if (response.status >= 400) throw new ApiProblem(response.status, await problemOf(response));
    return response;
  }

  async function answered<T>(pending: Promise<Response>): Promise<Answered<T>> {
    const response = await pending;
    // The time is for the whole of it: what breaks off on its way is no answer.
    const text = await response.text().catch((error: unknown) => {
      throw new ApiUnreachable(error);
    });
    return { answer: (text === '' ? null : JSON.parse(text)) as T, setCookies: response.headers.getSetCookie() };
  }

  return {
    get: async <T>(path: string) => (await answered<T>(call('GET', path))).answer,
    getWithCookies: (path) => answered(call('GET', path)),
    getRaw: (path) => call('GET', path),
    async getStream(path, headers) {
      // It goes on for as long as somebody reads, but has to begin in time.
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), timeoutMs);
      try {
        return (await call('GET', path, undefined, headers, AbortSignal.any([signal, late.signal]))).body;
      } finally {
        clearTimeout(timer);
      }
    },
    post: (path, body, headers) => answered(call('POST', path, body, headers)),
    put: (path, body, headers) => answered(call('PUT', path, body, headers)),
    patch: (path, body, headers) => answered(call('PATCH', path, body, headers)),
    delete: (path, body, headers) => answered(call('DELETE', path, body, headers)),
  };
}

/** What is no problem document, such as a proxy's page, is treated as an empty one. */
async function problemOf(response: Response): Promise<Partial<ProblemAnswer>> {
  const body: unknown = await response.json().catch(() => null);
  return typeof body === 'object' && body !== null ? body : {};
}
