import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { AccountState } from '#domain/account-state.ts';
import type { AccountView } from '#domain/account-view.ts';
import type { Audience, WorkspaceSize } from '#domain/catalog.ts';
import type { RefusalCode } from '#domain/commands.ts';
import type { Override } from '#domain/entitlements.ts';
import type { HostReport } from '#domain/host-report.ts';
import type { PlanMove } from '#domain/moves.ts';
import type { Happened } from '#domain/timeline.ts';

/** The workflow type, and the task queue of the workers that run it. */
export const SUBSCRIPTION_WORKFLOW = 'subscription';
export const SUBSCRIPTION_TASK_QUEUE = 'subscriptions';

/** Entries of one signal that are looked at. */
export const MOST_ENTRIES = 1_000;

/** One workflow for each account, for as long as the account exists. */
export function subscriptionWorkflowId(accountId: string): string {
  return `subscription/${accountId}`;
}

/** The task queue of the worker that sits beside a Docker engine. */
export function workspaceTaskQueue(hostId: string): string {
  return `workspaces/${hostId}`;
}

/** That something happened at Stripe: a reason to look, never the truth itself. */
export interface BillingHint {
  /** Stripe's event id. */
  eventId: string;
  type: string;
}

/** What an account is opened with. */
export interface Opening {
  ownerUserId: string;
  /** Default: none, the account is the person's own. */
  organisationId?: string;
  stripeCustomerId: string | null;
  /** Default: personal. */
  audience?: Audience;
  /** Without a size the plan's default is taken. */
  workspaces: { id: string; name: string; hostId: string; size?: WorkspaceSize }[];
}

/** Carried from run to run by continue-as-new. Plain JSON. */
export interface Carried {
  state: AccountState;
  /** Hints that no read has cleared yet. */
  pendingHints: BillingHint[];
  /** The newest command ids with their receipts, oldest first. */
  recentCommands: { id: string; receipt: Receipt }[];
  /** What could not be written to PostgreSQL yet. */
  unsaved: { happened: Happened[]; actedOn: string[] } | null;
  /** Stripe is not read before; `null` or absent: at any time. */
  lookNotBefore?: string | null;
  /** Stripe is to be read though no hint has come. */
  lookAsked?: boolean;
}

/** What `leasehold account repair` takes over from a run that it ended, as far as PostgreSQL does not have it. */
export interface Recovered {
  /** The run that was ended. */
  fromRunId: string;
  /** Events that were accepted and not acted on. */
  hints: BillingHint[];
  hostReports: HostReport[];
  /** As in `Carried`. */
  recentCommands: Carried['recentCommands'];
  /** Updates that were accepted and not saved. They are sent again once this run is up; here they are kept until then. */
  updates: { updateId: string; name: string; args: unknown[] }[];
}

/** Argument of the workflow. With `accountId` alone it loads the account from PostgreSQL: that is how a terminated one comes back. */
export interface SubscriptionInput {
  accountId: string;
  opening?: Opening;
  carried?: Carried;
  /** Beside what is loaded from PostgreSQL. */
  recovered?: Recovered;
}

/** How the workflow of an account that exists is begun where none runs any more: it loads the account from PostgreSQL. */
export function revivalOf(accountId: string): { workflowId: string; taskQueue: string; args: [SubscriptionInput] } {
  return { workflowId: subscriptionWorkflowId(accountId), taskQueue: SUBSCRIPTION_TASK_QUEUE, args: [{ accountId }] };
}

/** Answer of every Update: recorded, in this version of the account. It never waits for Docker. */
export interface Receipt {
  version: number;
}

export interface WorkspaceWish {
  /** Unique for each wish of a person or program; the same id again is answered with the first receipt. */
  commandId: string;
  workspaceId: string;
  wants: 'running' | 'stopped';
}

export interface CreateWorkspaceCommand {
  /** Unique for each workspace that is wanted; the same id again is answered with the first receipt. */
  commandId: string;
  /** Of the caller's making, and of all accounts its own: letters, digits, `_`, `.` and `-`, 128 at most. */
  workspaceId: string;
  /** 64 characters at most; no two workspaces of an account have the same. */
  name: string;
  /** The host that it is to live on. */
  hostId: string;
  /** Default: the plan's. */
  size?: WorkspaceSize;
}

export interface DeleteWorkspaceCommand {
  commandId: string;
  workspaceId: string;
  /** Its data goes at once, and nothing can be taken back. Default: it is kept for the catalog's days. */
  immediately?: boolean;
}

export interface WorkspaceCommand {
  commandId: string;
  workspaceId: string;
}

export interface RenameWorkspaceCommand extends WorkspaceCommand {
  /** 64 characters at most; no two workspaces of an account have the same. */
  name: string;
}

export interface ResizeWorkspaceCommand extends WorkspaceCommand {
  size: WorkspaceSize;
  /** Its programs size their memory when they start. Default: they go on as they are. */
  restart?: boolean;
}

export interface HoldCommand {
  commandId: string;
  hold: 'admin' | 'dispute' | 'quota';
  /** For people: why. Shown to the customer. */
  reason: string;
}

