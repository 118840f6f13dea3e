import { ApplicationFailure } from '@temporalio/activity';
import Stripe from 'stripe';

/**
 * Makes an activity's failure of an error of Stripe: `StripeUnavailable` is tried again, `InvalidRequest` (a refused key,
 * something that Stripe does not have) is not.
 */
export function toStripeFailure(error: unknown): unknown {
  if (
    error instanceof Stripe.errors.StripeInvalidRequestError ||
    error instanceof Stripe.errors.StripeAuthenticationError ||
    error instanceof Stripe.errors.StripePermissionError
  ) {
    return ApplicationFailure.nonRetryable(`Stripe refused: ${error.message}`, 'InvalidRequest');
  }
  if (error instanceof Stripe.errors.StripeError) {
    return ApplicationFailure.retryable(`Stripe did not answer: ${error.message}`, 'StripeUnavailable');
  }
  return error;
}

/** Whether Stripe says that it has no such object. */
export function isMissingAtStripe(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing';
}
