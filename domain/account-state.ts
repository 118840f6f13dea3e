import type { AllocationPolicy } from './allocation.ts';
import type { Audience, DunningPolicy, Plan, WorkspaceSize } from './catalog.ts';
import type { Effect } from './effect.ts';
import type { Entitlements, Override } from './entitlements.ts';
import type { CardSnapshot } from './snapshot.ts';
import type { Instant } from './time.ts';

/** How an account stands with us. */
export type Standing = 'free' | 'incomplete' | 'trialing' | 'active' | 'grace' | 'paused' | 'suspended' | 'canceled';

/** Why a workspace may not run. Lifting one hold leaves the others. */
export type HoldName = 'billing' | 'closing' | 'admin' | 'dispute' | 'quota';
/** The holds that support places and lifts; the others follow from the account's state. */
export type PlacedHoldName = Exclude<HoldName, 'billing' | 'closing'>;

export interface Hold {
  name: HoldName;
  since: Instant;
  /** For people: why. */
  reason: string;
  /** It was placed because of what Stripe said, and goes with it. Absent: support placed it. */
  automatic?: true;
}

/** The base subscription that governs the account. */
export interface GoverningSubscription {
  id: string;
  status: string;
  planId: string;
  currentPeriodStart: Instant;
  currentPeriodEnd: Instant;
  cancelAt: Instant | null;
  trialEnd: Instant | null;
  /** Nothing is collected for it; whether that stops anything is the catalog's to say. */
  collectionPaused: boolean;
}

/** A change of plan that Stripe makes at a date to come. */
export interface PlannedChange {
  plan: Pick<Plan, 'id' | 'name'>;
  at: Instant;
  /** What the account will be entitled to, and how it is shared out: to say at any time what will fit. */
  entitlements: Entitlements;
  sharing: AllocationPolicy;
}

/** A second subscription to a plan that was paid. It is cancelled and what was paid for it is given back. */
export interface DuplicateSubscription {
  subscriptionId: string;
  /** For people: the plan that it was for. */
  planName: string;
  foundAt: Instant;
}

/** A dispute, as far as it was acted on. */
export interface KnownDispute {
  id: string;
  state: 'open' | 'won' | 'lost';
  /** Support has lifted its hold: it places none again. */
  dismissed: boolean;
}

/** What was said of a card that is about to expire. Another card, or a new date, begins anew. */
export interface CardWarnings {
  cardId: string;
  expiresAt: Instant;
  /** Days before the expiry of the warnings that were decided on. */
  toldDays: number[];
}

/** An add-on or booster that the account has a subscription to. */
export interface HeldAddOn {
  subscriptionId: string;
  addOnId: string;
  name: string;
  quantity: number;
  /** It counts while it is `active`, `trialing` or in `grace`; `unpaid` and `paused` ones give nothing. */
  status: 'active' | 'trialing' | 'grace' | 'unpaid' | 'paused';
  currentPeriodEnd: Instant;
  /** When it ends by its customer's wish, or `null`. */
  endsAt: Instant | null;
  /** Its renewal is unpaid. Fixed when it opens, as a dunning's instants are. */
  grace: { id: string; startedAt: Instant; endsAt: Instant } | null;
  /** When it last recovered: an invoice that failed before opens no grace. */
  recoveredAt: Instant | null;
}

/** What is owed now on the governing subscription. */
export interface Debt {
  invoiceId: string;
  amountCents: number;
  currency: string;
  /** When Stripe tries to collect it again by itself. */
  nextAttemptAt: Instant | null;
}

