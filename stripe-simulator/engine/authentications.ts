import { randomToken } from './ids.ts';
import type { NextAction } from './objects.ts';
import type { Authentication } from './state.ts';
import type { World } from './world.ts';

/**
 * Asks a card's holder to authenticate on a page of the simulator: where a return address was given the intent redirects
 * there, else its page is what Stripe.js would open. https://docs.stripe.com/payments/3d-secure/authentication-flow
 *
 * @param of the payment intent, setup intent or Checkout session that waits
 * @param back where its holder goes on; `null` stays
 */
export function askForAuthentication(
  world: World,
  of: string,
  paymentMethod: string,
  back: string | null,
  returnUrl: string | null = null,
): NextAction {
  const url = authenticationPage(world, { of, paymentMethod, back: returnUrl ?? back });
  return returnUrl === null
    ? { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js: url } }
    : { type: 'redirect_to_url', redirect_to_url: { return_url: returnUrl, url } };
}

/** The address of the page, without its origin. One that was asked for before is void. */
export function authenticationPage(world: World, asked: Authentication): string {
  dropAuthentication(world, asked.of);
  const token = randomToken(40);
  world.state.authentications[token] = asked;
  return `/authenticate/${token}`;
}

/** Nothing waits any more. */
export function dropAuthentication(world: World, of: string): void {
  for (const [token, each] of Object.entries(world.state.authentications)) {
    if (each.of === of) delete world.state.authentications[token];
  }
}
