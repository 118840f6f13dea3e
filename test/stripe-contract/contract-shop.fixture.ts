import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type Stripe from 'stripe';
import { inject } from 'vitest';
import { createMoneyTables } from '#activities/money.ts';
import { createReadModelActivities } from '#activities/read-model.ts';
import { createStripeActivities } from '#activities/stripe.ts';
import type { AskedAccount } from '#api/access/find-account.ts';
import { createReadModel } from '#api/accounts/read-model.ts';
import { type BillingCommand, type BillingDeps, billingCommand } from '#api/billing/billing-deps.ts';
import { createTakeTurn } from '#api/billing/take-turn.ts';
import { createWithBilling } from '#api/billing/with-billing.ts';
import { createStripe } from '#billing/stripe-client.ts';
import { syncCatalog } from '#catalogs/sync/sync.ts';
import type { AccountState } from '#domain/account-state.ts';
import type { Catalog } from '#domain/catalog.ts';
import { decide } from '#domain/decide.ts';
import { openAccount } from '#domain/open-account.ts';
import type { BillingSnapshot } from '#domain/snapshot.ts';
import { viewOf } from '#domain/view.ts';
import { createPrisma, type PrismaClient } from '#prisma/client.ts';
import { aCatalog, anAddOn, aPlan, aPrice, FREE_SIZE, STUDIO_SIZE, TEAM_SIZE } from '#test/factories/billing.ts';

/** Stripe's test clocks take a moment to advance: https://docs.stripe.com/billing/testing/test-clocks */
const ADVANCED_WITHIN_MS = 180_000;

/** A customer of the contracts, with an account as the product has it. */
export interface ContractAccount {
  id: string;
  asked: AskedAccount;
  /** A new wish; the same key stands for the same one. */
  command(name: string, key?: string): BillingCommand;
  /** Does something with the product's own operations of billing, and turns Stripe's errors into problems as the API does. */
  bill<Result>(work: (deps: BillingDeps) => Promise<Result>): Promise<Result>;
  /** Reads Stripe with the worker's activity, decides and saves, as the account's workflow does after each event. */
  look(): Promise<{ snapshot: BillingSnapshot; state: AccountState }>;
  /** Moves the customer's test clock, and waits until all that is due by then is done. */
  advance(to: string): Promise<void>;
  customer(): Promise<string>;
}

export interface ContractShop {
  stripe: Stripe;
  catalog: Catalog;
  activities: ReturnType<typeof createStripeActivities>;
  /**
   * @param card a token of Stripe's documentation, which becomes the default. Default: none.
   * @param atStripe `false`: the account's first purchase makes the customer, without a test clock. Default: true.
   */
  open(options?: { card?: string; atStripe?: boolean }): Promise<ContractAccount>;
  /** Removes from Stripe what can be removed, and archives the rest. */
  close(): Promise<void>;
}

/** Opens a shop with a catalog of its own at Stripe, whose prices and names carry the run's id. */
export async function openContractShop(): Promise<ContractShop> {
  const { secretKey, apiBase, databaseUrl, runId: run } = inject('contractStripe');
  // Several files share a run.
  const runId = `${run}-${randomUUID().slice(0, 4)}`;
  const stripe = createStripe(secretKey, apiBase ?? undefined);
  const prisma = createPrisma(databaseUrl, { maxConnections: 4 });
  const catalog = catalogOf(runId);
  const prices = await syncCatalog(stripe, catalog);
  const activities = createStripeActivities({ stripe, catalog, money: createMoneyTables({ prisma }) });
  const clocks: string[] = [];
  const customers: string[] = [];

  return {
    stripe,
    catalog,
    activities,
    async open({ card, atStripe = true } = {}) {
      const id = `${runId}-${randomUUID().slice(0, 8)}`;
      const startsAt = Math.floor(Date.now() / 1_000);
      let clockId: string | null = null;
      let customerId: string | null = null;
      if (atStripe) {
        const clock = await stripe.testHelpers.testClocks.create({ frozen_time: startsAt, name: id });
        clocks.push(clock.id);
        const made = await stripe.customers.create({
          test_clock: clock.id,
          name: id,
          email: `${id}@leasehold.test`,
          metadata: { account_id: id },
        });
        clockId = clock.id;
        customerId = made.id;
        if (card !== undefined) {
          const method = await stripe.paymentMethods.attach(card, { customer: made.id });
          await stripe.customers.update(made.id, { invoice_settings: { default_payment_method: method.id } });
        }
      }
      const account = await openContractAccount({ stripe, prisma, catalog, activities }, { id, customerId, clockId });
      return {
        ...account,
        async customer() {
          const found = await account.customer();
          if (!atStripe && !customers.includes(found)) customers.push(found);
          return found;
        },
      };
    },
    async close() {
      // What can't be removed keeps nothing else from it.
      const done: PromiseSettledResult<unknown>[] = [];
      for (const id of clocks) done.push(...(await Promise.allSettled([stripe.testHelpers.testClocks.del(id)])));
      for (const id of customers) done.push(...(await Promise.allSettled([stripe.customers.del(id)])));
      done.push(...(await Promise.allSettled([archive(stripe, catalog, [...prices.values()])])));
      await prisma.$disconnect();
      const failed = done.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
      if (failed.length > 0) throw new AggregateError(failed, `Left at Stripe: what is named after ${runId}.`);
    },
  };
}

