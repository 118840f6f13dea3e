import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type Docker from 'dockerode';
import type Stripe from 'stripe';
import { createDockerClient } from '#activities/workspaces/docker-client.ts';
import { createStripe } from '#billing/stripe-client.ts';
import { loadCatalog } from '#catalogs/load.ts';
import type { Catalog } from '#domain/catalog.ts';
import type { PlatformHandle } from '#platform/attach.ts';
import { type SeededCustomer, seedCustomer } from '#platform/seed-customer.ts';
import { createPrisma, type PrismaClient } from '#prisma/client.ts';
import { connectTemporal } from '#workflows/connection.ts';
import { Mailbox } from './mailbox.ts';
import { removeAccount } from './remove-account.ts';
import { SimulatorControl } from './simulator-control.ts';
import { TimeDriver } from './time-driver.ts';
import { WorkspaceProbe } from './workspace-probe.ts';

/** The real parts that a story plays on, and a customer of its own. */
export interface Stage {
  platform: PlatformHandle;
  client: Client;
  prisma: PrismaClient;
  stripe: Stripe;
  simulator: SimulatorControl;
  docker: Docker;
  catalog: Catalog;
  customer: SeededCustomer;
  driver: TimeDriver;
  mailbox: Mailbox;
  workspace: WorkspaceProbe;
  close(): Promise<void>;
}

export interface StageOptions {
  /**
   * Engines by host: the workspace goes where most is free, and is looked at on the engine of that host. Default: the
   * platform's own host and engine.
   */
  engines?: Record<string, Docker>;
}

/** Opens a stage on a running platform with a new customer on the first paid plan, whose workspace runs. */
export async function openStage(platform: PlatformHandle, { engines }: StageOptions = {}): Promise<Stage> {
  const { env } = platform;
  const prisma = createPrisma(setting(env, 'DATABASE_URL'), { maxConnections: 2 });
  const client = await connectTemporal(env);
  const simulatorBase = setting(env, 'STRIPE_API_BASE');
  const stripe = createStripe(setting(env, 'STRIPE_SECRET_KEY'), simulatorBase);
  const catalog = loadCatalog(setting(env, 'LEASEHOLD_CATALOG'), env);

  const name = `story-${randomUUID().slice(0, 8)}`;
  const email = `${name}@leasehold.test`;
  const owner = await prisma.user.create({ data: { id: name, name: 'A customer in a story', email } });
  const customer = await seedCustomer(
    { prisma, stripe, client, catalog },
    {
      accountId: name,
      ownerUserId: owner.id,
      ...(engines ? {} : { hostId: setting(env, 'LEASEHOLD_HOST_ID') }),
      workspaceName: 'main',
      card: 'pm_card_visa',
    },
  );
  const docker = engines?.[customer.hostId] ?? createDockerClient(setting(env, 'DOCKER_HOST'));
  const simulator = new SimulatorControl(simulatorBase);
  const driver = new TimeDriver({
    client,
    prisma,
    simulator,
    accountId: customer.accountId,
    stripeCustomerId: customer.stripeCustomerId,
    clockId: customer.clockId,
  });
  return {
    platform,
    client,
    prisma,
    stripe,
    simulator,
    docker,
    catalog,
    customer,
    driver,
    mailbox: new Mailbox(setting(env, 'LEASEHOLD_MAIL_URL'), email),
    workspace: new WorkspaceProbe({
      docker,
      prisma,
      workspaceId: customer.workspaceId,
      installation: setting(env, 'LEASEHOLD_INSTALLATION'),
      internalToken: setting(env, 'LEASEHOLD_INTERNAL_TOKEN'),
    }),
    async close() {
      await client.connection.close();
      await prisma.$disconnect();
    },
  };
}

/** Plays on a stage of its own. However it ends, its customer is removed: the platform may be one that people use. */
export async function onStage<Result>(
  platform: PlatformHandle,
  play: (stage: Stage) => Promise<Result>,
): Promise<Result> {
  const stage = await openStage(platform);
  try {
    return await play(stage);
  } finally {
    await clear(stage);
  }
}

/** Removes the customer of a stage and closes it; what Temporal recorded of it stays to be looked at. */
export async function clear(stage: Stage): Promise<void> {
  try {
    // By way of the platform's engine: a workspace that was moved is there.
    const docker = createDockerClient(setting(stage.platform.env, 'DOCKER_HOST'));
    await removeAccount({ ...stage, docker }, stage.customer.accountId);
  } finally {
    await stage.close();
  }
}

function setting(env: Record<string, string>, name: string): string {
  const value = env[name];
  if (!value)
    throw new Error(`A story needs ${name}; the running platform does not have it. Stories run on the simulator.`);
  return value;
}
