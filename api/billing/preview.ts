import type Stripe from 'stripe';
import type { Interval } from '#domain/catalog.ts';
import type { AskedAccount } from '../access/find-account.ts';
import type { Preview, PreviewLine } from './answers.ts';
import type { BillingDeps } from './billing-deps.ts';
import { plannedChange } from './change-plan.ts';
import { customerOf } from './customer.ts';
import { heldSubscriptions } from './held-subscriptions.ts';
import { itemsOf } from './prices.ts';
import { type Purchase, purchaseOf, readBuyer } from './purchase.ts';

const DAY_MS = 86_400_000;

/** What a plan would cost and what would not fit it, before anything is done. Numbers are Stripe's own. */
export async function previewPlan(
  deps: BillingDeps,
  account: AskedAccount,
  wish: { planId: string; interval?: Interval | undefined },
): Promise<Preview> {
  const { stripe, catalog, readModel } = deps;
  const buyer = await readBuyer(deps, account);
  const customer = await customerOf(deps, account.accountId);
  const held = customer === null ? null : await heldSubscriptions(stripe, catalog, customer, buyer.state);
  const now = Date.now() + (await readModel.clockAheadMs(account.accountId));
  if (customer === null || !held?.plan) {
    const interval = wish.interval ?? 'month';
    const bought = purchaseOf(deps, account, buyer, { ...wish, interval });
    const purchase = { ...bought, trialDays: held?.hadPlan ? 0 : bought.trialDays };
    // Stripe has nothing to say of somebody whom it does not know: no credit, no tax.
    if (customer === null || purchase.trialDays > 0) return priced(purchase, catalog.currency, now);
    const invoice = await stripe.invoices.createPreview({
      customer,
      subscription_details: { items: await itemsOf(stripe, catalog, purchase) },
    });
    return { ...previewOf('new', invoice, purchase), appliesAt: new Date(now).toISOString() };
  }
  const change = await plannedChange(deps, { account }, buyer, wish);
  const { purchase, item } = change;
  if (change.when === 'period-end') {
    const at = new Date(item.current_period_end * 1_000).toISOString();
    const { balance } = await readCustomer(stripe, customer);
    return {
      ...priced(purchase, catalog.currency, now),
      when: 'period-end',
      appliesAt: at,
      nextAt: at,
      lines: [],
      dueNowCents: 0,
      creditCents: Math.max(0, -balance),
    };
  }
  const trialing = change.subscription.status === 'trialing';
  const invoice = await stripe.invoices.createPreview({
    customer,
    subscription: change.subscription.id,
    subscription_details: {
      items: [{ id: item.id, price: change.price, quantity: 1 }],
      proration_behavior: trialing ? 'none' : 'always_invoice',
    },
  });
  const preview = { ...previewOf('now', invoice, purchase), appliesAt: new Date(now).toISOString() };
  // What Stripe shows of a trial is the invoice at its end.
  return trialing ? { ...preview, dueNowCents: 0 } : preview;
}

function previewOf(when: Preview['when'], invoice: Stripe.Invoice, purchase: Purchase): Omit<Preview, 'appliesAt'> {
  const lines = invoice.lines.data.map(lineOf);
  const ends = lines.filter((each) => each.amountCents > 0).map((each) => each.periodEnd);
  return {
    when,
    currency: invoice.currency,
    lines,
    dueNowCents: invoice.amount_due,
    nextAmountCents: purchase.price.amountCents,
    nextAt: ends.sort().at(-1) ?? null,
    creditCents: Math.max(0, -(invoice.ending_balance ?? invoice.starting_balance)),
    trialDays: purchase.trialDays,
    fit: purchase.fit,
  };
}

function lineOf({ description, amount, period, parent }: Stripe.InvoiceLineItem): PreviewLine {
  const { subscription_item_details: ofSubscription, invoice_item_details: ofItem } = parent ?? {};
  return {
    text: description ?? '',
    amountCents: amount,
    isProration: ofSubscription?.proration ?? ofItem?.proration ?? false,
    periodStart: new Date(period.start * 1_000).toISOString(),
    periodEnd: new Date(period.end * 1_000).toISOString(),
  };
}

function priced({ price, trialDays, fit }: Purchase, currency: string, now: number): Preview {
  const isTrial = trialDays > 0;
  const begin = new Date(now);
  const firstEnd = new Date(begin);
  if (price.interval === 'year') firstEnd.setUTCFullYear(begin.getUTCFullYear() + 1);
  else firstEnd.setUTCMonth(begin.getUTCMonth() + 1);
  const trialEnd = new Date(now + trialDays * DAY_MS);
  return {
    when: 'new',
    appliesAt: begin.toISOString(),
    currency,
    lines: [],
    dueNowCents: isTrial ? 0 : price.amountCents,
    nextAmountCents: price.amountCents,
    nextAt: (isTrial ? trialEnd : firstEnd).toISOString(),
    creditCents: 0,
    trialDays,
    fit,
  };
}

async function readCustomer(stripe: Stripe, id: string): Promise<{ balance: number }> {
  const customer = await stripe.customers.retrieve(id);
  return customer.deleted ? { balance: 0 } : customer;
}
