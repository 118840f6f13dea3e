const TEST_KEY = /^[sr]k_test_\w/;

/**
 * The key with which the contracts may be tried at Stripe itself.
 *
 * @throws Error without a key, and with any that is not a test key; the key is not repeated in it
 */
export function requireTestKey(key: string | undefined): string {
  if (!key)
    throw new Error('There is no key of Stripe: STRIPE_SECRET_KEY=sk_test_… npm run test:stripe. Nothing was called.');
  if (/^[sr]k_live_/.test(key))
    throw new Error(
      'STRIPE_SECRET_KEY is a live key, and these tests charge cards: take a test key (sk_test_… or rk_test_…). Nothing was called.',
    );
  if (!TEST_KEY.test(key))
    throw new Error('STRIPE_SECRET_KEY is no test key of Stripe (sk_test_… or rk_test_…). Nothing was called.');
  return key;
}
