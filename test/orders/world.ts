import { setTimeout as delay } from 'node:timers/promises';
import type {
  ConvergeInput,
  ConvergeResult,
  PlacementActivities,
  SaveAccountInput,
  SubscriptionActivities,
  WorkspaceActivities,
} from '#activities/contracts.ts';
import type { AccountState } from '#domain/account-state.ts';
import type { Catalog } from '#domain/catalog.ts';
import { emptySnapshot, type SubscriptionSnapshot } from '#domain/snapshot.ts';
import { aCatalog, anAddOn, anAddOnSubscription, anInvoice, aSubscription } from '#test/factories/billing.ts';
import { SeededRandom } from '#test/scenarios/seeded-random.ts';
import type { ActivityName } from './plan.ts';

type Activities = SubscriptionActivities & PlacementActivities & WorkspaceActivities;
/** What was asked of an activity that is held. */
export interface Held {
  isCalled: Promise<void>;
  called: () => void;
  isReleased: Promise<void>;
  release: () => void;
}

/** How long an activity takes at the most that nobody holds. */
const SLOWEST_MS = 40;
export const CUSTOMER_PREFIX = 'cus_';
export const HOSTS = ['north', 'south'] as const;

const { dunning, plans } = aCatalog();
const ROOMY = { memoryMb: 4096, cpuPercent: 400, storageMb: 20_480, workspaces: 4 };
const CATALOG = aCatalog({
  plans: plans.map((plan) => ({ ...plan, pool: ROOMY })),
  addOns: [anAddOn({ rules: [{ on: ['team', 'studio'], resources: 'stack', unlocks: [] }] })],
});
/** Who does not pay is cancelled at once. */
export const HARSH_CATALOG: Catalog = {
  ...CATALOG,
  dunning: { ...dunning, reminderDays: [0], suspendAfterDays: 0, minimumNoticeDays: 0, cancelAfterDays: 0 },
};
/** Who leaves is deleted at once. */
export const HASTY_CATALOG: Catalog = { ...CATALOG, deleteClosedAfterDays: 0 };

/** One account's share of the world outside: Stripe, PostgreSQL, hosts. */
class Outside {
  stored: AccountState | null = null;
  isDeleted = false;
  readonly claimed = new Set<string>();
  subscriptions: SubscriptionSnapshot[] = [];
  invoices = 0;
  catalog = CATALOG;
  readonly held = new Map<ActivityName, Held>();
}

/**
 * The world outside of the workflows, in memory: what activities read and change, and the power to hold each of them in mid-work. Outlives
 * every worker.
 */
export class World {
  private readonly random = new SeededRandom(1);
  private readonly outsides = new Map<string, Outside>();

  of(accountId: string): Outside {
    const outside = this.outsides.get(accountId) ?? new Outside();
    this.outsides.set(accountId, outside);
    return outside;
  }

  /** The next call of the activity for this account waits until `release`. */
  hold(accountId: string, activity: ActivityName): Held {
    let called = () => {};
    let release = () => {};
    const isCalled = new Promise<void>((resolve) => {
      called = resolve;
    });
    const isReleased = new Promise<void>((resolve) => {
      release = resolve;
    });
    const held = { isCalled, called, isReleased, release };
    this.of(accountId).held.set(activity, held);
    return held;
  }

  releaseAll(accountId: string): void {
    const { held } = this.of(accountId);
    for (const each of held.values()) each.release();
    held.clear();
  }

  /** Pays or stops paying; each time with an invoice of its own. */
  setPaid(accountId: string, isPaid: boolean, now: string): void {
    const outside = this.of(accountId);
    outside.invoices += isPaid ? 0 : 1;
    const id = `in_${accountId}_${outside.invoices}`;
    const status = isPaid ? 'active' : 'past_due';
    const invoice = anInvoice({ id, subscriptionId: `sub_${accountId}`, createdAt: now, finalizedAt: now });
    outside.subscriptions = [
      aSubscription({
        id: `sub_${accountId}`,
        status,
        latestInvoiceId: id,
        createdAt: now,
        currentPeriodStart: now,
        currentPeriodEnd: new Date(Date.parse(now) + 30 * 86_400_000).toISOString(),
        invoices: isPaid ? [] : [invoice],
      }),
      ...outside.subscriptions.filter((each) => each.id !== `sub_${accountId}`),
    ];
  }

  addDuplicate(accountId: string, now: string): void {
    const outside = this.of(accountId);
    const end = new Date(Date.parse(now) + 30 * 86_400_000).toISOString();
    const second = aSubscription({
      ...{ id: `sub_${accountId}_twice_${outside.subscriptions.length}`, createdAt: now, latestInvoiceId: null },
      ...{ currentPeriodStart: now, currentPeriodEnd: end },
    });
    outside.subscriptions = [second, ...outside.subscriptions];
  }

