import { createHmac, randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type Docker from 'dockerode';
import type Stripe from 'stripe';
import { expect, vi } from 'vitest';
import { createDockerClient } from '#activities/workspaces/docker-client.ts';
import type { AccountAnswer } from '#api/answers.ts';
import { createStripe } from '#billing/stripe-client.ts';
import { loadCatalog } from '#catalogs/load.ts';
import { syncCatalog } from '#catalogs/sync/sync.ts';
import type { Audience, Pool } from '#domain/catalog.ts';
import { createPrisma, type PrismaClient } from '#prisma/client.ts';
import { SimulatorControl } from '#stories/simulator-control.ts';
import { TimeDriver } from '#stories/time-driver.ts';
import { WorkspaceProbe } from '#stories/workspace-probe.ts';
import { connectTemporal } from '#workflows/connection.ts';
import {
  SUBSCRIPTION_TASK_QUEUE,
  SUBSCRIPTION_WORKFLOW,
  type SubscriptionInput,
  subscriptionWorkflowId,
} from '#workflows/subscription/messages.ts';
import { callApi } from '../call-api.ts';

const SETTLE_TIMEOUT_MS = 60_000;
const POLL_MS = 100;

/** A customer with an account, as sign-up leaves it: at Stripe with a card, here on the free plan. */
export interface Buyer {
  accountId: string;
  stripeCustomerId: string;
  /** Of a session of the person who owns the account. */
  cookie: string;
  workspaceIds: string[];
  /** The customer's test clock; `null` lives in wall time. */
  clockId: string | null;
}

export interface BuyerOptions {
  /** Default: personal. */
  audience?: Audience;
  /** How many workspaces. Default: none, which is quicker where only numbers are looked at. */
  workspaces?: number;
  /** A card token of Stripe's documentation, or `null` for no card. Default `pm_card_visa`. */
  card?: string | null;
  /** Whether the customer is at Stripe already. Default: yes; a first purchase makes it otherwise. */
  atStripe?: boolean;
  /** Whether the account knows its customer at Stripe. Default: yes; support links it otherwise. */
  linked?: boolean;
  /** Puts the customer on a test clock that is frozen at this instant. */
  clockAt?: string;
}

/** What a first invoice charged. */
export interface Paid {
  amountPaid: number;
  currency: string;
}

/** What an account may use, without the reasons. */
export interface Figures {
  pool: Pool | null;
  limits: Record<string, number>;
  features: Record<string, boolean | string>;
}

/** The numbers and words of what the API shows. */
export function figuresOf({ entitlements: { pool, limits, features } }: Pick<AccountAnswer, 'entitlements'>): Figures {
  return {
    pool: pool && (valuesOf(pool) as unknown as Pool),
    limits: valuesOf(limits),
    features: valuesOf(features),
  };
}

function valuesOf<T>(explained: Record<string, { value: T }>): Record<string, T> {
  return Object.fromEntries(Object.entries(explained).map(([name, { value }]) => [name, value]));
}

/** Buys at Stripe as Checkout and the dashboard do, and reads what came of it as its customers do. */
export interface Shop {
  stripe: Stripe;
  client: Client;
  prisma: PrismaClient;
  simulator: SimulatorControl;
  docker: Docker;
  openAccount(options?: BuyerOptions): Promise<Buyer>;
  /** The id of the price that a sync of the catalog has made, by its lookup key. */
  priceOf(lookupKey: string): Promise<string>;
  /** Subscribes a customer to prices, given by lookup key. */
  buy(buyer: Buyer, ...lookupKeys: string[]): Promise<{ subscription: Stripe.Subscription; paid: Paid }>;
  /** Changes a subscription to another price, given by lookup key or id, and charges the difference at once. */
  change(subscription: Stripe.Subscription, price: string): Promise<Stripe.Subscription>;
  /** Subscribes a customer with what Stripe's API takes. */
  subscribe(
    buyer: Buyer,
    params: Omit<Stripe.SubscriptionCreateParams, 'customer'>,
  ): Promise<{ subscription: Stripe.Subscription; paid: Paid }>;
  /** What the API shows the owner of the account. */
  read(buyer: Buyer): Promise<AccountAnswer>;
  /** Polls what the API shows until it is as expected, and returns it. */
  eventually(buyer: Buyer, expectation: (account: AccountAnswer) => void): Promise<AccountAnswer>;
  /** Looks at a buyer's workspace on Docker, by default at the first one. */
  workspace(buyer: Buyer, index?: number): WorkspaceProbe;
  /** Waits until a buyer's first workspace runs within these limits, as the API shows them and as Docker has them. */
  eventuallyRuns(buyer: Buyer, memoryMb: number, cpus: number): Promise<AccountAnswer>;
  /** Calls the API as the account's owner. */
  call(buyer: Buyer, path: string, init?: RequestInit): Promise<Response>;
  /** Waits until the account has heard all that Stripe has said of its customer. */
  heardAll(buyer: Buyer): Promise<void>;
  /** Moves a buyer on a test clock through time. */
  driverOf(buyer: Buyer): TimeDriver;
  close(): Promise<void>;
}

/**
 * Brings the catalog to the platform's Stripe and opens shop.
 *
 * @param env the environment of the product's processes
 */
export async function openShop(env: Record<string, string>): Promise<Shop> {
  const setting = (name: string): string => {
    const value = env[name];
    if (!value) throw new Error(`The platform has no ${name}.`);
    return value;
  };
  const prisma = createPrisma(setting('DATABASE_URL'), { maxConnections: 4 });
  const client = await connectTemporal(env);
  const stripe = createStripe(setting('STRIPE_SECRET_KEY'), setting('STRIPE_API_BASE'));
  const simulator = new SimulatorControl(setting('STRIPE_API_BASE'));
  const docker = createDockerClient(setting('DOCKER_HOST'));
  await syncCatalog(stripe, loadCatalog(setting('LEASEHOLD_CATALOG'), env));

  const shop: Shop = {
    stripe,
    client,
    prisma,
    simulator,
    docker,

    async openAccount(options = {}) {
      const { audience = 'personal', workspaces = 0, card = 'pm_card_visa', clockAt, atStripe = true } = options;
      const { linked = atStripe } = options;
      const accountId = `buyer-${randomUUID().slice(0, 8)}`;
      const [cookie, { clockId, stripeCustomerId }] = await Promise.all([
        signIn(prisma, accountId, setting('BETTER_AUTH_SECRET')),
        atStripe ? createCustomer(stripe, accountId, card, clockAt) : { clockId: null, stripeCustomerId: '' },
      ]);
      const workspaceIds = Array.from({ length: workspaces }, (_, index) => `${accountId}-${index + 1}`);
      const input: SubscriptionInput = {
        accountId,
        opening: {
          ownerUserId: accountId,
          stripeCustomerId: linked ? stripeCustomerId : null,
          audience,
          workspaces: workspaceIds.map((id) => ({ id, name: id, hostId: setting('LEASEHOLD_HOST_ID') })),
        },
      };
      await client.workflow.start(SUBSCRIPTION_WORKFLOW, {
        workflowId: subscriptionWorkflowId(accountId),
        taskQueue: SUBSCRIPTION_TASK_QUEUE,
        args: [input],
      });
      const buyer: Buyer = { accountId, stripeCustomerId, cookie, workspaceIds, clockId };
      await shop.eventually(buyer, () => undefined);
      return buyer;
    },

    async priceOf(lookupKey) {
      const [price] = (await stripe.prices.list({ lookup_keys: [lookupKey] })).data;
      if (!price) throw new Error(`There is no price ${lookupKey} at Stripe.`);
      return price.id;
    },

    async buy(buyer, ...lookupKeys) {
      const prices = await Promise.all(lookupKeys.map(shop.priceOf));
      return shop.subscribe(buyer, { items: prices.map((price) => ({ price })) });
    },

    async subscribe(buyer, params) {
      const subscription = await stripe.subscriptions.create({
        ...params,
        customer: buyer.stripeCustomerId,
        expand: ['latest_invoice'],
      });
      const invoice = subscription.latest_invoice;
      if (invoice === null || typeof invoice === 'string') throw new Error(`${subscription.id} has no invoice.`);
      return { subscription, paid: { amountPaid: invoice.amount_paid, currency: invoice.currency } };
    },

    async change({ id, items }, price) {
      const [item] = items.data;
      const to = price.startsWith('price_') ? price : await shop.priceOf(price);
      return stripe.subscriptions.update(id, {
        items: [{ ...(item ? { id: item.id } : {}), price: to }],
        proration_behavior: 'always_invoice',
      });
    },

    async read(buyer) {
      const answer = await shop.call(buyer, `/api/v1/accounts/${buyer.accountId}`);
      if (!answer.ok) throw new Error(`The API answered ${answer.status}: ${await answer.text()}`);
      const account = (await answer.json()) as AccountAnswer;
      if (account.accountId !== buyer.accountId) throw new Error(`The API showed ${account.accountId}.`);
      return account;
    },

    eventually: (buyer, expectation) =>
      vi.waitFor(
        async () => {
          const account = await shop.read(buyer);
          expectation(account);
          return account;
        },
        { timeout: SETTLE_TIMEOUT_MS, interval: POLL_MS },
      ),

    workspace: ({ workspaceIds }, index = 0) =>
      new WorkspaceProbe({
        docker,
        prisma,
        workspaceId: workspaceIds[index] ?? '',
        installation: setting('LEASEHOLD_INSTALLATION'),
        internalToken: setting('LEASEHOLD_INTERNAL_TOKEN'),
      }),

    async eventuallyRuns(buyer, memoryMb, cpus) {
      const account = await shop.eventually(buyer, ({ workspaces }) =>
        expect(workspaces[0]).toMatchObject({ status: 'running', size: { memoryMb, cpuPercent: cpus * 100 } }),
      );
      await vi.waitFor(
        async () =>
          expect(await shop.workspace(buyer).container()).toMatchObject({ status: 'running', memoryMb, cpus }),
        { timeout: SETTLE_TIMEOUT_MS, interval: POLL_MS },
      );
      return account;
    },

    call: (buyer, path, init = {}) =>
      callApi(`${setting('LEASEHOLD_API_URL')}${path}`, {
        ...init,
        headers: {
          cookie: buyer.cookie,
          origin: setting('LEASEHOLD_WEB_ORIGIN'),
          ...(init.body ? { 'content-type': 'application/json' } : {}),
        },
      }),

    async heardAll({ stripeCustomerId: customerId }) {
      await simulator.settle(customerId);
      await vi.waitFor(
        async () => {
          const events = await prisma.stripeEvent.findMany({ where: { customerId }, select: { actedAt: true } });
          expect(events.length > 0 && events.every(({ actedAt }) => actedAt !== null)).toBe(true);
        },
        { timeout: SETTLE_TIMEOUT_MS, interval: POLL_MS },
      );
    },

    driverOf({ accountId, stripeCustomerId, clockId }) {
      if (clockId === null) throw new Error(`${accountId} lives in wall time.`);
      return new TimeDriver({ client, prisma, simulator, accountId, stripeCustomerId, clockId });
    },

    async close() {
      await client.connection.close();
      await prisma.$disconnect();
    },
  };
  return shop;
}

/** A monthly price as somebody makes it in Stripe's dashboard, without us. */
export async function priceByHand(
  stripe: Stripe,
  amount: number,
  metadata: Record<string, string> = {},
): Promise<string> {
  const product = await stripe.products.create({ name: 'By hand' });
  const price = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount: amount,
    recurring: { interval: 'month' },
    metadata,
  });
  return price.id;
}