export interface GrantCommand {
  commandId: string;
  /** Its `reason` is shown to the customer. */
  override: Override;
}

export interface WithdrawCommand {
  commandId: string;
  /** `Override.id`. */
  overrideId: string;
}

/** The owner leaves, or stays after all. */
export interface ClosingCommand {
  commandId: string;
}

/** Support gives more time to pay. */
export interface ExtendGraceCommand {
  commandId: string;
  /** Whole days, 1 to 90, by which the suspension and all after it come later. */
  days: number;
  /** For people: why. Shown to the customer. */
  reason: string;
}

/** An account that was opened without a customer at Stripe gets its own. */
export interface LinkCustomerCommand {
  commandId: string;
  /** `cus_…`; of no other account. */
  stripeCustomerId: string;
}

/** See `domain/moves.ts`. */
export type MoveWorkspaceCommand = PlanMove;

export interface ChooseMoveTimeCommand {
  commandId: string;
  workspaceId: string;
  /** `null` for now. */
  at: string | null;
}

export interface CancelMoveCommand {
  commandId: string;
  workspaceId: string;
}

/** `ApplicationFailure.type` of Updates that are refused. Where the pool is the reason, `details[0]` is a `PoolShortage`. */
export type RefusalType = RefusalCode | 'UnknownAccount' | 'MalformedCommand' | 'NotRecorded' | 'InternalError';

export type { HostReport } from '#domain/host-report.ts';

export const billingHints = defineSignal<[BillingHint[]]>('billingHints');
/** From the workers beside the Docker engines: what they saw of an account's workspaces. The same report again changes nothing. */
export const hostReports = defineSignal<[HostReport[]]>('hostReports');
/** For operators: go on in a fresh run with the same state, for example after a deploy. */
export const startFreshRun = defineSignal('startFreshRun');
export const wishWorkspace = defineUpdate<Receipt, [WorkspaceWish]>('wishWorkspace');
export const createWorkspace = defineUpdate<Receipt, [CreateWorkspaceCommand]>('createWorkspace');
/** Down and up again. */
export const restartWorkspace = defineUpdate<Receipt, [WorkspaceCommand]>('restartWorkspace');
/** Tried anew after a failure or a crash loop; of one that is over its storage: a while to make room. */
export const recoverWorkspace = defineUpdate<Receipt, [WorkspaceCommand]>('recoverWorkspace');
export const renameWorkspace = defineUpdate<Receipt, [RenameWorkspaceCommand]>('renameWorkspace');
/** Another share of the pool. */
export const resizeWorkspace = defineUpdate<Receipt, [ResizeWorkspaceCommand]>('resizeWorkspace');
/** Takes a deletion back, as long as the data is there. */
export const restoreWorkspace = defineUpdate<Receipt, [WorkspaceCommand]>('restoreWorkspace');
/** It stops; its data is kept for a while, and then deleted. */
export const deleteWorkspace = defineUpdate<Receipt, [DeleteWorkspaceCommand]>('deleteWorkspace');
export const placeHold = defineUpdate<Receipt, [HoldCommand]>('placeHold');
export const liftHold = defineUpdate<Receipt, [Omit<HoldCommand, 'reason'>]>('liftHold');
/** For support: gives an account something beside what it bought. */
export const grantOverride = defineUpdate<Receipt, [GrantCommand]>('grantOverride');
export const withdrawOverride = defineUpdate<Receipt, [WithdrawCommand]>('withdrawOverride');
/** For support: puts a suspension off. */
export const extendGrace = defineUpdate<Receipt, [ExtendGraceCommand]>('extendGrace');
/** For operators: a workspace is to live on another host. */
export const moveWorkspace = defineUpdate<Receipt, [MoveWorkspaceCommand]>('moveWorkspace');
/** The owner says when it moves. */
export const chooseMoveTime = defineUpdate<Receipt, [ChooseMoveTimeCommand]>('chooseMoveTime');
/** For operators: it stays, unless its move has begun. */
export const cancelMove = defineUpdate<Receipt, [CancelMoveCommand]>('cancelMove');
/** Events of the customer that wait in the inbox are forwarded from then on. */
export const linkCustomer = defineUpdate<Receipt, [LinkCustomerCommand]>('linkCustomer');
/** Cancels everything at Stripe, then stops the workspaces, then, after the retention, deletes the account. */
export const closeAccount = defineUpdate<Receipt, [ClosingCommand]>('closeAccount');
export const keepAccount = defineUpdate<Receipt, [ClosingCommand]>('keepAccount');
export const accountView = defineQuery<AccountView>('accountView');
/** What the driver of stories needs to know: is there work in flight, and when does the workflow wake next by itself. */
export const agenda = defineQuery<Agenda>('agenda');

export interface Agenda {
  now: string;
  /** No hint waits, no effect can be carried out now, every workspace is as it should be. */
  quiet: boolean;
  /** The earliest instant at which the workflow acts by itself, or `null`. */
  nextDeadline: string | null;
}
