import { isAPIError } from 'better-auth/api';
import type { ApiContext } from '../api-env.ts';
import { Problem } from '../problem.ts';
import type { Auth } from './auth.ts';

/** Passes sign-in, sign-out and the session's look-up to better-auth and turns its refusals into problems. */
export function createAuthHandler(auth: Auth) {
  return async (c: ApiContext): Promise<Response> => {
    const answer = await auth.handler(c.req.raw).catch((error: unknown) => {
      if (isAPIError(error) && error.statusCode < 500) throw refusal(error.statusCode, error.body?.message, error);
      throw error;
    });
    if (answer.ok) {
      for (const [name, value] of answer.headers) c.header(name, value, { append: name === 'set-cookie' });
      return c.body(await answer.text(), answer.status as 200);
    }
    const told: unknown = await answer.json().catch(() => null);
    const message = typeof told === 'object' && told !== null && 'message' in told ? String(told.message) : undefined;
    throw refusal(answer.status, message, told);
  };
}

function refusal(status: number, message: string | undefined, cause: unknown): Problem {
  if (status === 401) {
    return new Problem(
      401,
      'sign-in-failed',
      'Sign-in failed',
      'The e-mail address or the password is not right. Check both and try again.',
      { cause },
    );
  }
  if (status === 403) {
    return new Problem(
      403,
      'origin-not-trusted',
      'The request comes from another site',
      'Open the application at its own address and try again.',
      { cause },
    );
  }
  if (status >= 500) throw new Error('better-auth failed', { cause });
  return new Problem(
    400,
    'request-invalid',
    'The request is malformed',
    `${message ?? 'It could not be read'}. Correct it and send it again.`,
    { cause },
  );
}