async function createCustomer(
  stripe: Stripe,
  accountId: string,
  card: string | null,
  clockAt: string | undefined,
): Promise<Pick<Buyer, 'stripeCustomerId' | 'clockId'>> {
  const clock =
    clockAt === undefined
      ? null
      : await stripe.testHelpers.testClocks.create({ frozen_time: Date.parse(clockAt) / 1000, name: accountId });
  const { id } = await stripe.customers.create({
    metadata: { account_id: accountId },
    ...(clock ? { test_clock: clock.id } : {}),
  });
  if (card !== null) {
    const method = await stripe.paymentMethods.attach(card, { customer: id });
    await stripe.customers.update(id, { invoice_settings: { default_payment_method: method.id } });
  }
  return { stripeCustomerId: id, clockId: clock?.id ?? null };
}

/** A person with a session of better-auth's, and its cookie as the API signs it. */
async function signIn(prisma: PrismaClient, userId: string, secret: string): Promise<string> {
  const token = randomUUID();
  await prisma.user.create({
    data: {
      id: userId,
      name: 'A buyer',
      email: `${userId}@leasehold.test`,
      emailVerified: true,
      sessions: { create: { id: randomUUID(), token, expiresAt: new Date(Date.now() + 3_600_000) } },
    },
  });
  const signature = createHmac('sha256', secret).update(token).digest('base64');
  return `leasehold.session_token=${encodeURIComponent(`${token}.${signature}`)}`;
}