/** A renewal that was not paid, and what follows. Its instants are fixed when it opens; only our own delay and support move them, and only away. */
export interface Dunning {
  /**
   * Tells it from every other dunning of the account; part of the ids of its effects and of its history. The first invoice
   * that failed, or, where Stripe shows none, the subscription and the start.
   */
  id: string;
  subscriptionId: string;
  /** The policy that was in force when it opened: a promise once made is not changed by a new catalog. */
  policy: DunningPolicy;
  /** The first failure, Stripe's instant. Never moves. */
  startedAt: Instant;
  /** Ids of the commands by which support has put off the suspension. */
  extensions: string[];
  suspendAt: Instant;
  cancelAt: Instant;
  deleteAt: Instant;
  /** Days of the reminders and deletion warnings that have been decided on. */
  decidedDays: number[];
  stage: 'grace' | 'suspended' | 'canceled' | 'deleted';
  /** Why the step that is due is not taken yet, and when it is looked at again. */
  waitingFor: { why: 'payment-in-doubt' | 'cancel-to-be-seen'; until: Instant } | null;
}

/** The owner leaves: what has happened of it so far. */
export interface Closing {
  /** The command that asked for it; part of the ids of its effects and of its history. */
  id: string;
  requestedAt: Instant;
  /**
   * `canceling`: everything is being cancelled at Stripe. `retained`: the workspaces are stopped, the data is kept.
   * `deleting`: the data, then the account, are being deleted; there is no way back.
   */
  stage: 'canceling' | 'retained' | 'deleting';
  /** Fixed when the retention begins. */
  deleteAt: Instant | null;
  /** Why the next step waits: a cancel that has to be seen, or a payment in doubt. */
  lookAgainAt: Instant | null;
}

/** What a workspace should be. */
export interface DesiredWorkspace {
  state: 'running' | 'stopped' | 'deleted';
  size: WorkspaceSize;
  /** Grows with each change; a newer wish replaces an older one. */
  generation: number;
  /** When it came to be wished; `null` where an older version did not note it. */
  since: Instant | null;
}

/** `crash-looping`: it crashed so often that its host has stopped it; only a newer wish starts it. */
export type ObservedWorkspaceState = 'absent' | 'running' | 'stopped' | 'failed' | 'crash-looping';

/** A new size that the host can't give a workspace now. It keeps the size that it has, and is tried again. */
export interface PendingResize {
  size: WorkspaceSize;
  /** Why, with the numbers, for people. */
  reason: string;
}

/** What the host last reported after converging. */
export interface ObservedWorkspace {
  state: ObservedWorkspaceState;
  generation: number;
  containerId: string | null;
  at: Instant;
  /** When it was first reported in this state. */
  since: Instant;
  /** Why it is `failed` or `crash-looping`, for people. */
  reason: string | null;
  /** The limits in force, read off the engine; `null` without a container, and where an older version did not look. */
  size: WorkspaceSize | null;
  /** The size of the wish, while it has to wait. */
  pending: PendingResize | null;
  /** For people: storage that changes with the next start alone; absent when it is as wished. */
  storageWaits?: string;
  /** Who keeps the limit of its storage: the kernel, or a measurement every few minutes; `null` without a container, and where an older version did not say. */
  storageLimit: 'hard' | 'soft' | null;
}

/** A restart that was asked for: down first, then up again, whatever dies in between. */
export interface WorkspaceRestart {
  since: Instant;
  phase: 'stopping' | 'starting';
}

/** Its owner has deleted it. Until `deleteAt` its data is kept, and it can be taken back. */
export interface WorkspaceDeletion {
  askedAt: Instant;
  deleteAt: Instant;
}

/** What its host last measured of its data volume, in MB. */
export interface StorageUse {
  usedMb: number;
  limitMb: number;
  state: 'ok' | 'near' | 'over';
}

/** A try that did not succeed, and the next one. */
export interface WorkspaceRetry {
  at: Instant;
  /** `host-silent`: nobody answered. `refused`: the host said why not. */
  why: 'host-silent' | 'refused';
}

/** It is to live on another host, or is on its way. */
export interface WorkspaceMove {
  /** The command that asked for it. */
  id: string;
  /** For people: why. */
  reason: string;
  /** `moving`: it is down, and its data is being copied. */
  stage: 'planned' | 'moving';
  /** When it begins by itself. */
  at: Instant;
  /** The owner may choose any time until then. */
  latestAt: Instant;
  /** `null`: placement chooses when it begins. */
  toHostId: string | null;
  /** For people: why the last try did not succeed. */
  trouble: string | null;
}

