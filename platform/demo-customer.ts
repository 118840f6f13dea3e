import { createStripe } from '#billing/stripe-client.ts';
import { loadCatalog } from '#catalogs/load.ts';
import { createPrisma } from '#prisma/client.ts';
import { SimulatorControl } from '#stories/simulator-control.ts';
import { connectTemporal } from '#workflows/connection.ts';
import { seedCustomer } from './seed-customer.ts';

export const DEMO_EMAIL = 'demo@leasehold.test';
export const DEMO_ACCOUNT_ID = 'demo';

/**
 * The customer that `npm start` ends with: a paid plan, a good card and a running workspace. Does nothing when it exists.
 *
 * @param env the environment of the product's processes
 */
export async function ensureDemoCustomer(env: Record<string, string>): Promise<void> {
  const { DATABASE_URL = '', STRIPE_SECRET_KEY = '', STRIPE_API_BASE, LEASEHOLD_CATALOG = '' } = env;
  const prisma = createPrisma(DATABASE_URL, { maxConnections: 1 });
  try {
    if (await prisma.account.findUnique({ where: { id: DEMO_ACCOUNT_ID }, select: { id: true } })) return;
    const owner = await prisma.user.findUniqueOrThrow({ where: { email: DEMO_EMAIL }, select: { id: true } });
    const client = await connectTemporal(env);
    try {
      const seeded = await seedCustomer(
        {
          prisma,
          stripe: createStripe(STRIPE_SECRET_KEY, STRIPE_API_BASE),
          client,
          catalog: loadCatalog(LEASEHOLD_CATALOG, env),
        },
        {
          accountId: DEMO_ACCOUNT_ID,
          ownerUserId: owner.id,
          workspaceName: 'main',
          card: 'pm_card_visa',
        },
      );
      // Between fast-forwards the demo's time flows like everybody's.
      if (STRIPE_API_BASE) await new SimulatorControl(STRIPE_API_BASE).tick(seeded.clockId, true);
    } finally {
      await client.connection.close();
    }
  } finally {
    await prisma.$disconnect();
  }
}
