import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import { html, raw } from 'hono/html';
import { StripeError } from '../engine/stripe-error.ts';
import { spacedNumber, TEST_CARDS } from '../engine/test-cards.ts';
import type { World } from '../engine/world.ts';
import type { Store } from '../store.ts';

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
h2 { margin: 0 0 .5rem; font-size: 1.1rem; }
section { margin-top: 1.75rem; }
.wide { max-width: 40rem; }
ul { list-style: none; margin: 0; padding: 0; display: grid; gap: .5rem; }
.row { display: flex; flex-wrap: wrap; gap: .35rem 1rem; justify-content: space-between; align-items: baseline; }
.field { display: grid; gap: .2rem; margin-top: .75rem; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; }
input:not([type]), input[type='text'], input[type='email'], select { width: 100%; padding: .6rem .7rem; border: 1px solid var(--line);
  border-radius: 8px; font: inherit; background: var(--paper); color: var(--ink); }
details { margin-top: .75rem; } summary { cursor: pointer; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; } td, th { padding: .3rem .5rem .3rem 0; text-align: left;
  border-bottom: 1px solid var(--line); font-weight: 400; overflow-wrap: anywhere; }
button.quiet { background: transparent; color: var(--ink); border: 1px solid var(--line); }
button { width: 100%; margin-top: 1rem; padding: .75rem; border: 0; border-radius: 8px; font: inherit; font-weight: 600;
  background: var(--accent); color: var(--on-accent); cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
a { color: var(--accent); }
`;
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

export type Html = ReturnType<typeof html>;

export interface HostedPageDeps {
  world: World;
  store: Store;
  /** Works off what has come due, so that nothing shown is stale. */
  catchUp: () => void;
  /** Something changed. */
  touched: () => void;
}

/** A whole page, without scripts. */
export function sendPage(
  c: Context,
  status: 200 | 400 | 402 | 404 | 410,
  title: string,
  body: Html,
  width: 'narrow' | 'wide' = 'narrow',
) {
  c.header(
    'content-security-policy',
    `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'`,
  );
  // Under `no-referrer` browsers send a form with `Origin: null`, which `loopbackOnly` refuses.
  c.header('referrer-policy', 'same-origin');
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
<body><main class="${width}">${body}</main></body>
</html>`,
    status,
  );
}

/**
 * Does what a form asks for and waits until it is in the file.
 *
 * @returns what came of it, or the sentence of the refusal
 */
export async function perform<T>(
  { store, catchUp, touched }: HostedPageDeps,
  act: () => T,
): Promise<{ done: T; failure: null } | { done: null; failure: string }> {
  let failure: string | null = null;
  let done: T | null = null;
  catchUp();
  try {
    done = act();
  } catch (error) {
    if (!(error instanceof StripeError)) throw error;
    failure = error.message;
  } finally {
    touched();
  }
  await store.committed();
  return failure === null ? { done: done as T, failure: null } : { done: null, failure };
}

/** The line that every page begins with. */
export const NO_REAL_MONEY = html`<p class="soft">Stripe simulator: no real money moves here.</p>`;

/** What went wrong, said at once to screen readers too. */
export function alertLine(failure: string | null) {
  return failure === null ? '' : html`<p class="bad" role="alert">${failure}</p>`;
}

/** Fields for a card's number, expiry and code, and the numbers that can be used. */
export function cardFields() {
  return html`<label class="field"><span>Card number</span>
      <input name="number" inputmode="numeric" autocomplete="cc-number" value="4242 4242 4242 4242" required></label>
    <div class="pair">
      <label class="field"><span>Expiry, MM / YY</span>
        <input name="expiry" inputmode="numeric" autocomplete="cc-exp" value="12 / 34" pattern="\\d{1,2} ?/ ?\\d{2}(\\d{2})?" required></label>
      <label class="field"><span>Security code</span>
        <input name="cvc" inputmode="numeric" autocomplete="cc-csc" value="123" pattern="\\d{3,4}" required></label>
    </div>
    <details><summary>Test cards</summary>
      <table><tbody>${TEST_CARDS.map(
        (card) => html`<tr><th scope="row">${spacedNumber(card)}</th><td>${card.hint}</td></tr>`,
      )}</tbody></table>
    </details>`;
}

/** A card as it was filled in, or what is wrong with it. https://docs.stripe.com/testing#invalid-data */
export function readCard(
  form: Record<string, unknown>,
  nowMs: number,
): { number: string; exp_month: number; exp_year: number } {
  const text = (name: string) => (typeof form[name] === 'string' ? String(form[name]).trim() : '');
  const refuse = (code: string, message: string) =>
    new StripeError(402, { type: 'card_error', code, message, doc_url: `https://docs.stripe.com/error-codes` });
  const number = text('number');
  if (number === '') throw refuse('incorrect_number', 'Your card number is incomplete.');
  const [, month = '', year = ''] = /^(\d{1,2}) ?\/ ?(\d{2}|\d{4})$/.exec(text('expiry')) ?? [];
  const exp_month = Number(month);
  const exp_year = Number(year) + (year.length === 2 ? 2000 : 0);
  if (exp_month < 1 || exp_month > 12) throw refuse('invalid_expiry_month', "Your card's expiration date is invalid.");
  if (Date.UTC(exp_year, exp_month) <= nowMs)
    throw refuse('invalid_expiry_year', "Your card's expiration date is in the past.");
  if (!/^\d{3,4}$/.test(text('cvc'))) throw refuse('invalid_cvc', "Your card's security code is invalid.");
  return { number, exp_month, exp_year };
}

export function money(minorUnits: number, currency: string): string {
  const format = new Intl.NumberFormat('en-US', { style: 'currency', currency: currency.toUpperCase() });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(minorUnits / 10 ** digits);
}

export function day(seconds: number): string {
  return new Date(seconds * 1000).toLocaleDateString('en-US', { dateStyle: 'medium', timeZone: 'UTC' });
}
