import type { AccountState, ObservedWorkspace } from '#domain/account-state.ts';
import type { AccountView } from '#domain/account-view.ts';
import type { Catalog, WorkspaceSize } from '#domain/catalog.ts';
import type { MailEffect } from '#domain/effect.ts';
import type { BillingSnapshot } from '#domain/snapshot.ts';
import type { StoredState } from '#domain/stored-account.ts';
import type { Happened } from '#domain/timeline.ts';

/**
 * Activities on the queue `subscriptions`. All are idempotent. `now` is the workflow's time: an activity never
 * reads the clock to decide anything.
 */
export interface SubscriptionActivities {
  /**
   * Reads the current truth from Stripe, with the catalog in force, and writes down what only people need of it (cards, links,
   * items, payments), which is in no workflow. Throws `StripeUnavailable` (retryable).
   */
  readBilling(input: { stripeCustomerId: string | null; now: string }): Promise<BillingReading>;
  /** The whole stored state, as the version that saved it wrote it, or `null` for an account that was never saved. */
  loadAccount(input: { accountId: string }): Promise<StoredState | null>;
  /** Notes in the account's row whose customer it is. `false` when it is another account's, or the account has another one. */
  claimCustomer(input: { accountId: string; stripeCustomerId: string }): Promise<{ claimed: boolean }>;
  /**
   * Stores state, view and history in one transaction. An older version never overwrites a newer one. What PostgreSQL refuses for what it
   * says is set aside for support, and the rest is stored: `setAside` says how many parts. A database that is away throws.
   */
  saveAccount(input: SaveAccountInput): Promise<{ setAside: number }>;
  /**
   * Sends a mail with a `Message-ID` made from the effect's id: to the owner of a personal account, to all owners and
   * billing members of an organisation's.
   */
  sendMail(input: {
    accountId: string;
    ownerUserId: string;
    /** Default: none. Histories from before there were organisations lack it. */
    organisationId?: string | null;
    effect: MailEffect;
    now: string;
  }): Promise<void>;
  /** Ends a subscription and, when asked, voids its open invoices. Does nothing when it is ended or paid by now. */
  cancelSubscription(input: {
    subscriptionId: string;
    voidOpenInvoices: boolean;
    idempotencyKey: string;
  }): Promise<{ done: 'canceled' | 'already-ended' | 'paid-meanwhile' }>;
  /**
   * Ends a second subscription to a plan and gives back what `invoiceId` was paid with. Does nothing, and says so, when the
   * one that is to stay is not in good standing.
   */
  endDuplicate(input: {
    subscriptionId: string;
    survivorId: string;
    invoiceId: string | null;
    idempotencyKey: string;
  }): Promise<{ done: 'ended' | 'survivor-gone'; refunded: { amountCents: number; currency: string } | null }>;
  /** Keeps an add-on from being renewed; one that is unpaid ends at once, and Stripe stops collecting. */
  endAddOn(input: {
    subscriptionId: string;
    idempotencyKey: string;
  }): Promise<{ done: 'ends-with-period' | 'canceled' | 'already-ended' }>;
  /** Cancels at once whatever of a customer's can still be charged. What is owed stays owed; nobody collects it. */
  endBilling(input: { stripeCustomerId: string | null; idempotencyKey: string }): Promise<{ canceled: number }>;
  /**
   * Deletes an account with all that hangs on it, and the person or organisation that it belongs to. A tombstone stays: it
   * keeps late events of Stripe from starting anything, and holds nothing personal.
   */
  deleteAccount(input: { accountId: string; stripeCustomerId: string | null; now: string }): Promise<void>;
}

export interface BillingReading {
  /** What a history holds may be of an older version: it goes through `presentSnapshot`. */
  snapshot: BillingSnapshot;
  catalog: Catalog;
}

export interface SaveAccountInput {
  state: AccountState;
  view: AccountView;
  happened: Happened[];
  /** When the workflow acts next by itself; `null` when only a message wakes it. */
  nextDeadline: string | null;
  /** Events of the inbox that this decision was made from, and what came of them. */
  actedOn: { eventIds: string[]; outcome: string };
}

