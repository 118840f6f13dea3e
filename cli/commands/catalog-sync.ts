import { Command } from 'commander';
import type Stripe from 'stripe';
import { createStripe } from '#billing/stripe-client.ts';
import { CatalogInvalid } from '#catalogs/catalog-invalid.ts';
import { loadCatalog } from '#catalogs/load.ts';
import { applySync } from '#catalogs/sync/apply.ts';
import { planSync, type SyncPlan, SyncRefused } from '#catalogs/sync/plan.ts';
import { readPresent } from '#catalogs/sync/present.ts';
import { CustomersStranded, refuseStranded } from '#catalogs/sync/stranded.ts';
import type { Catalog } from '#domain/catalog.ts';
import { attachPlatform } from '#platform/attach.ts';
import { PlatformError } from '#platform/platform-error.ts';
import { createPrisma } from '#prisma/client.ts';
import { stateFolder } from '../state-folder.ts';

/** `leasehold catalog diff`: what a sync would do. Exit status 0, whether or not there is a difference. */
export function catalogDiffCommand(): Command {
  return new Command('diff')
    .description('Show what `catalog sync` would change at Stripe. Changes nothing.')
    .argument('<file>', 'the catalog, for example catalogs/2bot.yaml')
    .action((file: string) => withPlan(file, async ({ plan }) => printPlan(plan)));
}

/** `leasehold catalog sync`: products, prices, meters and the portal at Stripe become what the catalog says. */
export function catalogSyncCommand(): Command {
  return new Command('sync')
    .description('Show the difference between a catalog and Stripe, then bring Stripe to the catalog. Deletes nothing.')
    .argument('<file>', 'the catalog, for example catalogs/2bot.yaml')
    .action((file: string) =>
      withPlan(file, async ({ stripe, catalog, plan }) => {
        printPlan(plan);
        if (plan.steps.length === 0) return;
        let done = 0;
        try {
          await applySync(stripe, catalog, plan.steps, () => {
            done += 1;
          });
        } finally {
          console.log(`${done} of ${plan.steps.length} done.`);
        }
      }),
    );
}

interface Planned {
  stripe: Stripe;
  catalog: Catalog;
  plan: SyncPlan;
}

async function withPlan(file: string, use: (planned: Planned) => Promise<void>): Promise<void> {
  try {
    const catalog = loadCatalog(file, process.env);
    const { stripe, where, databaseUrl } = await surroundings();
    console.log(`${catalog.name} (${file}) and ${where}:`);
    if (databaseUrl === undefined) {
      console.log('Whether accounts have plans that it lacks was not checked: there is no DATABASE_URL.');
    } else refuseStranded(catalog, await accountsByPlan(databaseUrl));
    const plan = planSync(catalog, await readPresent(stripe, catalog));
    await use({ stripe, catalog, plan });
  } catch (error) {
    if (error instanceof CatalogInvalid || error instanceof SyncRefused || error instanceof CustomersStranded) {
      throw new PlatformError(error.message);
    }
    throw error;
  }
}

/** Stripe and the database of the environment, or else of the platform that runs here. */
async function surroundings(): Promise<{ stripe: Stripe; where: string; databaseUrl: string | undefined }> {
  const platform = await attachPlatform(stateFolder(process.env));
  const env = process.env.STRIPE_SECRET_KEY ? process.env : platform?.env;
  const key = env?.STRIPE_SECRET_KEY;
  if (!env || !key) {
    throw new PlatformError(
      'There is no Stripe to look at. Set STRIPE_SECRET_KEY (and STRIPE_API_BASE for a simulator), or start the platform with `npm start` and try again.',
    );
  }
  const base = env.STRIPE_API_BASE;
  const where = base ? `the Stripe simulator at ${base}` : `Stripe (${key.includes('_live_') ? 'live' : 'test'} mode)`;
  return {
    stripe: createStripe(key, base || undefined),
    where,
    databaseUrl: process.env.DATABASE_URL || platform?.env.DATABASE_URL,
  };
}

async function accountsByPlan(databaseUrl: string): Promise<Map<string, number>> {
  const prisma = createPrisma(databaseUrl, { maxConnections: 1 });
  try {
    const groups = await prisma.account.groupBy({ by: ['planId'], _count: { _all: true } });
    return new Map(groups.map(({ planId, _count }) => [planId, _count._all]));
  } finally {
    await prisma.$disconnect();
  }
}

function printPlan({ steps, notes }: SyncPlan): void {
  for (const note of notes) console.log(`! ${note}`);
  for (const { says } of steps) console.log(says);
  if (steps.length === 0) console.log('nothing to do');
}
