import { isAPIError } from 'better-auth/api';
import type { ApiContext } from '../api-env.ts';
import { Problem } from '../problem.ts';
import { rateLimited } from '../rate-limits.ts';
import { ADDRESS_FOR_AUTH, type Auth } from './auth.ts';
import { refusalOf } from './refusal-of.ts';
import { refuseUnfitTexts } from './refuse-unfit-texts.ts';

/**
 * Passes a request to better-auth, with the client's address as far as we believe it, and turns refusals into problems.
 * Redirects go through as they are: browsers come back from other services on them.
 */
export function createAuthHandler(auth: Auth) {
  return async (c: ApiContext): Promise<Response> => {
    await refuseUnfitTexts(c.req.raw.clone());
    const headers = new Headers(c.req.raw.headers);
    headers.delete(ADDRESS_FOR_AUTH);
    if (c.var.clientAddress) headers.set(ADDRESS_FOR_AUTH, c.var.clientAddress);
    const answer = await auth.handler(new Request(c.req.raw, { headers })).catch((error: unknown) => {
      if (!isAPIError(error)) throw error;
      throw refusalOf(error.statusCode, error.body ?? {}, error);
    });
    if (answer.status < 400) {
      for (const [name, value] of answer.headers) c.header(name, value, { append: name === 'set-cookie' });
      c.header('Cache-Control', 'private, no-store');
      return c.body(await answer.text(), answer.status as 200);
    }
    if (answer.status === 429) throw rateLimited(Number(answer.headers.get('x-retry-after')) || 60);
    const told: unknown = await answer.json().catch(() => null);
    throw refusalOf(answer.status, typeof told === 'object' && told !== null ? told : {}, told);
  };
}

/** For everything of better-auth that is not open, whether it exists or not. */
export function refuseClosedEndpoint(): never {
  throw new Problem(
    404,
    'not-found',
    'There is nothing here',
    'See docs/api.md for what can be asked below /api/auth.',
  );
}
