import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import { findCustomer } from '../engine/customers.ts';
import type { Invoice, Price, Subscription } from '../engine/objects.ts';
import {
  cancelInPortal,
  changeCardInPortal,
  changeInPortal,
  choicesFor,
  featuresOf,
  openPortal,
  subscriptionsOf,
  undoInPortal,
} from '../engine/portal-sessions.ts';
import type { PortalSession } from '../engine/session-objects.ts';
import { invalidRequest } from '../engine/stripe-error.ts';
import type { World } from '../engine/world.ts';
import {
  alertLine,
  cardFields,
  day,
  type HostedPageDeps,
  type Html,
  money,
  NO_REAL_MONEY,
  perform,
  readCard,
  sendPage,
} from './hosted-page.ts';

/**
 * The page behind a portal session's `url`: the plan, cancelling and taking it back, the card, the invoices; or the one
 * thing that its flow is about. https://docs.stripe.com/customer-management
 */
export function mountHostedPortal(app: Hono, deps: HostedPageDeps): void {
  const { world, catchUp } = deps;

  app.get('/portal/:token', (c) => {
    catchUp();
    const session = openPortal(world, c.req.param('token'));
    return session ? show(c, world, session, null) : expired(c);
  });

  app.post('/portal/:token', async (c) => {
    const form = await c.req.parseBody();
    const text = (name: string) => (typeof form[name] === 'string' ? String(form[name]) : '');
    const session = openPortal(world, c.req.param('token'));
    if (!session) return expired(c);
    const { done, failure } = await perform(deps, () => {
      const action = text('action');
      if (action === 'cancel') cancelInPortal(world, session, text('subscription'));
      else if (action === 'undo') undoInPortal(world, session, text('subscription'));
      else if (action === 'card') changeCardInPortal(world, session, readCard(form, world.wallMs()));
      else if (action === 'change') {
        const quantity = Number(text('quantity')) || undefined;
        return changeInPortal(world, session, text('subscription'), text('price'), quantity);
      } else throw invalidRequest('Choose one of the actions.', 'action');
      return null;
    });
    if (failure !== null) return show(c, world, session, failure);
    if (done !== null)
      return c.redirect(`${done}?return=${encodeURIComponent(`${world.publicUrl}${c.req.path}`)}`, 303);
    return afterwards(c, session);
  });
}

/** https://docs.stripe.com/api/customer_portal/sessions/create#create_portal_session-flow_data-after_completion */
function afterwards(c: Context, session: PortalSession) {
  const after = session.flow?.after_completion;
  if (after?.type === 'redirect' && after.redirect) return c.redirect(after.redirect.return_url, 303);
  if (after?.type !== 'hosted_confirmation') return c.redirect(`${c.req.path}${session.flow ? '?home' : ''}`, 303);
  return sendPage(
    c,
    200,
    'Done',
    html`<h1>Done</h1><p role="status">${after.hosted_confirmation?.custom_message ?? 'Your change was saved.'}</p>${back(session)}`,
  );
}

function show(c: Context, world: World, session: PortalSession, failure: string | null) {
  const flow = c.req.query('home') === undefined ? session.flow : null;
  const features = featuresOf(world, session);
  const customer = findCustomer(world, session.customer);
  const path = c.req.path;
  const subscriptions = subscriptionsOf(world, session);
  const about =
    flow?.subscription_cancel?.subscription ??
    flow?.subscription_update?.subscription ??
    flow?.subscription_update_confirm?.subscription;
  const shown = about === undefined ? subscriptions : subscriptions.filter(({ id }) => id === about);
  const wants = (type: string) => flow === null || flow.type === type;
  return sendPage(
    c,
    failure === null ? 200 : 402,
    'Billing',
    html`${NO_REAL_MONEY}
      <h1>Billing</h1>
      <p class="soft">${customer.email ?? customer.name ?? customer.id}</p>
      ${alertLine(failure)}
      ${
        flow?.type === 'payment_method_update'
          ? ''
          : html`<section><h2>Subscriptions</h2>
        ${shown.length === 0 ? html`<p>There is none.</p>` : ''}
        ${shown.map(
          (each) => html`<div class="card">
            ${summary(world, each)}
            ${each.cancel_at !== null || each.schedule !== null ? undoForm(path, each) : ''}
            ${features.subscription_update.enabled && wants('subscription_update') ? changeForm(path, choicesFor(world, session, each), each, world) : ''}
            ${flow?.subscription_update_confirm ? confirmForm(path, world, each, flow.subscription_update_confirm.items[0]) : ''}
            ${features.subscription_cancel.enabled && each.cancel_at === null && wants('subscription_cancel') ? cancelForm(path, each, features.subscription_cancel.mode) : ''}
          </div>`,
        )}</section>`
      }
      ${features.payment_method_update.enabled && wants('payment_method_update') ? cardSection(path, world, session) : ''}
      ${features.invoice_history.enabled && flow === null ? invoiceSection(world, session) : ''}
      ${back(session)}`,
    'wide',
  );
}

