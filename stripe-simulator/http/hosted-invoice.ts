import { createHash } from 'node:crypto';
import type { Context, Hono } from 'hono';
import { html, raw } from 'hono/html';
import { payOnHostedPage } from '../engine/hosted-payment.ts';
import type { Invoice } from '../engine/objects.ts';
import { StripeError } from '../engine/stripe-error.ts';
import type { World } from '../engine/world.ts';
import type { Store } from '../store.ts';
import { isLoopbackUrl } from './loopback.ts';

const CARDS = [
  { token: 'pm_card_visa', label: '4242 4242 4242 4242', hint: 'Visa, works' },
  { token: 'pm_card_mastercard', label: '5555 5555 5555 4444', hint: 'Mastercard, works' },
  { token: 'pm_card_chargeCustomerFail', label: '4000 0000 0000 0341', hint: 'Visa, is declined' },
] as const;

const STYLE = `
:root { color-scheme: light dark; --paper: #fff; --ground: #f3f4f6; --ink: #16191d; --soft: #565d66; --line: #c9ced6;
  --accent: #3c3fc4; --on-accent: #fff; --bad: #a11616; --good: #0b6b3a; }
@media (prefers-color-scheme: dark) { :root { --paper: #1b1e24; --ground: #101216; --ink: #eceef1; --soft: #a9b0ba;
  --line: #434a55; --accent: #a5a8ff; --on-accent: #14163a; --bad: #ff9b9b; --good: #74dba3; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--ground);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 28rem; background: var(--paper); border: 1px solid var(--line); border-radius: 12px; padding: 1.75rem; }
h1 { margin: 0; font-size: 2rem; line-height: 1.2; }
p { margin: .35rem 0; }
.soft { color: var(--soft); }
.bad { color: var(--bad); font-weight: 600; }
.good { color: var(--good); font-weight: 600; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; margin: 1.25rem 0; }
dt { color: var(--soft); } dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
fieldset { border: 0; padding: 0; margin: 1rem 0; display: grid; gap: .5rem; }
legend { font-weight: 600; padding: 0; margin-bottom: .4rem; }
label { display: flex; gap: .6rem; align-items: baseline; }
.card { border: 1px solid var(--line); border-radius: 8px; padding: .6rem .8rem; }
.card:has(:checked) { border-color: var(--accent); outline: 1px solid var(--accent); }
button { width: 100%; margin-top: 1rem; padding: .75rem; border: 0; border-radius: 8px; font: inherit; font-weight: 600;
  background: var(--accent); color: var(--on-accent); cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
a { color: var(--accent); }
`;
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

export interface HostedInvoiceDeps {
  world: World;
  store: Store;
  catchUp: () => void;
  touched: () => void;
}

/** The page behind `hosted_invoice_url`, where a person pays with a test card. https://docs.stripe.com/invoicing/hosted-invoice-page */
export function mountHostedInvoice(app: Hono, { world, store, catchUp, touched }: HostedInvoiceDeps): void {
  const find = (c: Context) => world.state.invoices[world.state.hostedInvoices[c.req.param('token') ?? ''] ?? ''];

  app.get('/invoice/:token', (c) => {
    catchUp();
    const invoice = find(c);
    return invoice ? show(c, invoice, 200, null, returnTo(c.req.query('return'))) : missing(c);
  });

  app.post('/invoice/:token', async (c) => {
    const form = await c.req.parseBody();
    const back = returnTo(typeof form.return === 'string' ? form.return : undefined);
    catchUp();
    const invoice = find(c);
    if (!invoice) return missing(c);
    const card = CARDS.find((each) => each.token === form.card);
    if (!card) return show(c, invoice, 400, 'Choose one of the cards.', back);
    let failure: string | null = null;
    try {
      if (invoice.status !== 'paid') payOnHostedPage(world, invoice, card.token, form.keep === 'yes');
    } catch (error) {
      if (!(error instanceof StripeError)) throw error;
      failure = error.message;
    } finally {
      touched();
    }
    await store.committed();
    if (failure !== null) return show(c, invoice, 402, failure, back);
    return c.redirect(`${c.req.path}${back ? `?return=${encodeURIComponent(back)}` : ''}`, 303);
  });
}

