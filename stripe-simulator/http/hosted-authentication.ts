import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import { authenticateCheckout } from '../engine/checkout-sessions.ts';
import { authenticatePayment } from '../engine/invoices.ts';
import { findPaymentMethod } from '../engine/payment-methods.ts';
import { authenticateSetup } from '../engine/setup-intents.ts';
import type { Authentication } from '../engine/state.ts';
import { invalidRequest, StripeError } from '../engine/stripe-error.ts';
import type { World } from '../engine/world.ts';
import { alertLine, type HostedPageDeps, NO_REAL_MONEY, perform, sendPage } from './hosted-page.ts';

/**
 * The page of the card's bank, where its holder says yes or no. https://docs.stripe.com/testing#three-ds-cards,
 * https://docs.stripe.com/payments/3d-secure/authentication-flow
 */
export function mountHostedAuthentication(app: Hono, deps: HostedPageDeps): void {
  const { world, catchUp } = deps;
  const find = (c: Context) => world.state.authentications[c.req.param('token') ?? ''];

  app.get('/authenticate/:token', (c) => {
    catchUp();
    const asked = find(c);
    return asked ? ask(c, world, asked) : nothing(c);
  });

  app.post('/authenticate/:token', async (c) => {
    const form = await c.req.parseBody();
    const asked = find(c);
    if (!asked) return nothing(c);
    const succeeded = form.outcome === 'complete';
    if (!succeeded && form.outcome !== 'fail') return ask(c, world, asked);
    const { done, failure } = await perform(deps, () => {
      delete world.state.authentications[c.req.param('token')];
      return answer(world, asked, succeeded);
    });
    const next = done ?? asked.back;
    if (next !== null) return c.redirect(failure === null ? next : withNotice(next, failure), 303);
    return sendPage(
      c,
      200,
      'Authentication',
      html`<h1>${succeeded ? 'Thank you' : 'Not authenticated'}</h1>${alertLine(failure)}<p>You can close this page.</p>`,
    );
  });
}

/** @returns where the browser goes; `null` where it came from */
function answer(world: World, { of, paymentMethod }: Authentication, succeeded: boolean): string | null {
  const session = world.state.checkoutSessions[of];
  if (session) {
    if (succeeded) return authenticateCheckout(world, session, paymentMethod);
    throw new StripeError(402, {
      type: 'card_error',
      code: 'payment_intent_authentication_failure',
      message:
        'We are unable to authenticate your payment method. Please choose a different payment method and try again.',
    });
  }
  const setup = world.state.setupIntents[of];
  if (setup) authenticateSetup(world, setup, succeeded);
  else if (world.state.paymentIntents[of]) authenticatePayment(world, of, paymentMethod, succeeded);
  else throw invalidRequest('What waited for this is gone.');
  return null;
}

/** A page of the simulator's own says what went wrong; a merchant's finds out by itself. */
function withNotice(next: string, failure: string): string {
  if (!next.startsWith('/')) return next;
  return `${next}${next.includes('?') ? '&' : '?'}failure=${encodeURIComponent(failure)}`;
}

function ask(c: Context, world: World, { paymentMethod }: Authentication) {
  const { card } = findPaymentMethod(world, paymentMethod, 'payment_method');
  return sendPage(
    c,
    200,
    '3D Secure authentication',
    html`${NO_REAL_MONEY}
      <h1>Is this you?</h1>
      <p>The bank of the card ending in ${card.last4} asks its holder to authenticate (3D Secure).</p>
      <form method="post" action="${c.req.path}">
        <button type="submit" name="outcome" value="complete">Complete authentication</button>
        <button type="submit" name="outcome" value="fail" class="quiet">Fail authentication</button>
      </form>`,
  );
}

function nothing(c: Context) {
  return sendPage(
    c,
    404,
    'Nothing to authenticate',
    html`<h1>Nothing to authenticate</h1><p>This was answered, or has been replaced.</p>`,
  );
}
