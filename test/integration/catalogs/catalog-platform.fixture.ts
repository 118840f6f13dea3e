import type Stripe from 'stripe';
import { createStripe } from '#billing/stripe-client.ts';
import { attachPlatform, type PlatformHandle } from '#platform/attach.ts';
import { startPlatform } from '#platform/start.ts';
import { laneNumber, platformEnv } from '#test/lane.ts';
import { onSharedEngines, TEST_PACE } from '#test/shared-engines.ts';
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
 * PostgreSQL, Temporal, the mail catcher and the Docker engine are those of the lane's platform.
 */
export async function startCatalogPlatform(options: CatalogPlatformOptions): Promise<CatalogPlatform> {
  const stateDir = makeStateFolder();
  const { given, extraEnv } = await onSharedEngines(platformEnv());
  const platform = await startPlatform({
    stateDir,
    ports: 'free',
    without: ['web', 'demo', 'temporal-ui', 'worker', 'api'],
    given,
    extraEnv: {
      ...extraEnv,
      ...TEST_PACE,
      // With thousands of objects the file would be most of its work; nobody kills it here.
      STRIPE_SIMULATOR_STATE: 'memory',
      LEASEHOLD_SUBNET_POOL: `10.${180 + laneNumber()}.0.0/16`,
      LEASEHOLD_CATALOG: options.catalog,
      LEASEHOLD_HOST_MEMORY_MB: String(options.hostMemoryMb),
      LEASEHOLD_HOST_CPU_PERCENT: String(options.hostCpuPercent),
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
