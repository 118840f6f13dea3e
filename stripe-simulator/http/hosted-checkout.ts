import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import { checkoutOf, needsCard, payCheckout, successUrl } from '../engine/checkout-sessions.ts';
import type { CheckoutSession, LineItem } from '../engine/session-objects.ts';
import { invalidRequest } from '../engine/stripe-error.ts';
import type { World } from '../engine/world.ts';
import {
  alertLine,
  cardFields,
  type HostedPageDeps,
  money,
  NO_REAL_MONEY,
  perform,
  readCard,
  sendPage,
} from './hosted-page.ts';

/** The page behind a session's `url`, where a person buys with a test card. https://docs.stripe.com/payments/checkout */
export function mountHostedCheckout(app: Hono, deps: HostedPageDeps): void {
  const { world, catchUp } = deps;
  const find = (c: Context) => world.state.checkoutSessions[c.req.param('id') ?? ''];

  app.get('/checkout/:id', (c) => {
    catchUp();
    const session = find(c);
    return session ? show(c, world, session, 200, c.req.query('failure') ?? null) : missing(c);
  });

  app.post('/checkout/:id', async (c) => {
    const form = await c.req.parseBody();
    const session = find(c);
    if (!session) return missing(c);
    const { done, failure } = await perform(deps, () => {
      // What the session says can not be changed on its page.
      const email = session.customer_details?.email ?? text(form.email);
      if (email === null || !/^\S+@\S+$/.test(email)) throw invalidRequest('Your email is incomplete.', 'email');
      const card = needsCard(session) ? readCard(form, world.wallMs()) : null;
      return payCheckout(world, session, { email, name: text(form.name), card });
    });
    return failure === null ? c.redirect(done, 303) : show(c, world, session, 402, failure);
  });
}

function show(c: Context, world: World, session: CheckoutSession, status: 200 | 402, failure: string | null) {
  if (session.status !== 'open') return closed(c, session);
  const { lineItems, subscription } = checkoutOf(world, session);
  const days = subscription.trial_period_days;
  const price = (amount: number) => money(amount, session.currency);
  const whole = lineItems.reduce((sum, each) => sum + each.amount_total, 0);
  const rhythm = rhythmOf(lineItems[0]);
  const trial = session.amount_total === 0 && whole > 0;
  return sendPage(
    c,
    status,
    'Checkout',
    html`${NO_REAL_MONEY}
      <h1>${trial ? (days === undefined ? 'Free trial' : `${days} days free`) : price(whole)}</h1>
      <p class="soft">${trial ? `Then ${price(whole)} ${rhythm}` : rhythm}</p>
      <dl>
        ${lineItems.map(
          (each) =>
            html`<dt>${each.description}${each.quantity === null ? '' : ` × ${each.quantity}`}</dt><dd>${price(each.amount_total)}</dd>`,
        )}
        <dt>Due today</dt><dd>${price(session.amount_total)}</dd>
      </dl>
      ${alertLine(failure)}
      <form method="post" action="${c.req.path}">
        <label class="field"><span>Email</span>
          <input type="email" name="email" autocomplete="email" required
            value="${session.customer_details?.email ?? ''}" ${session.customer_email === null && session.customer === null ? '' : 'readonly'}></label>
        ${needsCard(session) ? cardFields() : ''}
        <label class="field"><span>Name on card</span><input name="name" autocomplete="cc-name" value="${session.customer_details?.name ?? ''}"></label>
        <button type="submit">${trial ? 'Start trial' : `Subscribe for ${price(session.amount_total)}`}</button>
      </form>
      ${session.cancel_url === null ? '' : html`<p><a href="${session.cancel_url}">Back</a></p>`}`,
  );
}

function closed(c: Context, session: CheckoutSession) {
  const complete = session.status === 'complete';
  return sendPage(
    c,
    complete ? 200 : 410,
    complete ? 'Paid' : 'Expired',
    html`${NO_REAL_MONEY}
      <h1>${complete ? 'All done' : 'This page has expired'}</h1>
      <p role="status">${complete ? 'You have already paid for this.' : 'Nothing was charged. Go back and begin again.'}</p>
      ${complete ? html`<p><a href="${successUrl(session)}">Continue</a></p>` : ''}
      ${!complete && session.cancel_url ? html`<p><a href="${session.cancel_url}">Back</a></p>` : ''}`,
  );
}

function rhythmOf(item: LineItem | undefined): string {
  const recurring = item?.price.recurring;
  if (!recurring) return '';
  return recurring.interval_count === 1
    ? `per ${recurring.interval}`
    : `every ${recurring.interval_count} ${recurring.interval}s`;
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

function missing(c: Context) {
  return sendPage(c, 404, 'No such page', html`<h1>No such page</h1><p>Check the link, or begin again.</p>`);
}
