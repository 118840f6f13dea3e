import { createDockerClient } from '#activities/workspaces/docker-client.ts';
import { createStripe } from '#billing/stripe-client.ts';
import { loadCatalog } from '#catalogs/load.ts';
import { syncCatalog } from '#catalogs/sync/sync.ts';
import { createPrisma } from '#prisma/client.ts';
import { connectTemporal } from '#workflows/connection.ts';
import { type Aftermath, inspect } from './aftermath.ts';
import { type AttackOptions, type AttackResult, attack } from './attack.ts';
import type { Description } from './doors.ts';
import { openVictims } from './victims.ts';

export interface HostileOptions extends AttackOptions {
  accounts: number;
  note?(line: string): void;
}

export interface Report extends AttackResult {
  aftermath: Aftermath;
}

/** Opens accounts on a platform, sends hostile requests and messages, and looks at what is left. Failures are all in one list. */
export async function runHostile(
  env: Record<string, string>,
  { accounts, note = () => undefined, ...options }: HostileOptions,
): Promise<Report> {
  const prisma = createPrisma(env.DATABASE_URL ?? '', { maxConnections: 4 });
  const client = await connectTemporal(env);
  const deps = { env, prisma, client, docker: createDockerClient(env.DOCKER_HOST ?? '') };
  try {
    // Without prices nothing could be bought.
    const stripe = createStripe(env.STRIPE_SECRET_KEY ?? '', env.STRIPE_API_BASE);
    await syncCatalog(stripe, loadCatalog(env.LEASEHOLD_CATALOG ?? 'catalogs/demo.yaml', env));
    const victims = await openVictims(deps, accounts);
    note(`${victims.length} accounts are open. ${options.count} requests and messages are sent …`);
    const answer = await fetch(`${env.LEASEHOLD_API_URL}/api/v1/openapi.json`, {
      headers: { cookie: victims[0]?.cookie ?? '' },
    });
    const result = await attack(deps, victims, (await answer.json()) as Description, options);
    note('A hold is placed on each account …');
    const aftermath = await inspect(deps, victims);
    return { ...result, failures: [...result.failures, ...aftermath.failures], aftermath };
  } finally {
    await client.connection.close();
    await prisma.$disconnect();
  }
}
