import type { AccountState } from './account-state.ts';
import type { MailEffect } from './effect.ts';
import type { BillingSnapshot } from './snapshot.ts';
import { type Instant, wholeSecond } from './time.ts';

export interface InvoicesStep {
  invoicesSince: Instant;
  toldInvoices: string[];
  effects: MailEffect[];
}

/**
 * Each invoice over an amount is sent to the customer once it is final, once. Those that were final when the account was
 * first looked at are history. Stripe's instants are whole seconds: of those of that very second the look itself tells.
 */
export function sendInvoices(state: AccountState, snapshot: BillingSnapshot, now: Instant): InvoicesStep {
  const isFirst = state.invoicesSince === null;
  const invoicesSince = state.invoicesSince ?? wholeSecond(snapshot.readAt);
  const shown = snapshot.finalizedInvoices;
  const later = shown.filter(({ id, finalizedAt }) => finalizedAt >= invoicesSince && !state.toldInvoices.includes(id));
  const fresh = isFirst ? [] : later.filter(({ amountCents }) => amountCents > 0);
  const { plan } = state;
  return {
    invoicesSince,
    toldInvoices: shown
      .filter((each) => state.toldInvoices.includes(each.id) || (isFirst ? later : fresh).includes(each))
      .map(({ id }) => id),
    effects: fresh.map(({ id, amountCents, currency }) => ({
      kind: 'mail',
      id: `mail/invoice/${id}`,
      template: 'invoice',
      facts: { planId: plan.id, planName: plan.name, amountCents, currency, invoiceId: id },
      emittedAt: now,
      readyWhen: 'now',
      droppedWhenDunningEnds: false,
    })),
  };
}
