import type { Client } from '@temporalio/client';
import type Stripe from 'stripe';
import { createStripe } from '#billing/stripe-client.ts';
import { attachPlatform } from '#platform/attach.ts';
import { PlatformError } from '#platform/platform-error.ts';
import { createPrisma, type PrismaClient } from '#prisma/client.ts';
import { SimulatorControl } from '#stories/simulator-control.ts';
import { connectTemporal } from '#workflows/connection.ts';
import { stateFolder } from './state-folder.ts';

/** An account of the running platform and its customer in the simulator. */
export interface SimulatedCustomer {
  stripe: Stripe;
  simulator: SimulatorControl;
  client: Client;
  prisma: PrismaClient;
  stripeCustomerId: string;
  /** The customer's test clock. */
  clockId: string;
}

/**
 * Finds an account's customer in the simulator, hands it to `use`, and closes the connections again.
 *
 * @throws PlatformError when nothing runs, a real key is set, there is no such account, or its customer has no test clock
 */
export async function withSimulatedCustomer(
  accountId: string,
  use: (customer: SimulatedCustomer) => Promise<void>,
): Promise<void> {
  const platform = await attachPlatform(stateFolder(process.env));
  if (!platform) throw new PlatformError('Nothing runs here. Start it with `npm start`, then try again.');
  const { env } = platform;
  const base = env.STRIPE_API_BASE;
  if (!base)
    throw new PlatformError('This works on the Stripe simulator only, which is not what the running platform has.');
  const prisma = createPrisma(env.DATABASE_URL ?? '', { maxConnections: 1 });
  const client = await connectTemporal(env);
  try {
    const account = await prisma.account.findUnique({ where: { id: accountId } });
    if (!account?.stripeCustomerId)
      throw new PlatformError(`There is no account ${accountId} with a customer at Stripe.`);
    const { stripeCustomerId } = account;
    const stripe = createStripe(env.STRIPE_SECRET_KEY ?? '', base);
    const customer = await stripe.customers.retrieve(stripeCustomerId);
    const clock = customer.deleted ? null : customer.test_clock;
    const clockId = typeof clock === 'string' ? clock : clock?.id;
    if (!clockId) throw new PlatformError(`The customer of account ${accountId} is not on a test clock.`);
    await use({ stripe, simulator: new SimulatorControl(base), client, prisma, stripeCustomerId, clockId });
  } finally {
    await client.connection.close();
    await prisma.$disconnect();
  }
}
