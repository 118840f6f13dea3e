import { randomBytes } from 'node:crypto';
import type { TestProject } from 'vitest/node';
import { startPlatform } from '#platform/start.ts';
import { discardPlatform, makeStateFolder, sweepAbandonedPlatforms } from '../throwaway-platform.ts';
import { stripeTestKey, withoutStripe } from './settings.ts';

/** Where the contracts are tried. */
export interface ContractStripe {
  secretKey: string;
  /** `null`: Stripe itself. */
  apiBase: string | null;
  databaseUrl: string;
  /** Names what a run makes at Stripe. */
  runId: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    contractStripe: ContractStripe;
  }
}

/** Gives the contracts a database, and Stripe: the simulator, or with `npm run test:stripe` Stripe itself. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const testKey = stripeTestKey();
  await sweepAbandonedPlatforms();
  const stateDir = makeStateFolder();
  const { DOCKER_HOST: _, ...given } = withoutStripe();
  const platform = await startPlatform({
    stateDir,
    ports: 'free',
    parts: ['postgres', 'migrations', ...(testKey === null ? (['simulator'] as const) : [])],
    given,
    // Nobody hears its webhooks.
    extraEnv: { STRIPE_SIMULATOR_FORWARD_TO: '', STRIPE_SIMULATOR_STATE: 'memory' },
    onNotice: (sentence) => process.stderr.write(`${sentence}\n`),
  });
  project.provide('contractStripe', {
    secretKey: testKey ?? platform.env.STRIPE_SECRET_KEY ?? '',
    apiBase: testKey === null ? (platform.env.STRIPE_API_BASE ?? '') : null,
    databaseUrl: platform.env.DATABASE_URL ?? '',
    runId: `leasehold-${randomBytes(4).toString('hex')}`,
  });
  return () => discardPlatform(platform, stateDir);
}
