import type { Debt, Standing } from '#domain/account-state.ts';
import type { AddOnView, PlannedChangeView } from '#domain/account-view.ts';
import type { Misfit } from '#domain/fit.ts';
import type { AddOnOffer, MayTake, PlanOffer } from '#domain/offers.ts';

/** What is left to do about a payment. */
export interface PaymentStep {
  /** For `stripe.js`, which asks the customer to confirm the payment. */
  clientSecret: string | null;
  /** A page on which they can do it as well. */
  nextActionUrl: string | null;
}

/** Whether something may be taken; with `debt-first` comes what is owed and where it is paid. */
export type MayTakeAnswer =
  | { ok: true }
  | (Omit<Extract<MayTake, { ok: false }>, 'debt'> & {
      debt?: Pick<Debt, 'invoiceId' | 'amountCents' | 'currency'> & {
        /** Stripe's page where it can be paid. */
        payUrl: string | null;
      };
    });

export type PlanOfferAnswer = Omit<PlanOffer, 'may'> & { may: MayTakeAnswer };
export type AddOnOfferAnswer = Omit<AddOnOffer, 'may'> & { may: MayTakeAnswer };

/** `GET /api/v1/accounts/:accountId/offers`. In the catalog's order. */
export interface OffersAnswer {
  plans: PlanOfferAnswer[];
  addOns: AddOnOfferAnswer[];
}

/** What of the account would not fit, told with every purchase, change and preview. */
export interface Fit {
  /** Workspaces that would be smaller or without room. */
  misfits: Misfit[];
  /** Ids of add-ons that are paid for and would do nothing. */
  idleAddOns: string[];
}

/** What an account has bought, as finance and customers read it. Also of one that pays nothing. */
export interface SubscriptionAnswer {
  plan: { id: string; name: string };
  /** Stripe's; `free` without a subscription. */
  status: string;
  standing: Standing;
  subscriptionId: string | null;
  interval: string | null;
  /** Minor units of `currency`, every interval. */
  amountCents: number | null;
  currency: string | null;
  currentPeriodStart: string | null;
  currentPeriodEnd: string | null;
  /** It ends by its customer's wish. */
  cancelAtPeriodEnd: boolean;
  cancelAt: string | null;
  trialEnd: string | null;
  plannedChange: PlannedChangeView | null;
  debt: (Debt & { payUrl: string | null }) | null;
  /** What may be used, by name; -1 is unlimited. `null`: no workspaces. */
  pool: Record<string, number> | null;
  limits: Record<string, number>;
  addOns: (AddOnView & { subscriptionId: string })[];
  /** In the account's favour at Stripe, minor units; it goes against invoices to come. */
  creditCents: number;
}

/** An invoice as customers and finance read it. Amounts are minor units of `currency`; dates are Stripe's. */
export interface InvoiceAnswer {
  id: string;
  number: string | null;
  status: string;
  reason: string;
  currency: string;
  totalCents: number;
  paidCents: number;
  remainingCents: number;
  createdAt: string;
  dueAt: string | null;
  paidAt: string | null;
  periodStart: string;
  periodEnd: string;
  subscriptionId: string | null;
  /** Stripe's page where it is looked at and paid, and its PDF; `null` for a draft. */
  hostedUrl: string | null;
  pdfUrl: string | null;
  lines: { text: string; amountCents: number; quantity: number | null }[];
}

/** How the payment of an invoice went. */
export interface PaidInvoice extends PaymentStep {
  invoiceId: string;
  /** Stripe's status: `paid`, or `open` while the customer has to confirm the payment. */
  status: string;
}

/** A payment method as people recognise it. */
export interface HeldMethod {
  id: string;
  type: string;
  brand: string | null;
  last4: string | null;
  expMonth: number | null;
  expYear: number | null;
  /** It is what will be charged. */
  isDefault: boolean;
}

/** A line of an invoice to come. */
export interface PreviewLine {
  /** For people, as on the invoice. */
  text: string;
  /** Minor units; negative for what is given back. */
  amountCents: number;
  isProration: boolean;
  periodStart: string;
  periodEnd: string;
}

/** What a plan would cost. Amounts are minor units of `currency`. */
export interface Preview {
  /** `new`: bought by whoever has none. `now`: charged at once. `period-end`: begins with the next period. */
  when: 'new' | 'now' | 'period-end';
  appliesAt: string;
  currency: string;
  lines: PreviewLine[];
  /** What is charged at once, after credit. */
  dueNowCents: number;
  /** What is charged every period from then on. */
  nextAmountCents: number;
  /** When it is charged for the first time. */
  nextAt: string | null;
  /** What the account has in its favour when all this is done; it goes against invoices to come. */
  creditCents: number;
  trialDays: number;
  fit: Fit;
}

/** What a change of a subscription came to. */
export interface Changed extends PaymentStep {
  /**
   * `done`: it is in force. `needs-customer`: it comes into force once they have confirmed the payment; until then all stays
   * as it was. `scheduled`: it comes into force at `at`.
   */
  outcome: 'done' | 'needs-customer' | 'scheduled';
  subscriptionId: string;
  status: string;
  at: string | null;
  invoiceId: string | null;
}

/** A subscription that was begun. */
export interface Subscribed extends PaymentStep {
  subscriptionId: string;
  /** Stripe's status: `active` or `trialing`, or `incomplete` while the customer has to confirm the payment. */
  status: string;
  invoiceId: string | null;
  trialDays: number;
  fit: Fit;
}

/** A page of Stripe's that waits for its customer. */
export interface OpenedCheckout {
  /** Stripe's page on which it is paid. */
  url: string;
  sessionId: string;
  expiresAt: string;
  /** Days of trial that it begins with; 0 for none. */
  trialDays: number;
  fit: Fit;
}

/** How a subscription goes on. */
export interface Ending {
  subscriptionId: string;
  /** Stripe's status. */
  status: string;
  /** When it ends; `null` for not at all. */
  endsAt: string | null;
}

/** What became of a charge. */
export interface OfCharge {
  id: string;
  /** The invoice that was paid with the charge, or `null`. */
  invoiceId: string | null;
  /** Minor units of `currency`. */
  amountCents: number;
  currency: string;
  status: string;
  reason: string | null;
  createdAt: string;
}

/** Money that was given back. */
export type RefundAnswer = OfCharge;

/** A payment that the customer's bank took back, or asks about. */
export type DisputeAnswer = OfCharge;

/** What Stripe has counted of a metric between two instants. */
export interface CountedUsage {
  from: string;
  to: string;
  quantity: number;
}

/** `GET …/billing/usage`: what was reported to Stripe, which is what is billed. */
export interface UsageAnswer {
  from: string;
  to: string;
  metrics: {
    id: string;
    name: string;
    /** For people: what one unit is. */
    unit: string;
    /** Price of one unit in major units of the currency, and units a month that cost nothing; decimals. */
    unitPrice: string;
    included: string;
    quantity: number;
    /** Whole days, in UTC. */
    days: CountedUsage[];
  }[];
}
