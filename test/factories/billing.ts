import type { AccountState } from '#domain/account-state.ts';
import type { Catalog } from '#domain/catalog.ts';
import { decide } from '#domain/decide.ts';
import { openAccount } from '#domain/open-account.ts';
import type { BillingSnapshot, InvoiceSnapshot, SubscriptionSnapshot } from '#domain/snapshot.ts';
import type { Instant } from '#domain/time.ts';

/** The day of the first failure in most tests. Day 7 is March 8th, day 30 March 31st, day 60 April 30th. */
export const DAY_0: Instant = '2026-03-01T00:00:00.000Z';

/** The instant `days` after `DAY_0`, and `hours` more. */
export function day(days: number, hours = 0): Instant {
  return new Date(Date.parse(DAY_0) + days * 86_400_000 + hours * 3_600_000).toISOString();
}

export const FREE_SIZE = { memoryMb: 256, cpuPercent: 50, storageMb: 1024 };
export const TEAM_SIZE = { memoryMb: 512, cpuPercent: 100, storageMb: 5120 };
export const STUDIO_SIZE = { memoryMb: 2048, cpuPercent: 200, storageMb: 20_480 };

/** A catalog with a free plan and two that cost, and the default dunning: 0/3/6, 7, 30, 60. */
export function aCatalog(changes: Partial<Catalog> = {}): Catalog {
  return {
    id: 'test',
    name: 'Test',
    currency: 'usd',
    plans: [
      { id: 'free', name: 'Free', prices: [], workspace: FREE_SIZE },
      {
        id: 'team',
        name: 'Team',
        prices: [{ interval: 'month', amountCents: 2900, lookupKey: 'test_team_month' }],
        workspace: TEAM_SIZE,
      },
      {
        id: 'studio',
        name: 'Studio',
        prices: [{ interval: 'month', amountCents: 9900, lookupKey: 'test_studio_month' }],
        workspace: STUDIO_SIZE,
      },
    ],
    freePlanId: 'free',
    onCancel: 'free-plan',
    onCollectionPaused: 'keep-access',
    dunning: {
      reminderDays: [0, 3, 6],
      suspendAfterDays: 7,
      minimumNoticeDays: 1,
      cancelAfterDays: 30,
      voidOpenInvoicesOnCancel: true,
      deletionWarningDays: [31, 53],
      deleteAfterDays: 60,
    },
    ...changes,
  };
}

/** A renewal that failed once on day 0. */
export function anInvoice(changes: Partial<InvoiceSnapshot> = {}): InvoiceSnapshot {
  return {
    id: 'in_1',
    subscriptionId: 'sub_1',
    status: 'open',
    billingReason: 'subscription_cycle',
    amountRemainingCents: 2900,
    currency: 'usd',
    createdAt: DAY_0,
    finalizedAt: DAY_0,
    attemptCount: 1,
    nextAttemptAt: day(2),
    payUrl: 'https://pay.test/in_1',
    ...changes,
  };
}

/** An active subscription to Team, thirty days old on day 0, with nothing open. */
export function aSubscription(changes: Partial<SubscriptionSnapshot> = {}): SubscriptionSnapshot {
  return {
    id: 'sub_1',
    status: 'active',
    collectionPaused: false,
    planId: 'team',
    createdAt: day(-30),
    currentPeriodStart: DAY_0,
    currentPeriodEnd: day(30),
    cancelAt: null,
    endedAt: null,
    cancelReason: null,
    trialEnd: null,
    latestInvoiceId: 'in_1',
    invoices: [],
    ...changes,
  };
}

/** The subscription whose renewal failed on day 0. */
export function anUnpaidSubscription(changes: Partial<SubscriptionSnapshot> = {}): SubscriptionSnapshot {
  return aSubscription({ status: 'past_due', invoices: [anInvoice()], ...changes });
}

/** What a read that began at `readAt` found. */
export function aSnapshot(
  readAt: Instant,
  subscriptions: SubscriptionSnapshot[],
  changes: Partial<BillingSnapshot> = {},
): BillingSnapshot {
  return { readAt, subscriptions, paymentMethod: null, paymentInDoubt: false, ...changes };
}

/** A new account with one workspace, opened thirty days before day 0. */
export function anAccount(changes: Partial<AccountState> = {}, catalog = aCatalog()): AccountState {
  const opening = {
    accountId: 'acc_1',
    ownerUserId: 'user_1',
    stripeCustomerId: 'cus_1',
    workspaces: [{ id: 'ws_1', name: 'Main', hostId: 'local' }],
  };
  return { ...openAccount(opening, day(-30), catalog), ...changes };
}

/** An account on Team that has paid until day 0. */
export function aPayingAccount(catalog = aCatalog()): AccountState {
  return decide(anAccount({}, catalog), aSnapshot(day(-30), [aSubscription()]), day(-30), catalog).state;
}

/** The state with every effect carried out. */
export function withEffectsDone(state: AccountState): AccountState {
  return { ...state, outbox: [] };
}
