import type { Delivery, State } from './state.ts';

/** What the account has set for failing renewals. https://docs.stripe.com/billing/revenue-recovery/smart-retries#custom-retry-schedule */
export interface CollectionPolicy {
  /** Days from a failed attempt to the next one. Default 3, 5, 7: with the first failure on day 0, days 3, 8 and 15. */
  retryAfterDays: readonly number[];
  /** What becomes of the subscription when the last retry has failed. Default `leave_past_due`. */
  afterLastRetry: 'leave_past_due' | 'mark_unpaid' | 'cancel';
  /** Days before a renewal at which `invoice.upcoming` is sent; 0 sends none. Default 7. https://docs.stripe.com/billing/subscriptions/webhooks */
  upcomingDays?: number | undefined;
}

/** What Stripe's account begins with, and every simulator. */
export const DEFAULT_POLICY = {
  retryAfterDays: [3, 5, 7],
  afterLastRetry: 'leave_past_due',
  upcomingDays: 7,
} as const satisfies CollectionPolicy;

/** The API request that an event goes back to. */
export interface Cause {
  requestId: string;
  idempotencyKey: string | null;
}

/** What every part of the engine works on. All of it is synchronous: one mutation at a time. */
export interface World {
  readonly state: State;
  readonly policy: CollectionPolicy;
  /** Origin of hosted pages, without a slash at the end. */
  readonly publicUrl: string;
  /** Wall time in ms. */
  readonly wallMs: () => number;
  /** Told of every delivery that is added. */
  readonly onDelivery: (delivery: Delivery) => void;
  /** The request in hand, or `null` while something happens by itself. */
  cause: Cause | null;
  /** While overdue things of the wall clock are worked off: the instant of the one in hand, in seconds. */
  moment: number | null;
  /** A subscription that is being made: its events begin with `created`. */
  unannounced: string | null;
}
