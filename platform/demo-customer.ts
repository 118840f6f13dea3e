import { createStripe } from '#billing/stripe-client.ts';
import { loadCatalog } from '#catalogs/load.ts';
import { freePlanOf } from '#domain/catalog.ts';
import { createPrisma } from '#prisma/client.ts';
import { SimulatorControl } from '#stories/simulator-control.ts';
import { connectTemporal } from '#workflows/connection.ts';
import { openSeeded, roomFor, seedCustomer } from './seed-customer.ts';

export const DEMO_EMAIL = 'demo@leasehold.test';
export const DEMO_ACCOUNT_ID = 'demo';
const WORKSPACE_NAME = 'main';

/**
 * The customer that `npm start` ends with: a paid plan, a good card and a running workspace; while billing is off, the free
 * plan. Does nothing when it exists.
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
      const catalog = loadCatalog(LEASEHOLD_CATALOG, env);
      if (!STRIPE_SECRET_KEY) {
        const workspaceId = `${DEMO_ACCOUNT_ID}-main`;
        const free = freePlanOf(catalog, 'personal');
        await openSeeded(
          { prisma, client },
          {
            accountId: DEMO_ACCOUNT_ID,
            opening: {
              ownerUserId: owner.id,
              stripeCustomerId: null,
              workspaces: free.pool?.workspaces
                ? [{ id: workspaceId, name: WORKSPACE_NAME, hostId: await roomFor(prisma, workspaceId, free) }]
                : [],
            },
          },
        );
        return;
      }
      const seeded = await seedCustomer(
        { prisma, stripe: createStripe(STRIPE_SECRET_KEY, STRIPE_API_BASE), client, catalog },
        {
          accountId: DEMO_ACCOUNT_ID,
          ownerUserId: owner.id,
          workspaceName: WORKSPACE_NAME,
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