function summary(world: World, subscription: Subscription) {
  const items = subscription.items.data;
  const end = items[0]?.current_period_end ?? subscription.created;
  const next = world.state.subscriptionSchedules[subscription.schedule ?? '']?.phases.find(
    (each) => each.start_date >= end,
  );
  const nextPrice = world.state.prices[next?.items[0]?.price ?? ''];
  return html`${items.map(
    ({
      price,
      quantity,
    }) => html`<p class="row"><strong>${nameOf(world, price)}${quantity && quantity > 1 ? ` × ${quantity}` : ''}</strong>
      <span>${costOf(price, quantity ?? 1)}</span></p>`,
  )}
  <p class="soft">${
    subscription.cancel_at === null
      ? `${subscription.status.replace('_', ' ')}, renews on ${day(end)}`
      : `Ends on ${day(subscription.cancel_at)}`
  }</p>
  ${next && nextPrice ? html`<p role="status">Changes to ${nameOf(world, nextPrice)} on ${day(next.start_date)}.</p>` : ''}
  ${subscription.pending_update ? html`<p role="status">A change waits for its payment.</p>` : ''}`;
}

function cancelForm(path: string, { id }: Subscription, mode: 'at_period_end' | 'immediately') {
  return html`<form method="post" action="${path}">
    <input type="hidden" name="subscription" value="${id}">
    <button class="quiet" name="action" value="cancel">${mode === 'immediately' ? 'Cancel now' : 'Cancel at the end of the period'}</button>
  </form>`;
}

function undoForm(path: string, { id, cancel_at }: Subscription) {
  return html`<form method="post" action="${path}">
    <input type="hidden" name="subscription" value="${id}">
    <button name="action" value="undo">${cancel_at === null ? 'Keep the present plan' : "Don't cancel"}</button>
  </form>`;
}

function changeForm(path: string, choices: Price[], { id }: Subscription, world: World) {
  if (choices.length === 0) return '';
  return html`<form method="post" action="${path}">
    <input type="hidden" name="subscription" value="${id}">
    <label class="field"><span>Another plan</span>
      <select name="price">${choices.map(
        (price) => html`<option value="${price.id}">${nameOf(world, price)}, ${costOf(price, 1)}</option>`,
      )}</select></label>
    <button name="action" value="change">Change the plan</button>
  </form>`;
}

function confirmForm(
  path: string,
  world: World,
  { id }: Subscription,
  item: { price: string | null; quantity?: number } | undefined,
) {
  const price = world.state.prices[item?.price ?? ''];
  if (!price) return '';
  return html`<form method="post" action="${path}">
    <input type="hidden" name="subscription" value="${id}">
    <input type="hidden" name="price" value="${price.id}">
    <input type="hidden" name="quantity" value="${item?.quantity ?? ''}">
    <p>Change to <strong>${nameOf(world, price)}</strong>, ${costOf(price, item?.quantity ?? 1)}?</p>
    <button name="action" value="change">Confirm</button>
  </form>`;
}

function cardSection(path: string, world: World, session: PortalSession): Html {
  const current = findCustomer(world, session.customer).invoice_settings.default_payment_method;
  const card = world.state.paymentMethods[current ?? '']?.card;
  return html`<section><h2>Card</h2>
    <p>${card ? `${card.brand} ending in ${card.last4}, until ${card.exp_month}/${card.exp_year}` : 'There is none.'}</p>
    <form method="post" action="${path}">${cardFields()}<button name="action" value="card">Save the card</button></form>
  </section>`;
}

function invoiceSection(world: World, session: PortalSession) {
  const invoices: Invoice[] = Object.values(world.state.invoices)
    .filter((each) => each.customer === session.customer && each.status !== 'draft')
    .reverse();
  return html`<section><h2>Invoices</h2>
    <ul>${invoices.map(
      (each) => html`<li class="row"><span>${day(each.created)}</span><span>${money(each.total, each.currency)}</span>
        <span>${each.status}</span>
        <span><a href="${each.hosted_invoice_url}">View ${each.number}</a> <a href="${each.invoice_pdf}">PDF<span class="soft"> of ${each.number}</span></a></span></li>`,
    )}</ul></section>`;
}

function back({ return_url }: PortalSession) {
  return return_url === null ? '' : html`<p><a href="${return_url}">Back</a></p>`;
}

function nameOf(world: World, price: Price): string {
  return price.nickname ?? world.state.products[price.product]?.name ?? price.id;
}

function costOf(price: Price, quantity: number): string {
  const count = price.recurring?.interval_count ?? 1;
  const rhythm = `${count > 1 ? `${count} ` : ''}${price.recurring?.interval ?? ''}${count > 1 ? 's' : ''}`;
  return price.unit_amount === null
    ? `by usage, per ${rhythm}`
    : `${money(price.unit_amount * quantity, price.currency)} per ${rhythm}`;
}

function expired(c: Context) {
  return sendPage(c, 410, 'Expired', html`<h1>This link has expired</h1><p>Go back and open billing again.</p>`);
}
