import type { Instant } from './time.ts';

/** Something that happened to an account. */
export type HappenedKind =
  | 'account-opened'
  | 'plan-changed'
  | 'trial-started'
  | 'payment-failed'
  | 'suspended'
  | 'payment-received'
  | 'subscription-canceled'
  | 'welcome-back'
  | 'collection-paused'
  | 'data-deleted'
  | 'mail-sent'
  | 'workspace-started'
  | 'workspace-stopped'
  | 'workspace-resized'
  | 'workspace-resize-refused'
  | 'workspace-failed'
  | 'workspace-crashed'
  | 'workspace-out-of-memory'
  | 'workspace-over-storage'
  | 'workspace-storage-ok'
  | 'workspace-deleted'
  | 'owner-restarted'
  | 'owner-recovered'
  | 'owner-renamed'
  | 'owner-resized'
  | 'owner-restored'
  | 'owner-started'
  | 'owner-stopped'
  | 'owner-created'
  | 'owner-deleted'
  | 'hold-placed'
  | 'hold-lifted'
  | 'add-on-started'
  | 'add-on-changed'
  | 'add-on-payment-failed'
  | 'add-on-suspended'
  | 'add-on-restored'
  | 'add-on-ended'
  | 'add-on-idle'
  | 'subscription-ignored'
  | 'granted'
  | 'grant-ended'
  | 'account-close-asked'
  | 'account-closing'
  | 'account-kept'
  | 'cancel-planned'
  | 'cancel-undone'
  | 'change-planned'
  | 'change-undone'
  | 'collection-resumed'
  | 'duplicate-found'
  | 'duplicate-ended'
  | 'refunded'
  | 'dispute-opened'
  | 'dispute-won'
  | 'dispute-lost'
  | 'grace-extended'
  | 'customer-linked'
  | 'move-planned'
  | 'move-undone'
  | 'workspace-moved';

/** An entry of an account's history. */
export interface Happened {
  /** Deterministic, so that saving twice stores once. */
  id: string;
  at: Instant;
  kind: HappenedKind;
  /** For people: one sentence. */
  text: string;
}

/** Something that will happen if nothing changes. */
export type UpcomingKind =
  | 'renewal'
  | 'ends'
  | 'trial-ends'
  | 'reminder'
  | 'suspend'
  | 'cancel'
  | 'deletion-warning'
  | 'delete'
  | 'payment-retry'
  | 'add-on-ends'
  | 'add-on-suspends'
  | 'grant-ends'
  | 'plan-changes'
  | 'first-payment-expires'
  | 'workspace-moves';

export interface Upcoming {
  at: Instant;
  kind: UpcomingKind;
  /** For people: one sentence. */
  text: string;
}
