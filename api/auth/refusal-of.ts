import { databaseUnavailable } from '../on-error.ts';
import { Problem, type ProblemCode } from '../problem.ts';
import { rateLimited } from '../rate-limits.ts';
import { TEXT_UNFIT } from './text-refusal.ts';

type Refusal = readonly [status: 400 | 401 | 403, code: ProblemCode, title: string, detail: string];

const TOKEN: Refusal = [
  400,
  'token-invalid',
  'The link is not valid any more',
  'It was used already, or it is older than an hour. Ask for a new one.',
];
const ORIGIN: Refusal = [
  403,
  'origin-not-trusted',
  'The request comes from another site',
  'Open the application at its own address and try again.',
];
const SECOND_FACTOR: Refusal = [
  401,
  'second-factor-failed',
  'The code is not right',
  'Enter the code that your authenticator shows now, or a backup code that was not used yet.',
];

/** better-auth's codes of which we know more to say than that the request is malformed. */
const REFUSALS: Record<string, Refusal> = {
  INVALID_EMAIL_OR_PASSWORD: [
    401,
    'sign-in-failed',
    'Sign-in failed',
    'The e-mail address or the password is not right. Check both and try again.',
  ],
  EMAIL_NOT_VERIFIED: [
    403,
    'email-not-verified',
    'The e-mail address is not confirmed',
    'We have sent you a mail with a link. Open it and enter your password there.',
  ],
  INVALID_PASSWORD: [400, 'password-wrong', 'The password is not right', 'Enter your present password and try again.'],
  SIGN_UP_PASSWORD_WRONG: [
    400,
    'password-wrong',
    'The password is not the one of the sign-up',
    'Enter the password that you chose when you signed up. When it is forgotten, or somebody else signed up with your address, sign up with a password of your own.',
  ],
  PASSWORD_TOO_SHORT: [400, 'password-unfit', 'The password is too short', 'Choose one of at least 10 characters.'],
  PASSWORD_TOO_LONG: [400, 'password-unfit', 'The password is too long', 'Choose one of at most 128 characters.'],
  INVALID_TOKEN: TOKEN,
  TOKEN_EXPIRED: TOKEN,
  INVALID_ORIGIN: ORIGIN,
  MISSING_OR_NULL_ORIGIN: ORIGIN,
  INVALID_CODE: SECOND_FACTOR,
  INVALID_BACKUP_CODE: SECOND_FACTOR,
  INVALID_TWO_FACTOR_COOKIE: [
    401,
    'second-factor-timed-out',
    'The sign-in took too long',
    'Sign in with your password again, then enter the code.',
  ],
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: [
    401,
    'second-factor-timed-out',
    'Too many wrong codes',
    'Sign in with your password again, then enter the code.',
  ],
  SESSION_NOT_FRESH: [
    403,
    'session-not-fresh',
    'Sign in again for this',
    'You signed in some time ago. Sign in again and repeat it.',
  ],
};

/**
 * What a client is told of a refusal by better-auth. A fault on our side is thrown as an ordinary error; of a session that can't be read,
 * which better-auth says of a database that does not answer, with 503.
 */
export function refusalOf(status: number, told: { code?: unknown; message?: unknown }, cause: unknown): Error {
  if (status >= 500 && told.code === 'FAILED_TO_GET_SESSION') return databaseUnavailable(cause);
  if (status >= 500) return new Error('better-auth failed', { cause });
  const known = REFUSALS[String(told.code)];
  if (known) return new Problem(...known, { cause });
  if (status === 429) return rateLimited(60);
  if (status === 401) {
    return new Problem(401, 'unauthenticated', 'You are not signed in', 'Sign in and try again.', { cause });
  }
  const message = typeof told.message === 'string' ? told.message : 'It could not be read';
  return new Problem(400, 'request-invalid', 'The request is malformed', `${message}. Correct it and send it again.`, {
    refusal: told.code === TEXT_UNFIT ? 'text' : undefined,
    cause,
  });
}
