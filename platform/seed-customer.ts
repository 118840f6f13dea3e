import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type Stripe from 'stripe';
import { syncCatalog } from '#catalogs/sync/sync.ts';
import { SMALLEST_SIZE } from '#domain/allocation.ts';
import { type Audience, type Catalog, firstPaidPlanOf, freePlanOf, type Plan, planOf } from '#domain/catalog.ts';
import { DEFAULT_CPU_OVERCOMMIT, place } from '#domain/placement.ts';
import type { PrismaClient } from '#prisma/client.ts';
import { reserveHost } from '#prisma/reservations.ts';
import {
  SUBSCRIPTION_TASK_QUEUE,
  SUBSCRIPTION_WORKFLOW,
  type SubscriptionInput,
  subscriptionWorkflowId,
} from '#workflows/subscription/messages.ts';
import { PlatformError } from './platform-error.ts';
import { poll } from './poll.ts';

const READABLE_WITHIN_MS = 60_000;

export interface SeedDeps {
  prisma: PrismaClient;
  stripe: Stripe;
  client: Client;
  catalog: Catalog;
}

export interface SeedOptions {
  accountId: string;
  ownerUserId: string;
  /** The host of the one workspace. Default: the one with most room. */
  hostId?: string;
  workspaceName: string;
  /** Default: personal. */
  audience?: Audience;
  /** Default: the audience's first plan that can be bought. */
  planId?: string;
  /** A card token of Stripe's documentation, for example `pm_card_visa`. */
  card: string;
}

export interface SeededCustomer {
  accountId: string;
  /** Where the workspace goes. */
  hostId: string;
  workspaceId: string;
  stripeCustomerId: string;
  clockId: string;
  subscriptionId: string;
}

/**
 * A customer as the demo and the stories need one: on a test clock, with a card and the catalog's first paid plan, and
 * an account whose workflow runs.
 */
export async function seedCustomer(deps: SeedDeps, options: SeedOptions): Promise<SeededCustomer> {
  const { prisma, stripe, catalog } = deps;
  const { accountId, ownerUserId, planId, audience = 'personal' } = options;
  const plan = planId === undefined ? firstPaidPlanOf(catalog, audience) : planOf(catalog, planId);
  // Without one the account's workflow could not begin.
  freePlanOf(catalog, audience);
  // A test clock starts now, in whole seconds, never ahead of the workflow's time.
  const startsAt = Math.floor(Date.now() / 1000);
  const key = (step: string) => ({ idempotencyKey: `seed/${accountId}/${startsAt}/${step}` });
  const prices = await syncCatalog(stripe, catalog);
  const price = plan.prices.map((each) => prices.get(each.lookupKey))[0];
  if (!price) throw new Error(`Plan ${plan.id} of catalog ${catalog.id} has no price to subscribe a customer to.`);

  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: startsAt, name: accountId }, key('clock'));
  const customer = await stripe.customers.create(
    { test_clock: clock.id, metadata: { account_id: accountId } },
    key('customer'),
  );
  const card = await stripe.paymentMethods.attach(options.card, { customer: customer.id }, key('card'));
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: card.id } }, key('default'));
  const subscription = await stripe.subscriptions.create(
    { customer: customer.id, items: [{ price }] },
    key('subscription'),
  );

  const workspaceId = `${accountId}-main`;
  const hostId = options.hostId ?? (await roomFor(prisma, workspaceId, plan));
  await openSeeded(deps, {
    accountId,
    opening: {
      ownerUserId,
      stripeCustomerId: customer.id,
      audience,
      workspaces: [{ id: workspaceId, name: options.workspaceName, hostId }],
    },
  });
  return {
    accountId,
    hostId,
    workspaceId,
    stripeCustomerId: customer.id,
    clockId: clock.id,
    subscriptionId: subscription.id,
  };
}

/**
 * Opens an account beside the API, or leaves the one that runs as it is, and waits until it can be read: its first step
 * writes it.
 *
 * @throws PlatformError when it can't be read within a minute
 */
export async function openSeeded(
  { prisma, client }: Pick<SeedDeps, 'prisma' | 'client'>,
  input: SubscriptionInput,
): Promise<void> {
  try {
    await client.workflow.start(SUBSCRIPTION_WORKFLOW, {
      workflowId: subscriptionWorkflowId(input.accountId),
      taskQueue: SUBSCRIPTION_TASK_QUEUE,
      args: [input],
      staticSummary: `Subscription of account ${input.accountId}`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
  const where = { id: input.accountId };
  const isThere = async () => (await prisma.account.count({ where })) > 0;
  if (!(await poll(isThere, { timeoutMs: READABLE_WITHIN_MS })))
    throw new PlatformError(
      `The account ${input.accountId} was opened and can't be read after ${READABLE_WITHIN_MS / 1000} s: see "leasehold logs worker".`,
    );
}

/** A host with room for a first workspace on a plan, reserved. Throws PlatformError where there is none. */
export async function roomFor(prisma: PrismaClient, workspaceId: string, plan: Plan): Promise<string> {
  const size = plan.defaultAllocation ?? plan.pool ?? SMALLEST_SIZE;
  const { memoryMb, cpuPercent } = size;
  const placed = await reserveHost(prisma, { workspaceId, memoryMb, cpuPercent }, (hosts) =>
    place(hosts, { size }, new Date().toISOString(), { cpuOvercommit: DEFAULT_CPU_OVERCOMMIT }),
  );
  if (placed.hostId === null) throw new PlatformError(placed.refusal);
  return placed.hostId;
}
