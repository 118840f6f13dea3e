import Stripe from 'stripe';

/** The version of Stripe's API that this code is written against. */
export const STRIPE_API_VERSION = '2026-10-28.endive';

const TIMEOUT_MS = 8_000;

/**
 * @param secretKey a secret key of Stripe, or any `sk_test_…` for the simulator
 * @param apiBase address of the simulator; `undefined` means Stripe itself
 */
export function createStripe(secretKey: string, apiBase?: string): Stripe {
  const base = apiBase === undefined ? null : new URL(apiBase);
  return new Stripe(secretKey, {
    apiVersion: STRIPE_API_VERSION,
    maxNetworkRetries: 1,
    timeout: TIMEOUT_MS,
    telemetry: false,
    ...(base && {
      protocol: base.protocol === 'https:' ? ('https' as const) : ('http' as const),
      host: base.hostname,
      port: base.port,
    }),
  });
}
