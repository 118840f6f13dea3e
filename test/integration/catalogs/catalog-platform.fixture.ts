import { randomUUID } from 'node:crypto';
import type Stripe from 'stripe';
import { inject } from 'vitest';
import { createStripe } from '#billing/stripe-client.ts';
import { attachPlatform, type PlatformHandle } from '#platform/attach.ts';
import { withDatabase } from '#platform/parts/postgres.ts';
import { ensureNamespace } from '#platform/parts/temporal-namespace.ts';
import { startPlatform } from '#platform/start.ts';
import { discardPlatform, makeStateFolder } from '#test/throwaway-platform.ts';

export interface CatalogPlatformOptions {
  /** File of the catalog, for example `catalogs/2bot.yaml`. */
  catalog: string;
  /** What the host of the workspaces says it has. Docker accepts limits far beyond what is there. */
  hostMemoryMb: number;
  hostCpuPercent: number;
  /** Settings that win over all others. */
  env?: Record<string, string>;
  /** Makes at Stripe what was there before us, and returns the settings that name it. Runs before worker and API start. */
  before?: (stripe: Stripe) => Promise<Record<string, string>>;
}

export interface CatalogPlatform {
  platform: PlatformHandle;
  /** Stops it and removes what it made. */
  discard(): Promise<void>;
}

/**
 * A platform that runs one catalog: worker, API and Stripe simulator of its own, on a database and a namespace of its own.
 * PostgreSQL, Temporal, the mail catcher and the Docker engine are those of the tests' shared platform.
 */
export async function startCatalogPlatform(options: CatalogPlatformOptions): Promise<CatalogPlatform> {
  const stateDir = makeStateFolder();
  const platform = await startPlatform({
    stateDir,
    ports: 'free',
    without: ['web', 'demo', 'temporal-ui', 'worker', 'api'],
    given: await placeOnSharedEngines(),
    extraEnv: {
      LEASEHOLD_CATALOG: options.catalog,
      LEASEHOLD_HOST_MEMORY_MB: String(options.hostMemoryMb),
      LEASEHOLD_HOST_CPU_PERCENT: String(options.hostCpuPercent),
      LEASEHOLD_MAIL_URL: inject('platformEnv').LEASEHOLD_MAIL_URL ?? '',
      ...options.env,
    },
    onNotice: (sentence) => process.stderr.write(`${sentence}\n`),
  });
  const stripe = createStripe(platform.env.STRIPE_SECRET_KEY ?? '', platform.env.STRIPE_API_BASE);
  Object.assign(platform.env, await options.before?.(stripe));
  await Promise.all([platform.startPart('worker'), platform.startPart('api')]);
  const handle = await attachPlatform(stateDir);
  if (!handle) throw new Error('The platform that was started is gone.');
  return { platform: handle, discard: () => discardPlatform(platform, stateDir) };
}

/** What a platform is given to live on the engines of the tests' shared platform, with a database and a namespace of its own. */
export async function placeOnSharedEngines(): Promise<Record<string, string | undefined>> {
  const shared = inject('platformEnv');
  const own = `catalog_${randomUUID().slice(0, 8)}`;
  const [databaseUrl] = await Promise.all([
    createDatabase(shared.DATABASE_URL ?? '', own),
    ensureNamespace(shared.TEMPORAL_ADDRESS ?? '', own),
  ]);
  return {
    DATABASE_URL: databaseUrl,
    DOCKER_HOST: shared.DOCKER_HOST,
    SMTP_URL: shared.SMTP_URL,
    TEMPORAL_ADDRESS: shared.TEMPORAL_ADDRESS,
    TEMPORAL_NAMESPACE: own,
  };
}

async function createDatabase(serverUrl: string, name: string): Promise<string> {
  await withDatabase(serverUrl, (client) => client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`));
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