export interface WorkspaceState {
  id: string;
  name: string;
  /** The host it lives on: its task queue is `workspaces/{hostId}`. */
  hostId: string;
  move: WorkspaceMove | null;
  /** Hosts where something of it may be left from a move, to be removed. It does not live there. */
  leftOn: string[];
  ownerWants: 'running' | 'stopped';
  /** The size that was asked for; `null` for what the plan gives by default. */
  asked: WorkspaceSize | null;
  /** Its share of the pool; `null` when there is no room for it. */
  allocation: WorkspaceSize | null;
  /** For people: why the share is less than it should be. */
  allocationNote: string | null;
  restart: WorkspaceRestart | null;
  deletion: WorkspaceDeletion | null;
  /** On this workspace alone: it uses more storage than it has. */
  hold: Hold | null;
  storage: StorageUse | null;
  /** It may run although it is over its storage, so that its owner can make room. */
  makeRoomUntil: Instant | null;
  /** How often of late the kernel ended a program in it for memory. */
  memoryKills: number;
  /** `null` when nothing has to be tried again. Moves without a new version of the account. */
  retry: WorkspaceRetry | null;
  desired: DesiredWorkspace;
  observed: ObservedWorkspace | null;
}

/** Everything that is remembered of an account. Plain JSON: it is carried by continue-as-new and stored whole in PostgreSQL. */
export interface AccountState {
  accountId: string;
  /** Opaque id of the person who opened the account; of a personal one, whose it is. */
  ownerUserId: string;
  /** Opaque id of the organisation whose account it is, or `null` for a personal one. */
  organisationId: string | null;
  stripeCustomerId: string | null;
  audience: Audience;
  /** Grows with every saved change. */
  version: number;
  /** The plan in force. A copy, so that a view needs no catalog. */
  plan: Pick<Plan, 'id' | 'name'>;
  /** Add-ons whose subscriptions have begun and have not ended. */
  addOns: HeldAddOn[];
  /** What support gave and what has not ended. */
  overrides: Override[];
  /** What the account may use: of the plan in force, the add-ons that count and the overrides. */
  entitlements: Entitlements;
  /** How the pool is shared out on the plan in force. A copy, so that a command needs no catalog. */
  sharing: AllocationPolicy;
  /** Days for which the data of a workspace that its owner deletes is kept. A copy, so that a command needs no catalog. */
  deleteWorkspacesAfterDays: number;
  /** Subscriptions at Stripe of which neither price nor metadata says what they are for. */
  ignoredSubscriptions: string[];
  standing: Standing;
  standingSince: Instant;
  subscription: GoverningSubscription | null;
  /** What will be charged. What a person would recognise it by is in the read model alone. */
  card: CardSnapshot | null;
  cardWarnings: CardWarnings | null;
  debt: Debt | null;
  plannedChange: PlannedChange | null;
  /** Those that are being ended, or that Stripe still lists as live. */
  duplicates: DuplicateSubscription[];
  disputes: KnownDispute[];
  /** Invoices that were made final later are sent to the customer; `null` before the first look. */
  invoicesSince: Instant | null;
  /** Of the invoices that a look still shows: those that were sent. */
  toldInvoices: string[];
  dunning: Dunning | null;
  /** When the account last recovered from a dunning: an invoice that failed before does not anchor another one. */
  recoveredAt: Instant | null;
  /** It has or had a subscription to a plan: a trial is for the first one only. */
  subscribedBefore: boolean;
  /** `null` unless the owner has asked to close the account. */
  closing: Closing | null;
  holds: Hold[];
  workspaces: WorkspaceState[];
  outbox: Effect[];
  /** When the last read of Stripe that was decided on began. */
  billingReadAt: Instant | null;
}
