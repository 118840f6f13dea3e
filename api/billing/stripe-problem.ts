import Stripe from 'stripe';
import { type BillingErrorCode, billingErrorOf, type StripeErrorLike } from '#domain/stripe-errors.ts';
import { Problem } from '../problem.ts';

const TITLES: Record<BillingErrorCode, string> = {
  CARD_DECLINED: 'The payment was declined',
  RATE_LIMIT: 'Stripe is busy',
  INVALID_REQUEST: 'Stripe refused the request',
  API_ERROR: 'Stripe does not answer',
  UNKNOWN_ERROR: 'Something went wrong at Stripe',
};
const ANSWERS = {
  CARD_DECLINED: [402, 'card-declined'],
  RATE_LIMIT: [429, 'stripe-busy'],
  INVALID_REQUEST: [409, 'stripe-refused'],
  API_ERROR: [503, 'stripe-unavailable'],
  UNKNOWN_ERROR: [502, 'stripe-failed'],
} as const satisfies Record<BillingErrorCode, [number, Problem['code']]>;
const RETRY_SECONDS = 5;

/**
 * What people are told of an error of Stripe. What Stripe itself says goes into the log.
 *
 * @param told further members of the answer
 */
export function stripeProblem(error: StripeErrorLike, told: Record<string, unknown> = {}): Problem {
  if (error instanceof Stripe.errors.StripeIdempotencyError) return keyReused(error);
  const { code: name, message, advice, declineCode, retryable } = billingErrorOf(error);
  const [status, code] = ANSWERS[name];
  const isTemporary = status === 429 || status === 503;
  const again = status === 503 ? ' Send it again with the same Idempotency-Key: it happens once.' : '';
  return new Problem(status, code, TITLES[name], `${message} ${advice}${again}`, {
    data: { error: name, advice, retryable, ...(declineCode === undefined ? {} : { declineCode }), ...told },
    ...(isTemporary ? { retryAfterSeconds: RETRY_SECONDS } : {}),
    cause: error,
  });
}

/** The Idempotency-Key stands for another wish. */
export function keyReused(cause?: unknown): Problem {
  return new Problem(
    409,
    'idempotency-key-reused',
    'The Idempotency-Key was used for something else',
    'A key stands for one wish. Send another one with this request.',
    { cause },
  );
}
