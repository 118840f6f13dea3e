import Stripe from 'stripe';
import { Problem } from '../problem.ts';

/** The names by which the systems that this replaces know an error of Stripe. */
export type StripeFailure = 'CARD_DECLINED' | 'RATE_LIMIT' | 'INVALID_REQUEST' | 'API_ERROR' | 'UNKNOWN_ERROR';

/** Why a payment was declined, as far as Stripe says. */
export interface Decline {
  code: string | null;
  declineCode: string | null;
  /** Stripe's `advice_code`: whether trying again makes sense. */
  adviceCode: string | null;
}

const ADVICE: Record<string, string> = {
  authentication_required: 'Your bank wants you to confirm the payment: do it on the page that we link to.',
  do_not_honor: 'Your bank refused it without a reason. Ask your bank, or use another card.',
  expired_card: 'The card has expired. Use another card.',
  generic_decline: 'Your bank refused it without a reason. Ask your bank, or use another card.',
  incorrect_cvc: 'The security code is wrong. Enter the card again.',
  insufficient_funds: 'The account behind the card does not hold enough. Use another card, or try again later.',
  invalid_cvc: 'The security code is wrong. Enter the card again.',
  lost_card: 'The card can not be used. Use another card.',
  processing_error: 'Something went wrong while the card was charged. Try again in a minute.',
  stolen_card: 'The card can not be used. Use another card.',
};
const ADVICE_BY_CODE: Record<string, string> = {
  confirm_card_data: 'Check the number, the date and the security code of the card, and enter it again.',
  do_not_try_again: 'This card will not be charged. Use another card.',
  try_again_later: 'Try again later, or use another card.',
};

/** 402: the card was declined, why, and what to do about it. */
export function cardDeclined(decline: Decline, data: Record<string, unknown> = {}, cause?: unknown): Problem {
  const { code, declineCode, adviceCode } = decline;
  const advice =
    ADVICE[declineCode ?? ''] ??
    ADVICE[code ?? ''] ??
    ADVICE_BY_CODE[adviceCode ?? ''] ??
    'Use another card, or ask your bank.';
  const detail = `The card was declined. ${advice}`;
  return new Problem(402, 'card-declined', 'The payment was declined', detail, {
    data: { error: 'CARD_DECLINED' satisfies StripeFailure, declineCode: declineCode ?? code, advice, ...data },
    cause,
  });
}

/** What people are told of an error of Stripe. What Stripe itself says is told where the request was at fault, else logged alone. */
export function stripeProblem(error: InstanceType<typeof Stripe.errors.StripeError>): Problem {
  if (error instanceof Stripe.errors.StripeCardError) {
    return cardDeclined(
      {
        code: error.code ?? null,
        declineCode: error.decline_code ?? null,
        adviceCode: error.advice_code ?? null,
      },
      {},
      error,
    );
  }
  if (error instanceof Stripe.errors.StripeRateLimitError) {
    return failure(
      429,
      'stripe-busy',
      'RATE_LIMIT',
      'Stripe is asked too often now. Try again in a few seconds.',
      error,
    );
  }
  if (error instanceof Stripe.errors.StripeIdempotencyError) {
    return new Problem(
      409,
      'idempotency-key-reused',
      'The Idempotency-Key was used for something else',
      'A key stands for one wish. Send another one with this request.',
      { data: { error: 'INVALID_REQUEST' satisfies StripeFailure }, cause: error },
    );
  }
  if (error instanceof Stripe.errors.StripeInvalidRequestError) {
    return failure(
      409,
      'stripe-refused',
      'INVALID_REQUEST',
      'Stripe does not allow this as things are. Load the account again and decide anew.',
      error,
    );
  }
  if (error instanceof Stripe.errors.StripeAPIError || error instanceof Stripe.errors.StripeConnectionError) {
    const detail =
      'Stripe does not answer as it should. It may or may not have been done: send it again with the same Idempotency-Key in a few seconds.';
    return failure(503, 'stripe-unavailable', 'API_ERROR', detail, error);
  }
  const detail = 'Stripe refused us. Nothing was changed; tell support the requestId of this answer.';
  return failure(502, 'stripe-failed', 'UNKNOWN_ERROR', detail, error);
}

function failure(
  status: 409 | 429 | 502 | 503,
  code: Problem['code'],
  name: StripeFailure,
  detail: string,
  cause: InstanceType<typeof Stripe.errors.StripeError>,
): Problem {
  return new Problem(status, code, TITLES[name], detail, {
    data: { error: name, stripeCode: cause.code ?? null },
    ...(status === 429 || status === 503 ? { retryAfterSeconds: 5 } : {}),
    cause,
  });
}

const TITLES: Record<StripeFailure, string> = {
  CARD_DECLINED: 'The payment was declined',
  RATE_LIMIT: 'Stripe is busy',
  INVALID_REQUEST: 'Stripe refused the request',
  API_ERROR: 'Stripe does not answer',
  UNKNOWN_ERROR: 'Something went wrong at Stripe',
};