/** Who finds room for workspaces; on the queue `subscriptions`. */
export interface PlacementActivities {
  /**
   * Reserves room for a workspace on another host than the one that it is to leave: on `toHostId`, or where most is free.
   * `hostId` is `null` when nobody has room: `refusal` says why, for people.
   */
  reserveForMove(input: {
    workspaceId: string;
    size: WorkspaceSize;
    fromHostId: string;
    toHostId: string | null;
  }): Promise<{ hostId: string } | { hostId: null; refusal: string }>;
}

/** Activities on the queue `workspaces/{hostId}`, run by the worker beside that Docker engine. */
export interface WorkspaceActivities {
  /**
   * Brings a workspace to what it should be: inspects Docker, acts, inspects again. Level-triggered and safe to repeat
   * at any time from any state. Serialised for each workspace; before every mutation it compares `generation` with
   * `workspace.desired_generation` in PostgreSQL and stops with a `StaleGeneration` failure (non-retryable) when a newer
   * wish has been stored. A size that a workspace can't have now is no failure: the result tells the one in force and the
   * one that waits (`pending`); asking again gives it once there is room. A start that there is no room for is none either: the
   * result is `stopped` or `absent` with `pending`, and asking again starts it once there is room. Throws `WorkspaceFailed` (non-retryable) with a reason for people when it can't be done,
   * and `EngineUnavailable` (retryable) when Docker does not answer.
   */
  convergeWorkspace(input: ConvergeInput): Promise<ConvergeResult>;
  /**
   * Copies the data of a workspace that is down from the host where it lives to this one, and compares both copies. It does
   * nothing on the other host. Doing it again begins anew. Throws `StaleGeneration` when a newer wish has been stored,
   * `WorkspaceFailed` (both non-retryable) when it can't be done, and retryable failures when an engine or the other host
   * does not answer.
   */
  receiveWorkspace(input: ReceiveInput): Promise<{ bytes: number; digest: string }>;
  /**
   * Removes what is left of a workspace on this host, where it does not live any more. Refuses with `WorkspaceFailed` when it
   * does live here, as PostgreSQL has it.
   */
  removeLeftOver(input: { accountId: string; workspaceId: string; generation: number; now: string }): Promise<void>;
}

export interface ReceiveInput {
  accountId: string;
  workspaceId: string;
  generation: number;
  /** Where it lives. */
  fromHostId: string;
  /** It has never run there: there may be no data. */
  mayBeEmpty: boolean;
  /** What its volume is made for. */
  storageMb: number;
}

export interface ConvergeInput {
  accountId: string;
  workspaceId: string;
  generation: number;
  desired: { state: 'running' | 'stopped' | 'deleted'; size: WorkspaceSize };
  /** The workflow's time, for the record. */
  now: string;
}

export type ConvergeResult = Omit<ObservedWorkspace, 'generation' | 'at' | 'since'> & {
  /** What was done to get there, for the history; empty when all was as it should be. */
  actions: ('created' | 'started' | 'stopped' | 'resized' | 'deleted')[];
};

/** `ApplicationFailure.type`s that are not worth a retry. */
export const NON_RETRYABLE = [
  'StaleGeneration',
  'WorkspaceFailed',
  'UnknownRecipient',
  'InvalidRequest',
  'BillingOff',
] as const;

/** A line that a workspace wrote. */
export interface LogLine {
  /** When the engine got it, to the nanosecond. Later lines have later ones. */
  at: string;
  stream: 'stdout' | 'stderr';
  text: string;
}

/** Which lines of a workspace's log are wanted. */
export interface LogOrder {
  /** Lines of the past. */
  tail: number;
  /** Goes on with what is written from now on, until the container ends. */
  follow: boolean;
  /** Only what came after the line of this instant. */
  after?: string | undefined;
}

/** Live figures of a workspace, sampled by its host. */
export interface LiveWorkspace {
  workspaceId: string;
  /** When the figures were taken, by the host's clock. */
  at: string;
  status: 'running' | 'stopped' | 'absent';
  containerId: string | null;
  /** Seconds since the container was started; 0 when it is not running. */
  uptimeSeconds: number;
  /** Working set: usage without reclaimable cache. */
  memoryUsedMb: number;
  memoryLimitMb: number;
  memoryOfLimitPercent: number;
  /** Percent of one core in use. */
  cpuPercent: number;
  /** Percent of one core allowed. */
  cpuLimitPercent: number;
  /** 100: all that is allowed. */
  cpuOfLimitPercent: number;
  /** The image's health check. */
  health: 'starting' | 'healthy' | 'unhealthy' | 'none';
}
