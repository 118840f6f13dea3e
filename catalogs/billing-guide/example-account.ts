import type { AccountState } from '#domain/account-state.ts';
import type { AccountView } from '#domain/account-view.ts';
import type { Catalog } from '#domain/catalog.ts';
import type { CommandOutcome } from '#domain/commands.ts';
import { type Decision, decide } from '#domain/decide.ts';
import type { Effect } from '#domain/effect.ts';
import { openAccount } from '#domain/open-account.ts';
import {
  type BillingSnapshot,
  emptySnapshot,
  type InvoiceSnapshot,
  type SubscriptionSnapshot,
} from '#domain/snapshot.ts';
import { addDays, type Instant } from '#domain/time.ts';
import type { Happened } from '#domain/timeline.ts';
import { viewOf } from '#domain/view.ts';

/** Day 0 of the examples: the renewal of a subscription that began a month before. */
const DAY_0: Instant = '2026-03-01T00:00:00.000Z';
const CARD = { id: 'pm_1', expiresAt: '2034-01-01T00:00:00.000Z' };

/** What one look, or one command, brought about. */
export interface Outcome {
  state: AccountState;
  view: AccountView;
  effects: Effect[];
  happened: Happened[];
}

/** The instant `days` after day 0. */
export function day(days: number): Instant {
  return addDays(DAY_0, days);
}

/** An account that goes through a situation: what becomes of it is decided by the product's own rules, nothing is told here. */
export class ExampleAccount {
  private readonly catalog: Catalog;
  private state: AccountState;

  constructor(catalog: Catalog) {
    this.catalog = catalog;
    const opening = { accountId: 'acc_1', ownerUserId: 'user_1', stripeCustomerId: 'cus_1' };
    const workspaces = [{ id: 'ws_1', name: 'Main', hostId: 'local' }];
    this.state = openAccount({ ...opening, workspaces }, day(-31), catalog);
    this.sees(-31, []);
  }

  /** A look on a day that finds these subscriptions. What is decided counts as carried out. */
  sees(at: number, subscriptions: SubscriptionSnapshot[], more: Partial<BillingSnapshot> = {}): Outcome {
    const read = { ...emptySnapshot(day(at)), card: CARD, subscriptions, ...more };
    const { state, effects, happened }: Decision = decide(this.state, read, day(at), this.catalog);
    return this.becomes({ state, happened }, effects, at);
  }

  /** A person or support asks something. */
  asks(at: number, command: (state: AccountState, now: Instant) => CommandOutcome): Outcome {
    const outcome = command(this.state, day(at));
    return this.becomes(outcome, outcome.state.outbox, at);
  }

  private becomes({ state, happened }: CommandOutcome, effects: Effect[], at: number): Outcome {
    this.state = { ...state, outbox: [] };
    return { state, view: viewOf(state, day(at)), effects, happened };
  }
}

/** A subscription to a plan that renewed on day 0 and is paid. */
export function paid(planId: string, changes: Partial<SubscriptionSnapshot> = {}): SubscriptionSnapshot {
  return {
    id: 'sub_1',
    role: 'base',
    status: 'active',
    collectionPaused: false,
    planId,
    addOnId: null,
    quantity: 1,
    createdAt: day(-31),
    currentPeriodStart: day(0),
    currentPeriodEnd: day(31),
    cancelAt: null,
    endedAt: null,
    cancelReason: null,
    trialEnd: null,
    plannedChange: null,
    refundedInvoiceId: null,
    latestInvoiceId: 'in_1',
    invoices: [],
    ...changes,
  };
}

/** The same one with its renewal unpaid. */
export function unpaid(planId: string, changes: Partial<SubscriptionSnapshot> = {}): SubscriptionSnapshot {
  return paid(planId, { status: 'past_due', invoices: [openInvoice()], ...changes });
}

export function addOn(addOnId: string, changes: Partial<SubscriptionSnapshot> = {}): SubscriptionSnapshot {
  const own = { id: 'sub_addon', role: 'add-on' as const, planId: null, addOnId, latestInvoiceId: 'in_addon' };
  return { ...paid(''), ...own, ...changes };
}

/** An invoice that was finalised on day 0, tried once and not paid. */
export function openInvoice(changes: Partial<InvoiceSnapshot> = {}): InvoiceSnapshot {
  return {
    id: 'in_1',
    subscriptionId: 'sub_1',
    status: 'open',
    billingReason: 'subscription_cycle',
    amountRemainingCents: 2900,
    currency: 'usd',
    createdAt: day(0),
    finalizedAt: day(0),
    attemptCount: 1,
    nextAttemptAt: day(3),
    ...changes,
  };
}
