import Stripe from 'stripe';
import type { AskedAccount } from '../access/find-account.ts';
import { Problem } from '../problem.ts';
import type { InvoiceAnswer, PaidInvoice } from './answers.ts';
import { type BillingCommand, type BillingDeps, onceFor } from './billing-deps.ts';
import { customerOf, requireCustomer } from './customer.ts';
import { NOTHING_TO_DO, stepFor } from './invoice-payment.ts';
import { isMissing, methodNotFound } from './payment-methods.ts';

/** @param page `before`: id of the last invoice of the page before */
export async function listInvoices(
  deps: BillingDeps,
  { accountId }: AskedAccount,
  { before, limit }: { before?: string | undefined; limit: number },
): Promise<{ invoices: InvoiceAnswer[]; next: string | null }> {
  const customer = await customerOf(deps, accountId);
  if (customer === null) return { invoices: [], next: null };
  if (before !== undefined) await ownInvoice(deps, customer, before);
  const page = await deps.stripe.invoices.list({ customer, limit, ...(before && { starting_after: before }) });
  const invoices = page.data.map(invoiceAnswer);
  return { invoices, next: page.has_more ? (invoices.at(-1)?.id ?? null) : null };
}

/** @throws Problem 404 `invoice-not-found` */
export async function readInvoice(
  deps: BillingDeps,
  { accountId }: AskedAccount,
  invoiceId: string,
): Promise<InvoiceAnswer> {
  const customer = await customerOf(deps, accountId);
  if (customer === null) throw invoiceNotFound();
  return invoiceAnswer(await ownInvoice(deps, customer, invoiceId));
}

/**
 * Pays an open invoice now.
 *
 * @param paymentMethodId default: what the subscription or the account is charged on
 * @throws Problem 402 `card-declined`; 409 `invoice-not-open`
 */
export async function payInvoice(
  deps: BillingDeps,
  command: BillingCommand,
  { invoiceId, paymentMethodId }: { invoiceId: string; paymentMethodId?: string | undefined },
): Promise<PaidInvoice> {
  const { stripe } = deps;
  const { accountId } = command.account;
  return deps.takeTurn(accountId, async () => {
    const customer = await requireCustomer(deps, accountId).catch(() => {
      throw invoiceNotFound();
    });
    const invoice = await ownInvoice(deps, customer, invoiceId);
    if (invoice.status === 'paid') return { invoiceId, status: 'paid', ...NOTHING_TO_DO };
    if (invoice.status !== 'open') throw notOpen(invoice.status);
    if (paymentMethodId !== undefined) await requireOwnMethod(stripe, customer, paymentMethodId);
    try {
      const paid = await stripe.invoices.pay(
        invoiceId,
        paymentMethodId === undefined ? {} : { payment_method: paymentMethodId },
        onceFor(command, 'pay'),
      );
      const step = await stepFor(stripe, paid);
      return { invoiceId, status: paid.status ?? 'open', ...NOTHING_TO_DO, ...step };
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeCardError)) throw error;
      // A bank that wants it confirmed is told of as a card error as well. With a decline this throws.
      const step = await stepFor(stripe, await stripe.invoices.retrieve(invoiceId));
      if (step === null) throw error;
      return { invoiceId, status: 'open', ...step };
    }
  });
}

async function ownInvoice({ stripe }: BillingDeps, customer: string, invoiceId: string): Promise<Stripe.Invoice> {
  const invoice = await stripe.invoices.retrieve(invoiceId).catch((error: unknown) => {
    if (isMissing(error)) throw invoiceNotFound();
    throw error;
  });
  const owner = typeof invoice.customer === 'object' ? invoice.customer?.id : invoice.customer;
  if (owner !== customer) throw invoiceNotFound();
  return invoice;
}

async function requireOwnMethod(stripe: Stripe, customer: string, id: string): Promise<void> {
  const method = await stripe.paymentMethods.retrieve(id).catch((error: unknown) => {
    if (isMissing(error)) throw methodNotFound();
    throw error;
  });
  const owner = typeof method.customer === 'object' ? method.customer?.id : method.customer;
  if (owner !== customer) throw methodNotFound();
}

function invoiceAnswer(invoice: Stripe.Invoice): InvoiceAnswer {
  const subscription = invoice.parent?.subscription_details?.subscription ?? null;
  return {
    id: invoice.id ?? '',
    number: invoice.number,
    status: invoice.status ?? 'draft',
    reason: invoice.billing_reason ?? 'manual',
    currency: invoice.currency,
    totalCents: invoice.total,
    paidCents: invoice.amount_paid,
    remainingCents: invoice.amount_remaining,
    createdAt: instant(invoice.created),
    dueAt: optional(invoice.due_date),
    paidAt: optional(invoice.status_transitions.paid_at),
    periodStart: instant(invoice.period_start),
    periodEnd: instant(invoice.period_end),
    subscriptionId: typeof subscription === 'object' ? (subscription?.id ?? null) : subscription,
    hostedUrl: invoice.hosted_invoice_url ?? null,
    pdfUrl: invoice.invoice_pdf ?? null,
    lines: invoice.lines.data.map(({ description, amount, quantity }) => ({
      text: description ?? '',
      amountCents: amount,
      quantity: quantity ?? null,
    })),
  };
}

function instant(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}

function optional(seconds: number | null): string | null {
  return seconds === null ? null : instant(seconds);
}

function invoiceNotFound(): Problem {
  return new Problem(404, 'invoice-not-found', 'There is no such invoice', 'Take an id from GET …/billing/invoices.');
}

function notOpen(status: string | null): Problem {
  return new Problem(
    409,
    'invoice-not-open',
    'The invoice can not be paid',
    `It is ${status ?? 'draft'}: only open invoices are paid.`,
    { data: { invoiceStatus: status } },
  );
}
