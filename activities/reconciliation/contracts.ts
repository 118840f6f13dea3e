/** What is walked: Stripe's events since the last one seen, or all accounts. */
export type Walk = 'events' | 'accounts';

/** Where a walk over Stripe's events goes on. */
export interface EventsPosition {
  /** `newer`: from the event that was seen last towards now. `older`: from now back, as far as Stripe keeps events. */
  direction: 'newer' | 'older';
  /** The event that was walked last; `null` begins. */
  from: string | null;
}

/** A run of the reconciliation as far as it has come. Plain JSON: it is carried by continue-as-new. */
export interface RunInHand {
  runId: string;
  /** What is still to be walked, the present walk first. */
  remaining: Walk[];
  events: EventsPosition;
  /** The newest event seen. */
  lastEventId: string | null;
  eventsListed: number;
  /** The account that was compared last, in the order of ids. */
  afterAccount: string | null;
  accountsCompared: number;
}

export interface EventsPage {
  listed: number;
  /** `null` when the walk is at its end. */
  next: EventsPosition | null;
  /** The newest event seen, as far as this page knows. */
  lastEventId: string | null;
}

export interface AccountsPage {
  compared: number;
  /** `null` when there are no more accounts. */
  next: string | null;
}

/** What a run has not put right. */
export interface Left {
  /** Accounts that still are not as Stripe has them. */
  accounts: number;
  /** Events that were missing, of accounts that are known, and are not acted on yet. */
  events: number;
}

/**
 * `clean`: nothing was missing and nothing had drifted. `repaired`: something was, and all of it is put right. `left`: some
 * of it is not. `stopped`: it was told to, before the end. `failed`: it could not go on.
 */
export type RunOutcome = 'clean' | 'repaired' | 'left' | 'stopped' | 'failed';

export interface ReconciliationResult extends Left {
  runId: string;
  outcome: RunOutcome;
  eventsListed: number;
  eventsMissing: number;
  accountsCompared: number;
  accountsDrifted: number;
}

/** Activities on the queue `reconciliation`. All may be repeated at any point. `now` is the workflow's time. */
export interface ReconciliationActivities {
  /** Notes that a run begins, and tells where its walks begin. */
  beginRun(input: { runId: string; walks: Walk[]; askedBy: 'schedule' | 'person'; now: string }): Promise<RunInHand>;
  /**
   * Walks a stretch of Stripe's events and puts those that the inbox lacks into it. Goes on where its last attempt stopped.
   * Throws `StripeUnavailable` (retryable).
   */
  walkEvents(input: { runId: string; from: EventsPosition; lastEventId: string | null }): Promise<EventsPage>;
  /** Looks up the customers of events that name none, so that they can be forwarded. */
  findCustomers(): Promise<void>;
  /**
   * Compares a stretch of accounts with Stripe, notes where they differ and lets their workflows look. Goes on where its
   * last attempt stopped. Throws `StripeUnavailable` (retryable).
   */
  compareAccounts(input: { runId: string; after: string | null; now: string }): Promise<AccountsPage>;
  /** Looks again at what a run has found, and notes what is put right. */
  checkRepairs(input: { runId: string; now: string }): Promise<Left>;
  /** Notes how a run ended. */
  endRun(input: {
    run: RunInHand;
    left: Left;
    ended: 'done' | 'stopped' | 'failed';
    failure: string | null;
    now: string;
  }): Promise<ReconciliationResult>;
}
