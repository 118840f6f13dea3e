import type { AccountState } from './account-state.ts';
import type { MailEffect } from './effect.ts';
import type { BillingSnapshot } from './snapshot.ts';
import type { Instant } from './time.ts';

export interface InvoicesStep {
  invoicesSince: Instant;
  toldInvoices: string[];
  effects: MailEffect[];
}

/**
 * Each invoice over an amount is sent to the customer once it is final, once. Those that were final before the account was
 * first looked at are history.
 */
export function sendInvoices(state: AccountState, snapshot: BillingSnapshot, now: Instant): InvoicesStep {
  const invoicesSince = state.invoicesSince ?? snapshot.readAt;
  const shown = snapshot.finalizedInvoices;
  const fresh = shown.filter(
    ({ id, finalizedAt, amountCents }) =>
      finalizedAt > invoicesSince && amountCents > 0 && !state.toldInvoices.includes(id),
  );
  const { plan } = state;
  return {
    invoicesSince,
    toldInvoices: shown
      .filter((each) => state.toldInvoices.includes(each.id) || fresh.includes(each))
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
