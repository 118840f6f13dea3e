import type Stripe from 'stripe';
import type { StripeErrorLike } from '#domain/stripe-errors.ts';
import type { PaymentStep } from './answers.ts';
import { stripeProblem } from './stripe-problem.ts';

/** How the payment of an invoice stands. */
export type InvoicePayment =
  | { stands: 'paid' | 'processing' | 'none' }
  | ({ stands: 'needs-customer' } & PaymentStep)
  | { stands: 'declined'; decline: StripeErrorLike };

const WAITS_FOR_CUSTOMER = new Set(['requires_action', 'requires_confirmation']);

/** How the newest payment of an invoice stands, read from Stripe. */
export async function invoicePayment(stripe: Stripe, invoice: Stripe.Invoice): Promise<InvoicePayment> {
  if (invoice.status === 'paid') return { stands: 'paid' };
  if (!invoice.id || invoice.status === 'draft') return { stands: 'none' };
  const { data } = await stripe.invoicePayments.list({ invoice: invoice.id, expand: ['data.payment.payment_intent'] });
  const intents = data.flatMap(({ payment: { payment_intent: intent } }) => (typeof intent === 'object' ? intent : []));
  const intent = intents.sort((a, b) => b.created - a.created)[0];
  if (!intent) return { stands: 'none' };
  if (intent.status === 'succeeded') return { stands: 'paid' };
  if (intent.status === 'processing' || intent.status === 'requires_capture') return { stands: 'processing' };
  if (WAITS_FOR_CUSTOMER.has(intent.status)) {
    return {
      stands: 'needs-customer',
      clientSecret: intent.client_secret,
      nextActionUrl: intent.next_action?.redirect_to_url?.url ?? invoice.hosted_invoice_url ?? null,
    };
  }
  const error = intent.last_payment_error;
  if (!error) return { stands: 'none' };
  return {
    stands: 'declined',
    decline: { type: 'card_error', code: error.code, decline_code: error.decline_code },
  };
}

export const NOTHING_TO_DO: PaymentStep = { clientSecret: null, nextActionUrl: null };

/**
 * What the customer has to do for an invoice that was charged just now; `null` for nothing.
 *
 * @param told told with a decline
 * @throws Problem 402 `card-declined`
 */
export async function stepFor(
  stripe: Stripe,
  invoice: Stripe.Invoice,
  told: Record<string, unknown> = {},
): Promise<PaymentStep | null> {
  const payment = await invoicePayment(stripe, invoice);
  if (payment.stands === 'declined') {
    throw stripeProblem(payment.decline, {
      invoiceId: invoice.id,
      payUrl: invoice.hosted_invoice_url ?? null,
      ...told,
    });
  }
  if (payment.stands !== 'needs-customer') return null;
  const { clientSecret, nextActionUrl } = payment;
  return { clientSecret, nextActionUrl };
}
