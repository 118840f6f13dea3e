import { adviceOn } from './decline-codes.ts';

export type BillingErrorCode = 'CARD_DECLINED' | 'RATE_LIMIT' | 'INVALID_REQUEST' | 'API_ERROR' | 'UNKNOWN_ERROR';

/** What went wrong at Stripe, for people. */
export interface BillingError {
  code: BillingErrorCode;
  /** One sentence: what happened. */
  message: string;
  /** One sentence: what to do. */
  advice: string;
  /** Stripe's reason for a declined card, as far as a customer may know it. */
  declineCode?: string;
  /** The same again may work, later. */
  retryable: boolean;
}

/** What is read of an error of Stripe's: its own shape or that of its library. https://docs.stripe.com/api/errors */
export interface StripeErrorLike {
  /** `card_error`, or the library's `StripeCardError`. */
  type?: unknown;
  code?: unknown;
  decline_code?: unknown;
  /** HTTP status; absent when there was no answer. */
  statusCode?: unknown;
}

/**
 * An error of Stripe's for people. Stripe's own message is left out of it where it speaks to programmers; it belongs into the
 * log. Anything may be passed.
 */
export function billingErrorOf(error: unknown): BillingError {
  const { type, code, decline_code: declineCode, statusCode } = shapeOf(error);
  if (type === 'card_error' || type === 'StripeCardError') {
    return declined(typeof declineCode === 'string' ? declineCode : typeof code === 'string' ? code : null);
  }
  if (code === 'rate_limit' || code === 'lock_timeout' || statusCode === 429 || type === 'StripeRateLimitError') {
    return {
      code: 'RATE_LIMIT',
      message: 'The payment service has too much to do right now.',
      advice: 'Nothing was changed. Try again in a minute.',
      retryable: true,
    };
  }
  if (isServerSide(type, statusCode)) {
    return {
      code: 'API_ERROR',
      message: 'The payment service does not answer right now.',
      advice: 'Whether it was done shows in your account in a moment. Look there before you try again.',
      retryable: true,
    };
  }
  if (isRefusal(type)) {
    return {
      code: 'INVALID_REQUEST',
      message: 'The payment service refused this.',
      advice: 'Load the page again and look at how things are now. If it happens again, write to us.',
      retryable: false,
    };
  }
  return {
    code: 'UNKNOWN_ERROR',
    message: 'Something went wrong with the payment.',
    advice: 'Look at your account before you try again. If it happens again, write to us.',
    retryable: false,
  };
}

function declined(declineCode: string | null): BillingError {
  const { advice, retryable, shownAs } = adviceOn(declineCode);
  return {
    code: 'CARD_DECLINED',
    message: 'Your card was declined.',
    advice,
    ...(shownAs === null ? {} : { declineCode: shownAs }),
    retryable,
  };
}

function isServerSide(type: unknown, statusCode: unknown): boolean {
  const isLibrarys = type === 'StripeAPIError' || type === 'StripeConnectionError';
  return isLibrarys || type === 'api_error' || (typeof statusCode === 'number' && statusCode >= 500);
}

function isRefusal(type: unknown): boolean {
  const ours = [
    'StripeInvalidRequestError',
    'StripeAuthenticationError',
    'StripePermissionError',
    'StripeIdempotencyError',
  ];
  return type === 'invalid_request_error' || type === 'idempotency_error' || ours.includes(String(type));
}

function shapeOf(error: unknown): StripeErrorLike {
  return typeof error === 'object' && error !== null ? error : {};
}
