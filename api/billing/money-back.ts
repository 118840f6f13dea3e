import type Stripe from 'stripe';
import type { AskedAccount } from '../access/find-account.ts';
import type { DisputeAnswer, OfCharge, RefundAnswer } from './answers.ts';
import type { BillingDeps } from './billing-deps.ts';
import { customerOf } from './customer.ts';

const PAGE = 100;

/** Refunds of the newest hundred charges, newest first. */
export async function listRefunds(deps: BillingDeps, account: AskedAccount): Promise<RefundAnswer[]> {
  return ofCharges(
    deps,
    account,
    (charge) => charge.amount_refunded > 0,
    ({ id }) => deps.stripe.refunds.list({ charge: id, limit: PAGE }),
  );
}

/** Disputes of the newest hundred charges, newest first. */
export async function listDisputes(deps: BillingDeps, account: AskedAccount): Promise<DisputeAnswer[]> {
  return ofCharges(
    deps,
    account,
    (charge) => charge.disputed,
    ({ id }) => deps.stripe.disputes.list({ charge: id, limit: PAGE }),
  );
}

async function ofCharges(
  deps: BillingDeps,
  { accountId }: AskedAccount,
  concerns: (charge: Stripe.Charge) => boolean,
  read: (charge: Stripe.Charge) => Promise<{ data: (Stripe.Refund | Stripe.Dispute)[] }>,
): Promise<OfCharge[]> {
  const customer = await customerOf(deps, accountId);
  if (customer === null) return [];
  const charges = await deps.stripe.charges.list({ customer, limit: PAGE });
  const lists = await Promise.all(
    charges.data.filter(concerns).map(async (charge) => {
      const [{ data }, invoiceId] = await Promise.all([read(charge), invoiceOf(deps.stripe, charge)]);
      return data.map((each) => ({
        id: each.id,
        invoiceId,
        amountCents: each.amount,
        currency: each.currency,
        status: each.status ?? 'unknown',
        reason: each.reason,
        createdAt: new Date(each.created * 1_000).toISOString(),
      }));
    }),
  );
  return lists.flat().sort((a, b) => b.createdAt.localeCompare(a.createdAt));
}

/** A charge does not say what it paid: https://docs.stripe.com/api/invoice-payment/list */
async function invoiceOf(stripe: Stripe, { payment_intent: intent }: Stripe.Charge): Promise<string | null> {
  const id = typeof intent === 'object' ? intent?.id : intent;
  if (!id) return null;
  const { data } = await stripe.invoicePayments.list({ payment: { type: 'payment_intent', payment_intent: id } });
  const invoice = data[0]?.invoice;
  return typeof invoice === 'object' ? (invoice?.id ?? null) : (invoice ?? null);
}
