import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import { payOnHostedPage } from '../engine/hosted-payment.ts';
import type { Invoice } from '../engine/objects.ts';
import { day, type HostedPageDeps, money, NO_REAL_MONEY, perform, sendPage } from './hosted-page.ts';
import { invoicePdf } from './invoice-pdf.ts';
import { isLoopbackUrl } from './loopback.ts';

/** What most people need; any other test card is typed. */
const CARDS = [
  { token: 'pm_card_visa', label: '4242 4242 4242 4242', hint: 'Visa, works' },
  { token: 'pm_card_mastercard', label: '5555 5555 5555 4444', hint: 'Mastercard, works' },
  { token: 'pm_card_authenticationRequired', label: '4000 0027 6000 3184', hint: 'Visa, asks for 3D Secure' },
  { token: 'pm_card_chargeCustomerFail', label: '4000 0000 0000 0341', hint: 'Visa, is declined' },
] as const;

/** The page behind `hosted_invoice_url`, where a person pays with a test card. https://docs.stripe.com/invoicing/hosted-invoice-page */
export function mountHostedInvoice(app: Hono, deps: HostedPageDeps): void {
  const { world, catchUp } = deps;
  const find = (c: Context) => world.state.invoices[world.state.hostedInvoices[c.req.param('token') ?? ''] ?? ''];

  app.get('/invoice/:token', (c) => {
    catchUp();
    const invoice = find(c);
    return invoice ? show(c, invoice, 200, null, returnTo(c.req.query('return'))) : missing(c);
  });

  app.get('/invoice/:token/pdf', (c) => {
    catchUp();
    const invoice = find(c);
    if (!invoice) return missing(c);
    return c.body(Uint8Array.from(invoicePdf(invoice)), 200, {
      'content-type': 'application/pdf',
      'content-disposition': `attachment; filename="Invoice-${invoice.number ?? 'draft'}.pdf"`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
  });

  app.post('/invoice/:token', async (c) => {
    const form = await c.req.parseBody();
    const back = returnTo(typeof form.return === 'string' ? form.return : undefined);
    catchUp();
    const invoice = find(c);
    if (!invoice) return missing(c);
    const card = CARDS.find((each) => each.token === form.card);
    if (!card) return show(c, invoice, 400, 'Choose one of the cards.', back);
    const here = `${c.req.path}${back ? `?return=${encodeURIComponent(back)}` : ''}`;
    const { done, failure } = await perform(deps, () =>
      invoice.status === 'paid' ? null : payOnHostedPage(world, invoice, card.token, form.keep === 'yes', here),
    );
    if (failure !== null) return show(c, invoice, 402, failure, back);
    return c.redirect(done ?? here, 303);
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
  return sendPage(
    c,
    status,
    `Invoice ${invoice.number ?? ''}`,
    html`${NO_REAL_MONEY}
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
      <p><a href="${c.req.path}/pdf">Download the invoice as PDF</a></p>
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
  return sendPage(
    c,
    404,
    'No such invoice',
    html`<h1>No such invoice</h1><p>Check the link, or ask for a new one.</p>`,
  );
}
