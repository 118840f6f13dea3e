import { requireTestKey } from './test-key.ts';

/** Set by `npm run test:stripe`: the contracts are tried at Stripe itself, not at the simulator. */
export const AT_STRIPE = 'LEASEHOLD_CONTRACTS_AT_STRIPE';

/**
 * The test key of `npm run test:stripe`; `null` in all other runs, which take the simulator whatever key there is.
 *
 * @throws Error as `requireTestKey`
 */
export function stripeTestKey(env: NodeJS.ProcessEnv = process.env): string | null {
  return env[AT_STRIPE] ? requireTestKey(env.STRIPE_SECRET_KEY) : null;
}

/** The environment without anything of Stripe's. */
export function withoutStripe(env: NodeJS.ProcessEnv = process.env): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('STRIPE_')));
}
