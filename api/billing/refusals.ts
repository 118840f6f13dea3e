import { Problem } from '../problem.ts';
import type { Fit, MayTakeAnswer, PlanOfferAnswer } from './answers.ts';

export const NOTHING_AMISS: Fit = { misfits: [], idleAddOns: [] };

export function fitOf({ misfits, idleAddOns }: PlanOfferAnswer): Fit {
  return { misfits, idleAddOns };
}

/** What is owed, and where to pay it. */
export interface OpenDebt {
  invoiceId: string;
  /** Minor units of the currency. */
  amountCents: number;
  currency: string;
  payUrl: string | null;
}

/** 402: what is overdue is paid before anything else is bought. */
export function debtFirst(debt: OpenDebt | null): Problem {
  const where = debt?.payUrl ? ` at ${debt.payUrl}` : debt ? ` with POST …/billing/invoices/${debt.invoiceId}/pay` : '';
  return new Problem(
    402,
    'debt-first',
    'A payment is overdue',
    `Pay what is open first${where}; then everything can be bought and changed.`,
    { data: { invoiceId: null, amountCents: null, currency: null, payUrl: null, ...debt } },
  );
}

/** What `offersFor` does not let the account take. */
export function offerRefused(may: Exclude<MayTakeAnswer, { ok: true }>, fit: Fit = NOTHING_AMISS): Problem {
  if (may.code === 'debt-first') return debtFirst(may.debt ?? null);
  return new Problem(
    may.code === 'current' ? 409 : 403,
    'offer-refused',
    'It can not be taken',
    `${may.reason} See GET …/offers for what can.`,
    { data: { refusal: may.code, reason: may.reason, fit } },
  );
}

export function offerNotFound(what: string): Problem {
  return new Problem(404, 'offer-not-found', 'There is no such offer', `${what} See GET …/offers.`);
}

/** Nobody's, or another account's: the same answer. */
export function subscriptionNotFound(): Problem {
  return new Problem(
    404,
    'subscription-not-found',
    'There is no such subscription',
    'Take an id from GET …/billing/subscription.',
  );
}
