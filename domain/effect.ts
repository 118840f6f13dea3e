import type { Instant } from './time.ts';

export type MailTemplate =
  | 'grace-started'
  | 'grace-reminder'
  | 'suspended'
  | 'payment-received'
  | 'debt-settled'
  | 'subscription-canceled'
  | 'welcome-back'
  | 'deletion-warning'
  | 'data-deleted'
  | 'account-closing'
  | 'grace-extended'
  | 'move-planned'
  | 'duplicate-ended'
  | 'payment-disputed'
  | 'card-expiring'
  | 'invoice'
  | 'workspace-stopped';

/** What a mail is about, as the history tells it. */
export const MAIL_TOPICS: Record<MailTemplate, string> = {
  'grace-started': 'the payment failed',
  'grace-reminder': 'the payment is still open',
  suspended: 'your workspaces were stopped',
  'payment-received': 'your payment arrived',
  'debt-settled': 'the open invoice is settled',
  'subscription-canceled': 'the subscription has ended',
  'welcome-back': 'your new subscription began',
  'deletion-warning': 'your data will be deleted',
  'data-deleted': 'your data has been deleted',
  'account-closing': 'your account is being closed',
  'grace-extended': 'you have more time to pay',
  'move-planned': 'your workspace moves to another machine',
  'duplicate-ended': 'a second subscription was ended and given back',
  'payment-disputed': 'a payment is disputed',
  'card-expiring': 'your card is about to expire',
  invoice: 'your invoice',
  'workspace-stopped': 'a workspace was stopped',
};

/** Facts for a mail's text; nothing personal. Names, addresses, links and cards are looked up by the mail activity. */
export interface MailFacts {
  planId: string;
  planName: string;
  amountCents?: number;
  currency?: string;
  /** The invoice that the mail is about: where it can be paid or fetched is looked up. */
  invoiceId?: string;
  /** Only in mails that an older version decided on. */
  payUrl?: string | null;
  /** The card that the mail is about. */
  cardId?: string;
  expiresAt?: Instant;
  /** For people: why. */
  reason?: string;
  /** How many workspaces run again. */
  runAgain?: number;
  /** The workspace that the mail is about: its name is looked up. */
  workspaceId?: string;
  /** When the workspace stops, or stopped. */
  suspendAt?: Instant;
  cancelAt?: Instant;
  deleteAt?: Instant;
  /** When the workspace of that name moves to another host if nothing else is chosen. */
  moveAt?: Instant;
  workspaceName?: string;
}

interface EffectBase {
  /** Deterministic: the same decision gives the same id, so doing it twice is impossible. */
  id: string;
  emittedAt: Instant;
  /** `workspaces-settled`: only once every workspace is as it should be. */
  readyWhen: 'now' | 'workspaces-settled';
  /** It is not carried out any more once the dunning that it belongs to has ended: paid, replaced, or gone on to the next loss. */
  droppedWhenDunningEnds: boolean;
}

export interface MailEffect extends EffectBase {
  kind: 'mail';
  template: MailTemplate;
  facts: MailFacts;
}

/** Ends a subscription at Stripe after dunning. */
export interface CancelSubscriptionEffect extends EffectBase {
  kind: 'cancel-subscription';
  subscriptionId: string;
  voidOpenInvoices: boolean;
}

/** Keeps an add-on that has become useless from being renewed. */
export interface EndAddOnEffect extends EffectBase {
  kind: 'end-add-on';
  subscriptionId: string;
}

/** Ends a second subscription to a plan and gives back what was paid for its current period. */
export interface EndDuplicateEffect extends EffectBase {
  kind: 'end-duplicate';
  subscriptionId: string;
  /** The one that stays: while it is not in good standing, nothing is ended. */
  survivorId: string;
  /** What was paid; `null` when nothing was. */
  invoiceId: string | null;
  /** For people: the plan that it was for. */
  planName: string;
}

/** Cancels everything that can be charged, at once. */
export interface EndBillingEffect extends EffectBase {
  kind: 'end-billing';
}

/** Deletes the account and whom it belongs to; a tombstone stays. The last of its effects. */
export interface DeleteAccountEffect extends EffectBase {
  kind: 'delete-account';
}

/** A side effect that has been decided and not yet been done. It lives in the account's outbox until it is done or superseded. */
export type Effect =
  | MailEffect
  | CancelSubscriptionEffect
  | EndAddOnEffect
  | EndDuplicateEffect
  | EndBillingEffect
  | DeleteAccountEffect;
