import Stripe from 'stripe';
import { Problem } from '../problem.ts';
import type { BillingDeps } from './billing-deps.ts';
import { stripeProblem } from './stripe-problem.ts';

/**
 * Does something with Stripe, and turns its errors into what people are told.
 *
 * @throws Problem 503 `billing-off` when the API was given no key of Stripe
 */
export type WithBilling = <Result>(work: (deps: BillingDeps) => Promise<Result>) => Promise<Result>;

/** Whether billing is on, and for people what to do when it is not. */
export interface BillingSwitch {
  on: boolean;
  detail: string;
}

const HOW_TO_TURN_ON =
  'Set STRIPE_SECRET_KEY to a secret key of Stripe, or start the Stripe simulator and set STRIPE_API_BASE to its address beside any sk_test_ key.';

export function billingSwitch(stripe: Stripe | null): BillingSwitch {
  return stripe
    ? { on: true, detail: 'Stripe is asked with the key that was given.' }
    : { on: false, detail: `Billing is off: there is no key of Stripe. ${HOW_TO_TURN_ON}` };
}

export function createWithBilling({
  stripe,
  ...rest
}: Omit<BillingDeps, 'stripe'> & { stripe: Stripe | null }): WithBilling {
  return async (work) => {
    if (!stripe) throw billingOff();
    try {
      return await work({ ...rest, stripe });
    } catch (error) {
      throw error instanceof Stripe.errors.StripeError ? stripeProblem(error) : error;
    }
  };
}

export function billingOff(): Problem {
  return new Problem(
    503,
    'billing-off',
    'Billing is off',
    `Nothing can be bought or paid here, because the API has no key of Stripe. Everything else works. Whoever runs this: ${HOW_TO_TURN_ON}`,
  );
}