/** Only back to this machine: the parameter comes from whoever made the link. */
function returnTo(url: string | undefined): string | null {
  return url !== undefined && isLoopbackUrl(url) ? url : null;
}

function show(c: Context, invoice: Invoice, status: 200 | 400 | 402, failure: string | null, back: string | null) {
  const amount = money(invoice.amount_due, invoice.currency);
  const payable = invoice.status === 'open' || invoice.status === 'uncollectible';
  const line = invoice.lines.data[0];
  return send(
    c,
    status,
    `Invoice ${invoice.number ?? ''}`,
    html`<p class="soft">Stripe simulator: no real money moves here.</p>
      <h1>${amount}</h1>
      ${stateOf(invoice)}
      <dl>
        <dt>Invoice</dt><dd>${invoice.number}</dd>
        <dt>For</dt><dd>${line?.description ?? 'Subscription'}</dd>
        ${line ? html`<dt>Period</dt><dd>${day(line.period.start)} to ${day(line.period.end)}</dd>` : ''}
        ${invoice.customer_email ? html`<dt>Billed to</dt><dd>${invoice.customer_email}</dd>` : ''}
      </dl>
      ${failure ? html`<p class="bad" role="alert">${failure} Nothing was charged; try another card.</p>` : ''}
      ${payable ? payForm(c, amount, back) : ''}
      ${back ? html`<p><a href="${back}">Back to your account</a></p>` : ''}`,
  );
}

function stateOf(invoice: Invoice) {
  if (invoice.status === 'paid') return html`<p class="good" role="status">Paid. Thank you.</p>`;
  if (invoice.status === 'void') return html`<p role="status">This invoice was voided: nothing is owed.</p>`;
  return html`<p>To be paid since ${day(invoice.status_transitions.finalized_at ?? invoice.created)}.</p>`;
}

function payForm(c: Context, amount: string, back: string | null) {
  return html`<form method="post" action="${c.req.path}">
    ${back ? html`<input type="hidden" name="return" value="${back}">` : ''}
    <fieldset>
      <legend>Pay with a test card</legend>
      ${CARDS.map(
        (card, index) => html`<label class="card">
          <input type="radio" name="card" value="${card.token}" required ${index === 0 ? 'checked' : ''}>
          <span>${card.label} <span class="soft">(${card.hint})</span></span>
        </label>`,
      )}
    </fieldset>
    <label><input type="checkbox" name="keep" value="yes" checked> <span>Use this card for later payments too</span></label>
    <button type="submit">Pay ${amount}</button>
  </form>`;
}

function missing(c: Context) {
  return send(c, 404, 'No such invoice', html`<h1>No such invoice</h1><p>Check the link, or ask for a new one.</p>`);
}

function send(c: Context, status: 200 | 400 | 402 | 404, title: string, body: ReturnType<typeof html>) {
  c.header(
    'content-security-policy',
    `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'`,
  );
  c.header('referrer-policy', 'no-referrer');
  c.header('cache-control', 'no-store');
  c.header('x-content-type-options', 'nosniff');
  return c.html(
    html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${raw(STYLE)}</style>
</head>
<body><main>${body}</main></body>
</html>`,
    status,
  );
}

function money(minorUnits: number, currency: string): string {
  const format = new Intl.NumberFormat('en-US', { style: 'currency', currency: currency.toUpperCase() });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(minorUnits / 10 ** digits);
}

function day(seconds: number): string {
  return new Date(seconds * 1000).toLocaleDateString('en-US', { dateStyle: 'medium', timeZone: 'UTC' });
}