async function openContractAccount(
  deps: {
    stripe: Stripe;
    prisma: PrismaClient;
    catalog: Catalog;
    activities: ReturnType<typeof createStripeActivities>;
  },
  { id, customerId, clockId }: { id: string; customerId: string | null; clockId: string | null },
): Promise<ContractAccount> {
  const { stripe, prisma, catalog, activities } = deps;
  const { saveAccount, claimCustomer } = createReadModelActivities({ prisma });
  await prisma.user.create({ data: { id, name: id, email: `${id}@leasehold.test`, emailVerified: true } });
  const now = async () => {
    if (clockId === null) return new Date().toISOString();
    const { frozen_time } = await stripe.testHelpers.testClocks.retrieve(clockId);
    return new Date(frozen_time * 1_000).toISOString();
  };

  let state = openAccount(
    { accountId: id, ownerUserId: id, stripeCustomerId: customerId, workspaces: [] },
    await now(),
    catalog,
  );
  async function save(next: AccountState, at: string): Promise<void> {
    state = { ...next, version: state.version + 1 };
    await saveAccount({
      state,
      view: viewOf(state, at),
      happened: [],
      nextDeadline: null,
      actedOn: { eventIds: [], outcome: 'looked' },
    });
  }
  await save(state, await now());

  const asked: AskedAccount = {
    accountId: id,
    audience: 'personal',
    userId: id,
    organisationId: null,
    isHeld: false,
    role: 'owner',
  };
  const bill = createWithBilling({
    stripe,
    catalog,
    prisma,
    readModel: createReadModel(prisma),
    takeTurn: createTakeTurn(prisma),
    webOrigin: 'http://127.0.0.1:4310',
    // Of all commands only the one that joins a customer is given here, and this is what the account's workflow does with it.
    async sendCommand(accountId, _update, command) {
      const { stripeCustomerId } = command as unknown as { stripeCustomerId: string };
      await claimCustomer({ accountId, stripeCustomerId });
      await save({ ...state, stripeCustomerId }, await now());
      return { version: state.version };
    },
  });

  return {
    id,
    asked,
    bill,
    command: (name, key = randomUUID()) => billingCommand(asked, name, key),
    async look() {
      const at = await now();
      const { snapshot } = await activities.readBilling({ stripeCustomerId: state.stripeCustomerId, now: at });
      await save(decide(state, snapshot, at, catalog).state, at);
      return { snapshot, state };
    },
    async advance(to) {
      if (clockId === null) throw new Error(`${id} lives in wall time.`);
      await stripe.testHelpers.testClocks.advance(clockId, { frozen_time: Math.ceil(Date.parse(to) / 1_000) });
      const giveUpAt = Date.now() + ADVANCED_WITHIN_MS;
      for (;;) {
        const { status } = await stripe.testHelpers.testClocks.retrieve(clockId);
        if (status === 'ready') return;
        if (status === 'internal_failure') throw new Error(`Stripe could not advance ${clockId}.`);
        if (Date.now() > giveUpAt) throw new Error(`${clockId} is still ${status}.`);
        await delay(500);
      }
    },
    async customer() {
      if (state.stripeCustomerId === null) throw new Error(`${id} is not known at Stripe.`);
      return state.stripeCustomerId;
    },
  };
}

/** A catalog that shares nothing with others at the same Stripe. */
function catalogOf(runId: string): Catalog {
  const price = (of: string, cents: number, interval: 'month' | 'year' = 'month') =>
    aPrice(of, cents, { interval, lookupKey: `${runId}_${of}_${interval}` });
  const trial = aPlan({
    id: 'tryout',
    name: `Tryout ${runId}`,
    prices: [price('tryout', 1900)],
    trialDays: 14,
    pool: { ...TEAM_SIZE, workspaces: 1 },
  });
  const team = aPlan({
    id: 'team',
    name: `Team ${runId}`,
    prices: [price('team', 2900), price('team', 29_000, 'year')],
    pool: { ...TEAM_SIZE, workspaces: 1 },
  });
  const studio = aPlan({
    id: 'studio',
    name: `Studio ${runId}`,
    prices: [price('studio', 9900)],
    pool: { ...STUDIO_SIZE, workspaces: 1 },
  });
  return aCatalog({
    id: runId,
    name: `Contracts ${runId}`,
    plans: [aPlan({ id: 'free', name: 'Free', pool: { ...FREE_SIZE, workspaces: 1 } }), trial, team, studio],
    addOns: [anAddOn({ name: `Micro ${runId}`, prices: [price('micro', 500), price('micro', 5000, 'year')] })],
  });
}

/** Prices, products and portal configurations can't be deleted at Stripe: they are switched off. */
async function archive(stripe: Stripe, catalog: Catalog, priceIds: string[]): Promise<void> {
  const products = new Set<string>();
  for (const id of priceIds) {
    const { product } = await stripe.prices.update(id, { active: false });
    products.add(typeof product === 'string' ? product : product.id);
  }
  for (const id of products) await stripe.products.update(id, { active: false });
  const { data } = await stripe.billingPortal.configurations.list({ active: true, limit: 100 });
  for (const { id } of data.filter((each) => each.metadata?.leasehold_catalog === catalog.id)) {
    await stripe.billingPortal.configurations.update(id, { active: false });
  }
}