  addAddOn(accountId: string): void {
    const outside = this.of(accountId);
    outside.subscriptions = [...outside.subscriptions, anAddOnSubscription({ id: `sub_${accountId}_micro` })];
  }

  endPlan(accountId: string, now: string): void {
    const outside = this.of(accountId);
    outside.subscriptions = outside.subscriptions.map((each) =>
      each.role === 'base' ? { ...each, status: 'canceled', endedAt: now } : each,
    );
  }

  /** Runs an activity, wherever its worker is. */
  async call(name: string, input: unknown): Promise<unknown> {
    const accountId = accountOf(name, input);
    if (accountId !== null) {
      const { held } = this.of(accountId);
      const waits = held.get(name as ActivityName);
      if (waits) {
        waits.called();
        await waits.isReleased;
        if (held.get(name as ActivityName) === waits) held.delete(name as ActivityName);
      }
    }
    // Two that run at once end in either order.
    await delay(this.random.between(0, SLOWEST_MS));
    const activity = this.activities[name as keyof Activities] as (given: unknown) => Promise<unknown>;
    if (!activity) throw new Error(`There is no activity ${name}.`);
    return activity(input);
  }

  readonly activities: Activities = {
    readBilling: async ({ stripeCustomerId, now }) => {
      const snapshot = emptySnapshot(now);
      const accountId = stripeCustomerId?.slice(CUSTOMER_PREFIX.length);
      const subscriptions = accountId === undefined ? [] : this.of(accountId).subscriptions;
      const card = { id: 'pm_1', expiresAt: null };
      const catalog = accountId === undefined ? CATALOG : this.of(accountId).catalog;
      return { catalog, snapshot: { ...snapshot, card, subscriptions: structuredClone(subscriptions) } };
    },
    loadAccount: async ({ accountId }) => structuredClone(this.of(accountId).stored),
    claimCustomer: async ({ accountId, stripeCustomerId }) => {
      const { claimed, stored } = this.of(accountId);
      if (!stored || (claimed.size > 0 && !claimed.has(stripeCustomerId))) return { claimed: false };
      claimed.add(stripeCustomerId);
      return { claimed: true };
    },
    saveAccount: async ({ state }: SaveAccountInput) => {
      const outside = this.of(state.accountId);
      if (!outside.isDeleted && (outside.stored?.version ?? -1) <= state.version)
        outside.stored = structuredClone(state);
      return { setAside: 0 };
    },
    sendMail: async () => undefined,
    cancelSubscription: async ({ subscriptionId }) => {
      this.end((each) => each.id === subscriptionId);
      return { done: 'canceled' as const };
    },
    endAddOn: async ({ subscriptionId }) => {
      this.end((each) => each.id === subscriptionId);
      return { done: 'canceled' as const };
    },
    endDuplicate: async ({ subscriptionId }) => {
      this.end((each) => each.id === subscriptionId);
      return { done: 'ended' as const, refunded: null };
    },
    endBilling: async ({ idempotencyKey }) => {
      const { subscriptions } = this.of(accountOf('endBilling', { idempotencyKey }) ?? '');
      const ids = new Set(subscriptions.map(({ id }) => id));
      this.end(({ id }) => ids.has(id));
      return { canceled: ids.size };
    },
    deleteAccount: async ({ accountId }) => {
      this.of(accountId).isDeleted = true;
    },
    reserveForMove: async ({ fromHostId }) => ({ hostId: HOSTS.find((each) => each !== fromHostId) ?? HOSTS[0] }),
    convergeWorkspace: async (input: ConvergeInput): Promise<ConvergeResult> => ({
      state: input.desired.state === 'deleted' ? 'absent' : input.desired.state,
      containerId: input.desired.state === 'running' ? `container/${input.workspaceId}` : null,
      reason: null,
      size: input.desired.size,
      pending: null,
      storageLimit: 'hard',
      actions: [],
    }),
    receiveWorkspace: async () => ({ bytes: 1, digest: 'same' }),
    removeLeftOver: async () => undefined,
  };

  private end(isMeant: (each: SubscriptionSnapshot) => boolean): void {
    const endedAt = new Date().toISOString();
    for (const outside of this.outsides.values())
      outside.subscriptions = outside.subscriptions.map((each) =>
        isMeant(each) ? { ...each, status: 'canceled', endedAt } : each,
      );
  }
}

/** Whom an activity is about, by what it is given; `null` for a read without a customer. */
function accountOf(name: string, input: unknown): string | null {
  const given = input as Record<string, string> & { state?: AccountState };
  if (name === 'saveAccount') return given.state?.accountId ?? null;
  if (name === 'readBilling') return given.stripeCustomerId?.slice(CUSTOMER_PREFIX.length) ?? null;
  if (given.accountId) return given.accountId;
  if (given.idempotencyKey) return given.idempotencyKey.split('/')[0] ?? null;
  return given.workspaceId?.split('.')[0] ?? null;
}
