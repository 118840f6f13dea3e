import type { AccountState } from '#domain/account-state.ts';
import { type AddOn, type Catalog, type Plan, type PlanPrice, UNLIMITED } from '#domain/catalog.ts';
import { decide } from '#domain/decide.ts';
import { openAccount } from '#domain/open-account.ts';
import {
  type BillingSnapshot,
  emptySnapshot,
  type InvoiceSnapshot,
  type SubscriptionSnapshot,
} from '#domain/snapshot.ts';
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
export const MICRO_SIZE = { memoryMb: 1024, cpuPercent: 50, storageMb: 10_240 };

/** A personal plan with one workspace that is as large as its pool, at nothing. */
export function aPlan(changes: Partial<Plan> & Pick<Plan, 'id'>): Plan {
  return {
    name: changes.id,
    audiences: ['personal'],
    prices: [],
    knownPriceIds: [],
    custom: false,
    retired: false,
    trialDays: 0,
    pool: { ...FREE_SIZE, workspaces: 1 },
    limits: {},
    features: {},
    metered: false,
    metadata: {},
    ...changes,
  };
}

/** A price by the month, with the lookup key `test_<of>_month`. */
export function aPrice(of: string, amountCents: number, changes: Partial<PlanPrice> = {}): PlanPrice {
  return { interval: 'month', amountCents, lookupKey: `test_${of}_month`, knownPriceIds: [], ...changes };
}

/** An add-on that stacks on Team and Studio, and takes the place of what Free gives and unlocks its executions. */
export function anAddOn(changes: Partial<AddOn> = {}): AddOn {
  return {
    id: 'micro',
    name: 'Micro',
    kind: 'add-on',
    audiences: ['personal'],
    prices: [aPrice('micro', 500)],
    gives: MICRO_SIZE,
    rules: [
      { on: ['free'], resources: 'replace', unlocks: ['executions'] },
      { on: ['team', 'studio'], resources: 'stack', unlocks: [] },
    ],
    maxQuantity: UNLIMITED,
    retired: false,
    aliases: [],
    metadata: { product_type: 'workspace_addon', tier: 'MICRO' },
    ...changes,
  };
}

/** A catalog with a free plan and two that cost, one add-on, and the default dunning: 0/3/6, 7, 30, 60. */
export function aCatalog(changes: Partial<Catalog> = {}): Catalog {
  return {
    id: 'test',
    name: 'Test',
    currency: 'usd',
    plans: [
      aPlan({ id: 'free', name: 'Free', limits: { executions: { limit: 1000, per: 'month', mode: 'block' } } }),
      aPlan({ id: 'team', name: 'Team', prices: [aPrice('team', 2900)], pool: { ...TEAM_SIZE, workspaces: 1 } }),
      aPlan({
        id: 'studio',
        name: 'Studio',
        prices: [aPrice('studio', 9900)],
        pool: { ...STUDIO_SIZE, workspaces: 1 },
      }),
    ],
    addOns: [anAddOn()],
    metrics: [],
    freePlans: { personal: 'free' },
    onCancel: 'free-plan',
    onCollectionPaused: 'keep-access',
    onShrink: 'newest-first',
    deleteClosedAfterDays: 30,
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
    ...changes,
  };
}

/** An active subscription to Team, thirty days old on day 0, with nothing open. */
export function aSubscription(changes: Partial<SubscriptionSnapshot> = {}): SubscriptionSnapshot {
  return {
    id: 'sub_1',
    role: 'base',
    status: 'active',
    collectionPaused: false,
    planId: 'team',
    addOnId: null,
    quantity: 1,
    createdAt: day(-30),
    currentPeriodStart: DAY_0,
    currentPeriodEnd: day(30),
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

/** An active subscription to one Micro, begun ten days before day 0. */
export function anAddOnSubscription(changes: Partial<SubscriptionSnapshot> = {}): SubscriptionSnapshot {
  const own = { id: 'sub_micro', role: 'add-on' as const, planId: null, addOnId: 'micro', latestInvoiceId: 'in_micro' };
  return aSubscription({ ...own, createdAt: day(-10), ...changes });
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
  return { ...emptySnapshot(readAt), subscriptions, ...changes };
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
