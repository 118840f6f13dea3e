import type { ProblemAnswer } from '#api/answers.ts';
import { CLIENT_ADDRESS_HEADER } from '#api/client-address.ts';

/** How long the API may take for one answer. A `minVersion` wait is at most 2 s of it. */
const TIMEOUT_MS = 6_000;

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

  constructor(status: number, problem: Partial<ProblemAnswer>) {
    super(problem.title ?? `The API answered ${status}.`);
    this.name = 'ApiProblem';
    this.status = status;
    this.code = problem.code ?? 'unknown';
    this.detail = problem.detail ?? problem.title ?? 'That did not work.';
    this.requestId = problem.requestId ?? null;
  }
}

export interface ApiClient {
  /** Throws `ApiProblem` or `ApiUnreachable`, as `post` does. */
  get<T>(path: string): Promise<T>;
  /** Also gives the answer's `set-cookie` headers, to be copied to the browser. */
  post<T>(path: string, body?: unknown): Promise<{ answer: T; setCookies: string[] }>;
}

/**
 * Speaks to the API in the name of whoever sent `request`: the session's cookie and the origin go along, so that the
 * API decides who this is and whether the write came from our own pages.
 *
 * @param signal ends calls in flight when the reader goes away; default the request's own
 */
export function createApiClient(apiUrl: string, request: Request, signal: AbortSignal = request.signal): ApiClient {
  async function call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Response> {
    const headers = new Headers({ accept: 'application/json' });
    for (const name of ['cookie', 'origin', 'user-agent', CLIENT_ADDRESS_HEADER]) {
      const value = request.headers.get(name);
      if (value) headers.set(name, value);
    }
    if (method === 'POST') headers.set('content-type', 'application/json');
    const response = await fetch(new URL(path, apiUrl), {
      method,
      headers,
      body: method === 'POST' ? JSON.stringify(body ?? {}) : null,
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    }).catch((error: unknown) => {
      throw new ApiUnreachable(error);
    });
    if (!response.ok) throw new ApiProblem(response.status, await problemOf(response));
    return response;
  }

  return {
    async get<T>(path: string) {
      return (await (await call('GET', path)).json()) as T;
    },
    async post<T>(path: string, body?: unknown) {
      const response = await call('POST', path, body);
      return { answer: (await response.json()) as T, setCookies: response.headers.getSetCookie() };
    },
  };
}

/** What is no problem document, such as a proxy's page, is treated as an empty one. */
async function problemOf(response: Response): Promise<Partial<ProblemAnswer>> {
  const body: unknown = await response.json().catch(() => null);
  return typeof body === 'object' && body !== null ? body : {};
}
